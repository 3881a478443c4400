package nats_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/s2"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/plumbago/plumbago/bus/nats"
	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/metric"
)

// ended is a context that is done.
func ended() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// place sends a batch from a place in a queue.
func place(t *testing.T, c deliver.Conn, at int, b metric.Batch) {
	t.Helper()
	c.(deliver.Placer).Place(uint64(at))
	if err := c.Send(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}

// stored is what a stream holds: its messages, and the points in them.
func stored(t *testing.T, url, stream string) (messages []jetstream.Msg, points int) {
	t.Helper()
	_, js := connect(t, url)
	c, err := js.OrderedConsumer(t.Context(), stream, jetstream.OrderedConsumerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	info, err := js.Stream(t.Context(), stream)
	if err != nil {
		t.Fatal(err)
	}
	n := int(info.CachedInfo().State.Msgs)
	if n == 0 {
		return nil, 0
	}
	batch, err := c.Fetch(n)
	if err != nil {
		t.Fatal(err)
	}
	for m := range batch.Messages() {
		messages = append(messages, m)
		lines, err := s2.Decode(nil, m.Data())
		if err != nil {
			t.Fatal(err)
		}
		points += strings.Count(string(lines), "\n")
	}
	return messages, points
}

// keeping is a bus whose stream can be looked into: messages stay in it.
func keeping(b nats.Bus) nats.Bus {
	b.Stream.Keep = nats.UntilOld
	return b
}

// What is published again, by a connection that follows or by the next process, in
// batches that are cut otherwise, is stored once.
func TestWhatIsPublishedAgainIsStoredOnce(t *testing.T) {
	const points = 20_000
	for _, c := range []struct {
		name    string
		restart bool
	}{{"after a connection", false}, {"after a restart", true}} {
		t.Run(c.name, func(t *testing.T) {
			s := startServer(t, nil)
			bus := keeping(single(s))
			if c.restart {
				bus.Dir = t.TempDir()
			}
			o := nats.SenderOptions{Bus: bus, Interval: 30 * time.Millisecond, Batch: 8 << 10}
			sender := newSender(t, o)
			conn := dial(t, sender)
			for at := 0; at < points; {
				n := min(rand.N(400)+1, points-at)
				place(t, conn, at, batch(at, n))
				at += n
				if rand.N(20) == 0 {
					time.Sleep(40 * time.Millisecond) // so that bundles end by time, too
				}
			}
			if err := conn.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			before, got := stored(t, s.ClientURL(), "PLUMBAGO")
			if got != points {
				t.Fatalf("got %d points stored, want %d", got, points)
			}
			for range 2 {
				if c.restart {
					sender = newSender(t, o)
				}
				conn = dial(t, sender)
				for at := 0; at < points; {
					n := min(rand.N(3000)+1, points-at)
					place(t, conn, at, batch(at, n))
					at += n
				}
				if err := conn.Close(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if after, got := stored(t, s.ClientURL(), "PLUMBAGO"); len(after) != len(before) || got != points {
				t.Errorf("got %d messages with %d points, want %d with %d", len(after), got, len(before), points)
			}
		})
	}
}

// Points that only look alike are others: those of another queue, or of another place.
func TestPointsThatLookAlikeAreStored(t *testing.T) {
	s := startServer(t, nil)
	bus := keeping(single(s))
	for n, dir := range []string{t.TempDir(), t.TempDir()} {
		bus.Dir = dir
		for at := range 2 {
			conn := dial(t, newSender(t, nats.SenderOptions{Bus: bus}))
			place(t, conn, at, batch(0, 1))
			if err := conn.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, got := stored(t, s.ClientURL(), "PLUMBAGO"); got != 2*n+at+1 {
				t.Errorf("got %d points stored, want %d", got, 2*n+at+1)
			}
		}
	}
}

// Live points come between those of a backlog, and both are published in stretches.
func TestABacklogBesideLivePoints(t *testing.T) {
	s := startServer(t, nil)
	conn := dial(t, newSender(t, nats.SenderOptions{Bus: keeping(single(s)), Interval: 100 * time.Millisecond}))
	for i := range 20 {
		place(t, conn, i*100, batch(i*100, 100))
		place(t, conn, 100_000+i*100, batch(100_000+i*100, 100))
	}
	if err := conn.Close(t.Context()); err != nil || conn.Acked() != 40 {
		t.Fatalf("got %d batches acknowledged and %v, want 40", conn.Acked(), err)
	}
	if messages, got := stored(t, s.ClientURL(), "PLUMBAGO"); got != 4000 || len(messages) > 4*8 {
		t.Errorf("got %d points in %d messages, want 4000 in two bundles or so", got, len(messages))
	}
}

func TestNothingIsAcknowledgedBeforeItIsStored(t *testing.T) {
	s := startServer(t, nil)
	conn := dial(t, newSender(t, nats.SenderOptions{Bus: single(s), Interval: time.Hour}))
	place(t, conn, 0, batch(0, 10))
	time.Sleep(50 * time.Millisecond)
	if got := conn.Acked(); got != 0 {
		t.Errorf("got %d batches acknowledged that are in memory", got)
	}
	conn.(deliver.Flusher).Flush()
	eventually(t, "acknowledged", func() bool { return conn.Acked() == 1 })
	place(t, conn, 10, batch(10, 10))
	stopServer(s)
	<-conn.Broken()
	if err := conn.Close(t.Context()); err == nil && conn.Acked() < 2 {
		t.Error("Close: got nil, want why the second may not be stored")
	}
}

func TestTheWindowIsBounded(t *testing.T) {
	s := startServer(t, nil)
	registry := prometheus.NewRegistry()
	bus := keeping(single(s))
	bus.Registerer = registry
	conn := dial(t, newSender(t, nats.SenderOptions{Bus: bus, Batch: 4 << 10, MaxFlying: 2, MaxFlyingBytes: 4 << 10}))
	for at := 0; at < 50_000; at += 1000 {
		place(t, conn, at, batch(at, 1000))
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, got := stored(t, s.ClientURL(), "PLUMBAGO"); got != 50_000 {
		t.Errorf("got %d points stored, want 50000", got)
	}
	if n := testutil.ToFloat64(gauge(t, registry, "plumbago_nats_unacknowledged_messages")); n != 0 {
		t.Errorf("got %v messages under way at the end", n)
	}
}

func TestTenantsHaveSubjectsOfTheirOwn(t *testing.T) {
	s := startServer(t, nil)
	conn := dial(t, newSender(t, nats.SenderOptions{Bus: keeping(single(s)), Tenants: []string{"acme", "intern"}}))
	place(t, conn, 0, metric.Batch{Lines: []byte("acme.a.b 1 1\nother.c 2 2\nintern.d 3 3\nacme 4 4\nacme;x=y 5 5\n"), Points: 5})
	place(t, conn, 5, metric.Batch{Lines: []byte("e.f 6 6\n"), Points: 1, Tenant: "a.b"})
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	messages, _ := stored(t, s.ClientURL(), "PLUMBAGO")
	for _, m := range messages {
		lines, _ := s2.Decode(nil, m.Data())
		got[strings.Split(m.Subject(), ".")[1]] += string(lines)
	}
	if got["acme"] != "a.b 1 1\n" || got["intern"] != "d 3 3\n" || got["a=2eb"] != "e.f 6 6\n" || len(got["_"]) != len("other.c 2 2\nacme 4 4\nacme;x=y 5 5\n") {
		t.Errorf("got %q", got)
	}
}

// A line that no message can hold is refused, and the others are not.
func TestAPointThatIsTooLargeIsRefused(t *testing.T) {
	s := startServer(t, nil)
	conn := dial(t, newSender(t, nats.SenderOptions{Bus: keeping(single(s))}))
	var name strings.Builder
	for name.Len() < 1<<20 {
		fmt.Fprintf(&name, "%016x", rand.Uint64())
	}
	place(t, conn, 0, metric.Batch{Lines: []byte("a 1 1\n" + name.String() + name.String() + " 2 2\nb 3 3\n"), Points: 3})
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, why := conn.(deliver.Refuser).Refused(); n != 1 || why == nil || conn.Acked() != 1 {
		t.Errorf("got %d points refused (%v) and %d batches acknowledged, want one each", n, why, conn.Acked())
	}
	if _, got := stored(t, s.ClientURL(), "PLUMBAGO"); got != 2 {
		t.Errorf("got %d points stored, want 2", got)
	}
}

func TestWhatWasPublishedIsRemembered(t *testing.T) {
	dir := t.TempDir()
	endOf, nonce, err := nats.Cuts(dir, [2]uint64{0, 100}, [2]uint64{100, 250}, [2]uint64{250, 300})
	if err != nil {
		t.Fatal(err)
	}
	again, same, err := nats.Cuts(dir)
	if err != nil || same != nonce {
		t.Fatalf("got %v, and ids that begin with %q, want %q", err, same, nonce)
	}
	for at, want := range map[uint64]uint64{0: 100, 100: 250, 120: 250, 250: 300, 300: 0} {
		for _, look := range []func(uint64) (uint64, bool){endOf, again} {
			if got, known := look(at); got != want || known != (want > 0) {
				t.Errorf("from %d: got %d and %v, want %d", at, got, known, want)
			}
		}
	}
	var many [][2]uint64
	for i := range uint64(5 * nats.MostCuts) {
		many = append(many, [2]uint64{i, i + 1})
	}
	if _, _, err := nats.Cuts(dir, many...); err != nil {
		t.Fatal(err)
	}
	if _, nonce, err = nats.Cuts(dir); err != nil || nonce != same {
		t.Errorf("got %v and %q after many, want %q", err, nonce, same)
	}
}

// gauge finds a metric.
func gauge(t *testing.T, r *prometheus.Registry, name string) prometheus.Collector {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			sum := 0.0
			for _, m := range f.GetMetric() {
				sum += m.GetGauge().GetValue() + m.GetCounter().GetValue()
			}
			g := prometheus.NewGauge(prometheus.GaugeOpts{Name: "sum"})
			g.Set(sum)
			return g
		}
	}
	t.Fatal(errors.New("there is no metric " + name))
	return nil
}
