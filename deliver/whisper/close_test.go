package whisper_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	store "github.com/plumbago/plumbago/deliver/whisper"
	"github.com/plumbago/plumbago/whisper"
	"golang.org/x/sys/unix"
)

func TestSendEndsWithItsContextWhileMemoryIsFull(t *testing.T) {
	s := open(t, store.Options{CacheBytes: 1, Locking: whisper.Locked})
	c := dial(t, s)
	send(t, c, batch(line("a", 1, 30)))
	awaitAcked(t, c, 1)
	other, err := os.Open(filepath.Join(store.Dir(s), "a.wsp"))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := unix.Flock(int(other.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	send(t, c, batch(line("a", 1, 0)))
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if err := c.Send(ctx, batch(line("b", 1, 0))); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want that the context is done", err)
	}
	unix.Flock(int(other.Fd()), unix.LOCK_UN)
	closeConn(t, c)
}

func TestCloseInTheMiddleOfARound(t *testing.T) {
	s := open(t, store.Options{Locking: whisper.Locked})
	c := dial(t, s)
	names := []string{"a", "b", "c"}
	var before, after []string
	for _, name := range names {
		before, after = append(before, line(name, 1, 30)), append(after, line(name, 2, 0))
	}
	send(t, c, batch(before...))
	awaitAcked(t, c, 1)
	other, err := os.Open(filepath.Join(store.Dir(s), "a.wsp"))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := unix.Flock(int(other.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	send(t, c, batch(after...))
	await(t, "a round that is held up", func() bool { return store.Writing(s, "a") })
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		closeConn(t, c)
	}()
	await(t, "close", func() bool { return store.Closing(c) })
	unix.Flock(int(other.Fd()), unix.LOCK_UN)
	<-closed
	for _, name := range names {
		if got := inFile(t, s, name); !slices.Equal(got, []float64{1, 2}) || c.Acked() != 2 {
			t.Errorf("%s: got %v, with %d batches acknowledged", name, got, c.Acked())
		}
	}
}
