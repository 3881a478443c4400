package whisper_test

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/deliver"
	store "github.com/plumbago/plumbago/deliver/whisper"
	"github.com/plumbago/plumbago/internal/schema"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/render"
	"github.com/plumbago/plumbago/whisper"
)

// rules are small files.
func rules() *schema.Rules {
	return &schema.Rules{
		Retentions:   []schema.Retention{{Archives: []schema.Archive{{Step: 10, Points: 360}, {Step: 60, Points: 120}}}},
		Aggregations: []schema.Aggregation{{Method: schema.Average}},
	}
}

// seconds are files of an hour with each second.
func seconds() *schema.Rules {
	return &schema.Rules{Retentions: []schema.Retention{{Archives: []schema.Archive{{Step: 1, Points: 3600}}}}}
}

// open opens a store whose rounds come quickly, and waits until it knows its series.
func open(t testing.TB, o store.Options) *store.Store {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	if o.Schemas == nil {
		o.Schemas = rules()
	}
	if o.FlushEvery == 0 {
		o.FlushEvery = 30 * time.Millisecond
	}
	s, err := store.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	<-store.Indexed(s)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func dial(t testing.TB, s *store.Store) deliver.Conn {
	t.Helper()
	c, err := s.Dial(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// batch makes a batch of lines.
func batch(lines ...string) metric.Batch {
	return metric.Batch{Lines: []byte(strings.Join(lines, "\n") + "\n"), Points: len(lines)}
}

// line is a point so many seconds ago.
func line(name string, value float64, ago int64) string {
	return fmt.Sprintf("%s %v %d", name, value, time.Now().Unix()-ago)
}

func send(t testing.TB, c deliver.Conn, b metric.Batch) (refused int) {
	t.Helper()
	err := c.Send(context.Background(), b)
	if refused = deliver.RefusedBy(err); err != nil && refused == 0 {
		t.Fatal(err)
	}
	return refused
}

// awaitAcked waits until so many batches are acknowledged.
func awaitAcked(t testing.TB, c deliver.Conn, batches uint64) {
	t.Helper()
	for until := time.Now().Add(10 * time.Second); c.Acked() < batches; time.Sleep(time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("got %d batches acknowledged, want %d", c.Acked(), batches)
		}
	}
}

func closeConn(t testing.TB, c deliver.Conn) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := c.Close(ctx); err != nil {
		t.Errorf("close: %v", err)
	}
}

// last returns the known values of the last ten minutes.
func last(t testing.TB, s *store.Store, name string) []float64 {
	t.Helper()
	return known(fetch(t, s, name))
}

// fetch reads the last ten minutes.
func fetch(t testing.TB, s *store.Store, name string) render.Series {
	t.Helper()
	now := time.Now().Unix()
	got, err := s.Fetch(t.Context(), []string{name}, render.Range{From: now - 600, Until: now, Now: now})
	if err != nil || len(got) != 1 || got[0].Name != name {
		t.Fatalf("got %v and error %v, want the series %q", got, err, name)
	}
	return got[0]
}

// inFile returns the known values of the last ten minutes in a series' file.
func inFile(t testing.TB, s *store.Store, name string) []float64 {
	t.Helper()
	f, err := whisper.Open(filepath.Join(store.Dir(s), store.PathOf(s, name)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	now := time.Now().Unix()
	got, err := f.Fetch(whisper.Range{From: now - 600, Until: now, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return known(render.Series{Values: got.Values})
}

// names returns all series.
func names(t testing.TB, s *store.Store) []string {
	t.Helper()
	all, err := s.Names(t.Context(), many)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// many is more than there is of anything.
const many = 10_000_000

func known(s render.Series) (values []float64) {
	for _, v := range s.Values {
		if !math.IsNaN(v) {
			values = append(values, v)
		}
	}
	return values
}
