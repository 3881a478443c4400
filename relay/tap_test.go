package relay_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/queue"
	"github.com/plumbago/plumbago/receive"
	"github.com/plumbago/plumbago/relay"
	"github.com/plumbago/plumbago/route"
	"github.com/plumbago/plumbago/tenant"
	"github.com/prometheus/client_golang/prometheus"
)

// stream is a batch of points.
func stream(lines string) metric.Batch {
	return metric.Batch{Lines: []byte(lines), Points: strings.Count(lines, "\n")}
}

// tap opens a tap of r until the test ends.
func tap(t *testing.T, r *relay.Relay, o relay.TapOptions) *relay.Tap {
	t.Helper()
	p, err := r.Tap(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// drawn is what has come out of a tap.
func drawn(p *relay.Tap) (list []string) {
	for {
		select {
		case s := <-p.Seen():
			list = append(list, fmt.Sprintf("%s > %s%s", s.Line, strings.Join(s.To, ","), s.Dropped))
		default:
			return list
		}
	}
}

func TestATapShowsWherePointsGo(t *testing.T) {
	const lines = "a.x 1 1\nb.x 2 2\nboth.x 3 3\nnone 4 4\n"
	tests := []struct {
		name string
		o    relay.TapOptions
		want []string
	}{
		{"all", relay.TapOptions{}, []string{"a.x 1 1 > a", "b.x 2 2 > b", "both.x 3 3 > a,b"}},
		{"by name", relay.TapOptions{Match: regexp.MustCompile(`^b`)}, []string{"b.x 2 2 > b", "both.x 3 3 > a,b"}},
		{"by destination", relay.TapOptions{Dest: "a"}, []string{"a.x 1 1 > a", "both.x 3 3 > a,b"}},
		{"by tenant", relay.TapOptions{Tenant: "acme"}, nil},
		{"dropped", relay.TapOptions{Dropped: true}, []string{"none 4 4 > no_route"}},
		{"none of the dropped", relay.TapOptions{Dropped: true, Match: regexp.MustCompile("x")}, nil},
	}
	r := gateway(t, t.TempDir(), &far{}, &far{})
	defer r.Close()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := tap(t, r, test.o)
			if err := r.Receive(t.Context(), stream(lines)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, drawn(p)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if n := p.Passed(); n != 0 {
				t.Errorf("got %d passed over, want none", n)
			}
		})
	}
}

// TestATapKeepsToItsRate: what it does not show it counts.
func TestATapKeepsToItsRate(t *testing.T) {
	r := gateway(t, t.TempDir(), &far{}, &far{})
	defer r.Close()
	p := tap(t, r, relay.TapOptions{Rate: 10})
	const points = 1000
	batch := stream(strings.Repeat("a.x 1 1\n", points))
	if err := r.Receive(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	shown := len(drawn(p))
	if passed := p.Passed(); shown < 1 || shown > 10 || passed != uint64(points-shown) {
		t.Errorf("got %d shown and %d passed over of %d, want 10 at most, and each counted", shown, passed, points)
	}
}

// TestATapNeverMakesPointsWait for somebody who does not read.
func TestATapNeverMakesPointsWait(t *testing.T) {
	r := gateway(t, t.TempDir(), &far{}, &far{})
	defer r.Close()
	tap(t, r, relay.TapOptions{Rate: 1_000_000})
	for range 100 {
		if err := r.Receive(t.Context(), stream(strings.Repeat("a.x 1 1\n", 1000))); err != nil {
			t.Fatal(err)
		}
	}
}

func TestThereIsABoundOfTaps(t *testing.T) {
	r := gateway(t, t.TempDir(), &far{}, &far{})
	defer r.Close()
	for range 4 {
		tap(t, r, relay.TapOptions{})
	}
	if _, err := r.Tap(relay.TapOptions{}); err == nil {
		t.Error("a fifth tap was opened, want an error")
	}
}

// TestATapShowsNoKey: of points of tenants, of nobody's, and of bad input.
func TestATapShowsNoKey(t *testing.T) {
	const key = "acme-key-0123456789"
	r, stop := open(t, relay.Options{
		Receivers:    []receive.Options{{Protocol: "line", Address: "tcp://127.0.0.1:0"}},
		Tenants:      tenant.Options{Tenants: []tenant.Tenant{{Name: "acme", Keys: []string{key}}}},
		Rules:        []route.Rule{{To: []string{"a"}}},
		Destinations: []relay.Destination{{Name: "a", Far: (&far{}).make, QueueDir: filepath.Join(t.TempDir(), "a")}},
	})
	defer stop()
	flowing, dropped := tap(t, r, relay.TapOptions{Tenant: "acme"}), tap(t, r, relay.TapOptions{Dropped: true})
	send(t, r, key+".x 1 1\nstranger-key-0123456789.y 2 2\n"+key+".z bad 3\n")
	var got []string
	eventually(t, "three lines", func() bool {
		got = append(append(got, drawn(flowing)...), drawn(dropped)...)
		return len(got) == 3
	})
	text := strings.Join(got, "\n")
	for _, want := range []string{"x 1 1 > a", "***.y 2 2 > unknown_tenant", "***.z bad 3 > value"} {
		if !strings.Contains(text, want) {
			t.Errorf("got %s\nwant %q in it", text, want)
		}
	}
	if strings.Contains(text, "key-0123") {
		t.Errorf("got %s\nwant no key in it", text)
	}
}

// TestATapTellsOfWhatQueuesDrop in points: which those were is not known any more.
func TestATapTellsOfWhatQueuesDrop(t *testing.T) {
	r, err := relay.Open(relay.Options{
		Rules: []route.Rule{{To: []string{"a"}}},
		Destinations: []relay.Destination{{Name: "a", Far: (&far{down: true}).make, QueueDir: filepath.Join(t.TempDir(), "a"),
			Queue: queue.Options{MaxBytes: 4 << 10, WhenFull: queue.Reject}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	p := tap(t, r, relay.TapOptions{Dropped: true, Dest: "a"})
	p.Lost()
	for range 100 {
		_ = r.Receive(t.Context(), stream(strings.Repeat("a.x 1 1\n", 1000)))
	}
	lost := p.Lost()
	if len(lost) != 1 || lost[0].Dropped != metric.QueueFull || lost[0].Points == 0 || lost[0].To[0] != "a" {
		t.Errorf("got %+v, want points that a's queue dropped as queue_full", lost)
	}
	if again := p.Lost(); again != nil {
		t.Errorf("got %+v, want each drop told of once", again)
	}
}

// void is a far end that takes everything.
type void struct{}

func (v void) make(*slog.Logger, prometheus.Registerer) (deliver.Destination, error) { return v, nil }
func (v void) Dial(context.Context) (deliver.Conn, error) {
	return &voidConn{broken: make(chan struct{})}, nil
}

type voidConn struct {
	acked  uint64
	broken chan struct{}
}

func (c *voidConn) Send(context.Context, metric.Batch) error { c.acked++; return nil }
func (c *voidConn) Acked() uint64                            { return c.acked }
func (c *voidConn) Broken() <-chan struct{}                  { return c.broken }
func (c *voidConn) Close(context.Context) error              { return nil }

// BenchmarkTap measures what a point costs from its parser to its queue, with nobody
// who listens and with one who does.
func BenchmarkTap(b *testing.B) {
	for _, bm := range []struct {
		name string
		o    *relay.TapOptions
	}{
		{"nobody", nil},
		{"all", &relay.TapOptions{}},
		{"rare", &relay.TapOptions{Match: regexp.MustCompile(`\.disk\d+\.`)}},
		{"dropped", &relay.TapOptions{Dropped: true}},
	} {
		b.Run(bm.name, func(b *testing.B) {
			r, err := relay.Open(relay.Options{
				Rules:        []route.Rule{{Match: `^servers\.`, To: []string{"a"}}},
				Destinations: []relay.Destination{{Name: "a", Far: void{}.make, QueueDir: filepath.Join(b.TempDir(), "a")}},
			})
			if err != nil {
				b.Fatal(err)
			}
			stop := run(r)
			defer stop()
			if bm.o != nil {
				p, err := r.Tap(*bm.o)
				if err != nil {
					b.Fatal(err)
				}
				defer p.Close()
				ctx, cancel := context.WithCancel(b.Context())
				defer cancel()
				go listenTo(ctx, p)
			}
			batch := stream(flood(2000))
			b.SetBytes(int64(len(batch.Lines)))
			b.ReportAllocs()
			for b.Loop() {
				if err := r.Receive(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*batch.Points), "ns/point")
		})
	}
}

func listenTo(ctx context.Context, p *relay.Tap) {
	for {
		select {
		case <-p.Seen():
		case <-ctx.Done():
			return
		}
	}
}

// flood is so many lines of as many names.
func flood(points int) string {
	var text strings.Builder
	for i := range points {
		fmt.Fprintf(&text, "servers.host-%04d.cpu.core-%02d.user 12345.5 1700000000\n", i/16, i%16)
	}
	return text.String()
}

// TestTapsComeAndGoWhilePointsFlow is for the race detector.
func TestTapsComeAndGoWhilePointsFlow(t *testing.T) {
	r := gateway(t, t.TempDir(), &far{}, &far{})
	stop := run(r)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 50 {
			p, err := r.Tap(relay.TapOptions{})
			if err != nil {
				t.Error(err)
				return
			}
			time.Sleep(time.Millisecond)
			drawn(p)
			p.Lost()
			p.Close()
		}
	}()
	for open := true; open; {
		_ = r.Receive(t.Context(), stream("a.x 1 1\nnone 2 2\n"))
		select {
		case <-done:
			open = false
		default:
		}
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}
