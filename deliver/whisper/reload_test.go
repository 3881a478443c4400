package whisper_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/plumbago/plumbago/deliver"
	store "github.com/plumbago/plumbago/deliver/whisper"
	"github.com/plumbago/plumbago/internal/schema"
	"github.com/plumbago/plumbago/render"
)

var (
	_ io.Closer       = (*store.Store)(nil)
	_ deliver.Refuser = store.AConn
)

func TestAStoreTakesThePlaceOfAnother(t *testing.T) {
	dir, r := t.TempDir(), prometheus.NewRegistry()
	o := store.Options{Dir: dir, FlushEvery: time.Hour, Registerer: r, Name: "local", Schemas: rules()}
	old, err := store.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	before := dial(t, old)
	send(t, before, batch(line("a", 1, 30), line("early;x=1", 1, 30)))
	next := open(t, o)
	send(t, before, batch(line("b", 1, 20), line("late;x=1", 2, 20), line("gone;x=1", 1, 0)))

	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if c, err := next.Dial(ctx); err == nil {
		c.Close(ctx)
		t.Fatal("got a second writer in one folder")
	}
	closeConn(t, before)
	after := dial(t, next)
	await(t, "what the old one wrote", func() bool {
		return slices.Equal(names(t, next), []string{"a", "b", "early;x=1", "gone;x=1", "late;x=1"})
	})
	if err := old.Close(); err != nil {
		t.Error(err)
	}
	send(t, after, batch(line("a", 2, 0), line("late;x=1", 3, 0)))
	closeConn(t, after)
	if got := last(t, next, "late;x=1"); !slices.Equal(got, []float64{2, 3}) {
		t.Errorf("got %v, want what both wrote", got)
	}
	again := open(t, o)
	if got := tagged(t, again); !slices.Equal(got, []string{"early;x=1", "gone;x=1", "late;x=1"}) {
		t.Errorf("got %q at the next start", got)
	}
	listed, _ := os.ReadFile(filepath.Join(dir, ".plumbago-tagged"))
	if n := strings.Count(string(listed), "late;x=1"); n != 1 {
		t.Errorf("got the name of a series %d times in the file, want once: %s", n, listed)
	}
}

func TestAStoreThatIsNotTakenUpLeavesNothing(t *testing.T) {
	dir, r := t.TempDir(), prometheus.NewRegistry()
	o := store.Options{Dir: dir, FlushEvery: time.Hour, Registerer: r, Name: "local", Schemas: rules()}
	s := open(t, o)
	c := dial(t, s)
	send(t, c, batch(line("a", 1, 0), line("t;x=1", 1, 0)))
	abandoned, err := store.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := abandoned.Close(); err != nil {
			t.Error(err)
		}
	}
	if c, err := abandoned.Dial(t.Context()); !errors.Is(err, os.ErrClosed) {
		t.Errorf("got %v and error %v from a closed store, want ErrClosed", c, err)
	}
	want := `
# HELP plumbago_whisper_cached_points Points that wait in memory to be written.
# TYPE plumbago_whisper_cached_points gauge
plumbago_whisper_cached_points{dest="local"} 2
`
	if err := testutil.GatherAndCompare(r, strings.NewReader(want), "plumbago_whisper_cached_points"); err != nil {
		t.Error(err)
	}
	closeConn(t, c)
	if got := last(t, s, "t;x=1"); len(got) != 1 {
		t.Errorf("got %v, want one value", got)
	}
}

func TestClosedStoresAnswerAndShowNothing(t *testing.T) {
	r := prometheus.NewRegistry()
	s, err := store.Open(store.Options{Dir: t.TempDir(), Registerer: r, Name: "local", Schemas: rules(), FlushEvery: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	c := dial(t, s)
	send(t, c, batch(line("a.b", 5, 0)))
	closeConn(t, c)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if got := last(t, s, "a.b"); !slices.Equal(got, []float64{5}) || find(t, s, "a.*") != "a.b" {
		t.Errorf("got %v and %q from a closed store", got, find(t, s, "a.*"))
	}
	if n, err := testutil.GatherAndCount(r, "plumbago_whisper_index_bytes", "plumbago_whisper_cached_points"); err != nil || n != 0 {
		t.Errorf("got %d gauges of a closed store and error %v", n, err)
	}
}

func TestSetSchemasIsForNewFiles(t *testing.T) {
	s := open(t, store.Options{FlushEvery: time.Hour})
	c := dial(t, s)
	send(t, c, batch(line("old", 1, 0), line("waiting", 1, 0)))
	closeConn(t, c)
	other := rules()
	other.Retentions = []schema.Retention{{Archives: []schema.Archive{{Step: 5, Points: 720}}}}
	s.SetSchemas(other)
	c = dial(t, s)
	send(t, c, batch(line("old", 2, 0), line("new", 2, 0)))
	if got := fetch(t, s, "new"); got.Step != 5 {
		t.Errorf("got a step of %d for a series that has no file yet, want 5", got.Step)
	}
	closeConn(t, c)
	for name, want := range map[string]int64{"old": 10, "new": 5} {
		if got := fetch(t, s, name); got.Step != want {
			t.Errorf("%s: got a step of %d, want %d", name, got.Step, want)
		}
	}
	s.SetSchemas(nil)
	c = dial(t, s)
	send(t, c, batch(line("default", 2, 100_000_000)))
	closeConn(t, c)
	now := time.Now().Unix()
	if got, err := s.Fetch(t.Context(), []string{"default"}, render.Range{From: now - 110_000_000, Until: now, Now: now}); err != nil || len(got) != 1 || got[0].Step != 600 {
		t.Errorf("got %d series and error %v, want one that is kept for years", len(got), err)
	}
}

func TestSetSchemasWhilePointsCome(t *testing.T) {
	s := open(t, store.Options{FlushEvery: time.Millisecond})
	c := dial(t, s)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 200 {
			s.SetSchemas(rules())
		}
	}()
	for i := range 50 {
		send(t, c, batch(line("a"+string(rune('a'+i%26)), 1, int64(i))))
	}
	<-done
	closeConn(t, c)
}
