package relay_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/queue"
	"github.com/plumbago/plumbago/receive"
	"github.com/plumbago/plumbago/relay"
	"github.com/plumbago/plumbago/route"
)

// toOne is a relay's options with one destination that gets everything.
func toOne(dir string, to *far, address string) relay.Options {
	return relay.Options{
		Receivers:    []receive.Options{{Protocol: "line", Address: address}},
		Rules:        []route.Rule{{To: []string{"a"}}},
		Destinations: []relay.Destination{{Name: "a", Far: to.make, QueueDir: filepath.Join(dir, "a")}},
	}
}

// started is a relay that runs; ended tells what Run returned.
func started(t *testing.T, o relay.Options) (r *relay.Relay, ended chan error) {
	t.Helper()
	r, err := relay.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended = make(chan error, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		ended <- r.Run(ctx)
	}()
	t.Cleanup(func() { stop(); <-done })
	awaitAccepting(t, r)
	return r, ended
}

func awaitAccepting(t *testing.T, r *relay.Relay) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !r.Accepting(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the relay does not accept points")
		}
	}
}

func awaitWaiting(t *testing.T, r *relay.Relay, want uint64) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); r.Waiting() != want; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("got %d points waiting, want %d", r.Waiting(), want)
		}
	}
}

func TestAnotherRelayGoesOnWithQueuesAndConnections(t *testing.T) {
	dir, to := t.TempDir(), &far{down: true}
	first, ended := started(t, toOne(dir, to, "tcp://127.0.0.1:0"))
	c, err := net.Dial("tcp", first.Status().Listeners[0].Address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprint(c, "a 1 1\nb ")
	awaitWaiting(t, first, 1)
	first.Yield(func(string) bool { return true })
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	o := toOne(dir, to, "tcp://127.0.0.1:0")
	o.TakeOver = func(listeners []string) ([]receive.Left, error) {
		if want := "line+tcp://127.0.0.1:0"; len(listeners) != 1 || listeners[0] != want {
			t.Errorf("got listeners %q, want %q", listeners, want)
		}
		return first.Left(), nil
	}
	to.setDown(false)
	second, _ := started(t, o)
	fmt.Fprint(c, "2 2\n")
	for end := time.Now().Add(10 * time.Second); len(to.got()) < 2; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("got %q, want two points", to.got())
		}
	}
	if got, want := strings.Join(to.got(), " "), "a|1|1 b|2|2"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := second.Received(); got != 1 {
		t.Errorf("the second relay received %d points, want 1", got)
	}
}

func TestAListenerThatNobodyKeepsStopsAsEver(t *testing.T) {
	to := &far{}
	r, ended := started(t, toOne(t.TempDir(), to, "tcp://127.0.0.1:0"))
	c, err := net.Dial("tcp", r.Status().Listeners[0].Address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprint(c, "a 1 1\n")
	r.Yield(func(string) bool { return false })
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if left := r.Left(); len(left) != 0 {
		t.Errorf("got %d connections left, want none", len(left))
	}
	_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("the connection is still open")
	}
	if got := to.got(); len(got) != 1 {
		t.Errorf("got %q, want the point that was on its way", got)
	}
}

func TestQueuesStayClosedWhereTheTakingOverFails(t *testing.T) {
	dir := t.TempDir()
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	refusal := errors.New("the other one has changed its mind")
	for _, c := range []struct {
		name, address string
		asked         bool
	}{
		{"an address in use", "tcp://" + busy.Addr().String(), false},
		{"refused", "tcp://127.0.0.1:0", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			o, asked := toOne(dir, &far{}, c.address), false
			o.TakeOver = func([]string) ([]receive.Left, error) {
				asked = true
				return nil, refusal
			}
			_, err := relay.Open(o)
			if err == nil || asked != c.asked || asked != errors.Is(err, refusal) {
				t.Errorf("got error %v, asked %v; want asked %v", err, asked, c.asked)
			}
			if _, err := queue.Inspect(filepath.Join(dir, "a")); err == nil {
				t.Error("the queue was opened: it is another's")
			}
		})
	}
}

func TestProbeAnswersWhileADestinationTakesNothing(t *testing.T) {
	o := toOne(t.TempDir(), &far{down: true}, "tcp://127.0.0.1:0")
	o.Destinations[0].Queue = queue.Options{MaxBytes: 1, WhenFull: queue.Wait}
	r, _ := started(t, o)
	c, err := net.Dial("tcp", r.Status().Listeners[0].Address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprint(c, "a 1 1\n")
	probed := make(chan struct{})
	go func() { r.Probe(); close(probed) }()
	select {
	case <-probed:
	case <-time.After(10 * time.Second):
		t.Error("Probe did not return")
	}
}
