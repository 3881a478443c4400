package nats_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/plumbago/plumbago/bus/nats"
	"github.com/plumbago/plumbago/internal/backoff"
	"github.com/plumbago/plumbago/internal/logtest"
)

// fast are options for a test.
func fast(bus nats.Bus) nats.ReceiverOptions {
	return nats.ReceiverOptions{Bus: bus, AckWait: time.Second, Backoff: backoff.Backoff{Min: 10 * time.Millisecond, Max: 50 * time.Millisecond}}
}

// publish publishes points by a Sender, in one go.
func publish(t *testing.T, bus nats.Bus, from, points int) {
	t.Helper()
	bus.Dir = t.TempDir()
	conn := dial(t, newSender(t, nats.SenderOptions{Bus: bus, Batch: 4 << 10}))
	if err := conn.Send(t.Context(), batch(from, points)); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// left is how many messages the stream has.
func left(t *testing.T, s *server.Server) uint64 {
	t.Helper()
	nc, js := connect(t, s.ClientURL())
	defer nc.Close()
	info, err := js.Stream(t.Context(), "PLUMBAGO")
	if err != nil {
		t.Fatal(err)
	}
	return info.CachedInfo().State.Msgs
}

func TestAllIsAcknowledgedThatIsStored(t *testing.T) {
	s := startServer(t, nil)
	bus := single(s)
	var sink store
	publish(t, bus, 0, 5000)
	receive(t, fast(bus), &sink)
	eventually(t, "all points", func() bool { return sink.distinct() == 5000 })
	eventually(t, "an empty stream", func() bool { return left(t, s) == 0 })
}

// A message is not acknowledged before its points are stored; one that cannot be comes
// again.
func TestWhatCannotBeStoredComesAgain(t *testing.T) {
	t.Parallel()
	s := startServer(t, nil)
	bus := single(s)
	registry := prometheus.NewRegistry()
	bus.Registerer = registry
	var sink store
	sink.refuse(errFull)
	publish(t, bus, 0, 100)
	messages := left(t, s)
	receive(t, fast(bus), &sink)
	eventually(t, "a second try", func() bool { return sink.called() >= 2 })
	if got := left(t, s); got != messages {
		t.Errorf("got %d messages left, want all %d", got, messages)
	}
	if n := testutil.ToFloat64(gauge(t, registry, "plumbago_nats_refused_messages_total")); n == 0 {
		t.Error("no message counts as refused")
	}
	sink.refuse(nil)
	eventually(t, "all points", func() bool { return sink.distinct() == 100 })
	eventually(t, "an empty stream", func() bool { return left(t, s) == 0 })
}

// What takes long to be stored does not come again meanwhile.
func TestWhatTakesLongIsNotTakenTwice(t *testing.T) {
	t.Parallel()
	s := startServer(t, nil)
	bus := single(s)
	sink := store{hold: make(chan struct{})}
	registry := prometheus.NewRegistry()
	bus.Registerer = registry
	publish(t, bus, 0, 5000)
	o := fast(bus)
	o.AckWait = 300 * time.Millisecond
	receive(t, o, &sink)
	eventually(t, "it is being stored", func() bool { return sink.called() > 0 })
	time.Sleep(time.Second)
	close(sink.hold)
	eventually(t, "all points", func() bool { return sink.distinct() == 5000 })
	if n := sink.all(); n != 5000 {
		t.Errorf("got %d points, want each of 5000 once", n)
	}
	if n := testutil.ToFloat64(gauge(t, registry, "plumbago_nats_redelivered_messages_total")); n > 0 {
		t.Errorf("%v messages came again while they were being stored", n)
	}
}

// A receiver that ends gives back what it has at once, and the next has it soon.
func TestWhoEndsGivesBack(t *testing.T) {
	t.Parallel()
	s := startServer(t, nil)
	bus := single(s)
	o := fast(bus)
	o.AckWait = time.Hour
	var second store
	first := store{hold: make(chan struct{})}
	publish(t, bus, 0, 5000)
	stop := receive(t, o, &first)
	eventually(t, "a try", func() bool { return first.called() > 0 })
	stop()
	receive(t, o, &second)
	eventually(t, "all points", func() bool { return second.distinct() == 5000 })
}

// What was stored and not acknowledged, because the connection or the process died, is
// not stored twice.
func TestALostAcknowledgementIsNoHarm(t *testing.T) {
	t.Parallel()
	s := startServer(t, nil)
	bus := single(s)
	bus.Dir = t.TempDir()
	o := fast(bus)
	o.Dir = bus.Dir
	var sink store
	proxy := startProxy(t, s.Addr().String())
	o.Servers = []string{"nats://" + proxy.address()}
	stop := receive(t, o, &sink)
	proxy.mute() // acknowledgements get lost
	publish(t, single(s), 0, 1000)
	eventually(t, "all points", func() bool { return sink.distinct() == 1000 })
	if left(t, s) == 0 {
		t.Fatal("the messages are acknowledged: the test tests nothing")
	}
	proxy.stop()
	stop()
	o.Servers = bus.Servers
	receive(t, o, &sink)
	eventually(t, "an empty stream", func() bool { return left(t, s) == 0 })
	if n := sink.all(); n != 1000 {
		t.Errorf("got %d points, want each of 1000 once", n)
	}
}

// Receivers that share a consumer share its messages; those with partitions of their
// own have these alone.
func TestReceiversShare(t *testing.T) {
	for _, c := range []struct {
		name   string
		shares [2]nats.Shares
	}{{"one consumer", [2]nats.Shares{}}, {"by partitions", [2]nats.Shares{{0, 1, 2, 3}, {4, 5, 6, 7}}}} {
		t.Run(c.name, func(t *testing.T) {
			s := startServer(t, nil)
			bus := single(s)
			var sinks [2]store
			for i := range sinks {
				o := fast(bus)
				o.Name, o.Shares = fmt.Sprint(i), c.shares[i]
				receive(t, o, &sinks[i])
			}
			for i := range 20 {
				publish(t, bus, i*500, 500)
			}
			eventually(t, "all points", func() bool { return sinks[0].distinct()+sinks[1].distinct() == 10_000 })
			if sinks[0].all()+sinks[1].all() != 10_000 || sinks[0].all() == 0 || sinks[1].all() == 0 {
				t.Errorf("got %d and %d points, want 10000 shared", sinks[0].all(), sinks[1].all())
			}
			for i := range sinks {
				for _, line := range sinks[i].order {
					name, _, _ := strings.Cut(line, " ")
					if p := nats.Partition([]byte(name), 8); c.shares[0] != nil && p/4 != i {
						t.Fatalf("receiver %d got %q of partition %d", i, line, p)
					}
				}
			}
		})
	}
}

func TestTenantsOfSubjects(t *testing.T) {
	for _, trust := range []bool{false, true} {
		t.Run(fmt.Sprint(trust), func(t *testing.T) {
			s := startServer(t, nil)
			bus := single(s)
			var sink store
			o := fast(bus)
			o.TrustTenants = trust
			receive(t, o, &sink)
			_, js := connect(t, s.ClientURL())
			eventually(t, "published", func() bool {
				_, err := js.Publish(t.Context(), "plumbago.acme.3", []byte("a 1 1\n"))
				return err == nil
			})
			for subject, line := range map[string]string{"plumbago._.3": "b 1 1", "plumbago.a=2eb.0": "c 1 1"} {
				if _, err := js.Publish(t.Context(), subject, []byte(line+"\n")); err != nil {
					t.Fatal(err)
				}
			}
			eventually(t, "all points", func() bool { return sink.distinct() == 3 })
			want := map[string]string{"a 1 1": "acme", "b 1 1": "", "c 1 1": "a.b"}
			for line, tenant := range want {
				if !trust {
					tenant = ""
				}
				if got := sink.ownerOf(line); got != tenant {
					t.Errorf("%s: got tenant %q, want %q", line, got, tenant)
				}
			}
		})
	}
}

// Messages that are none are put aside, told of, and do not come again; the others
// come through.
func TestPoisonedMessagesArePutAside(t *testing.T) {
	s := startServer(t, nil)
	bus := single(s)
	bus.Dir = t.TempDir()
	var log logtest.Journal
	registry := prometheus.NewRegistry()
	bus.Logger, bus.Registerer = log.Logger(), registry
	publish(t, bus, 0, 100)
	_, js := connect(t, s.ClientURL())
	poison := []*natsgo.Msg{
		{Subject: "plumbago._.0", Data: []byte("no lines at all")},
		{Subject: "plumbago._.1", Data: []byte("a  1 1\n")},
		{Subject: "plumbago._.2", Data: []byte("xxx"), Header: natsgo.Header{"Content-Encoding": {"s2"}}},
		{Subject: "plumbago._.3", Data: nats.Compress(make([]byte, 60<<20)), Header: natsgo.Header{"Content-Encoding": {"s2"}}},
		{Subject: "plumbago._.4"},
	}
	for _, m := range poison {
		if _, err := js.PublishMsg(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	var sink store
	receive(t, fast(bus), &sink)
	eventually(t, "an empty stream", func() bool { return left(t, s) == 0 })
	if n := sink.all(); n != 100 {
		t.Errorf("got %d points, want the 100 good ones", n)
	}
	entries, err := os.ReadDir(filepath.Join(bus.Dir, "quarantine"))
	if err != nil || len(entries) != len(poison) {
		t.Fatalf("got %v and %v, want %d files", entries, err, len(poison))
	}
	var kept []string
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(bus.Dir, "quarantine", e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, string(data))
	}
	for _, m := range poison {
		if !slices.Contains(kept, string(m.Data)) {
			t.Errorf("%.40q is not in the folder", m.Data)
		}
	}
	if n := testutil.ToFloat64(gauge(t, registry, "plumbago_nats_messages_total")); n <= float64(len(poison)) {
		t.Errorf("got %v messages counted", n)
	}
	if !strings.Contains(log.String(), "message put in quarantine") {
		t.Errorf("the log says nothing of it: %s", log.String())
	}
}

// A message that comes for the last time and cannot be stored is put aside.
func TestTheLastDelivery(t *testing.T) {
	t.Parallel()
	s := startServer(t, nil)
	bus := single(s)
	bus.Dir = t.TempDir()
	o := fast(bus)
	o.MaxDeliver = 2
	var sink store
	sink.refuse(errFull)
	publish(t, single(s), 0, 1)
	receive(t, o, &sink)
	eventually(t, "an empty stream", func() bool { return left(t, s) == 0 })
	if n := sink.called(); n != 2 {
		t.Errorf("got %d tries, want 2", n)
	}
	if entries, err := os.ReadDir(filepath.Join(bus.Dir, "quarantine")); err != nil || len(entries) != 1 {
		t.Errorf("got %v and %v, want one file", entries, err)
	}
}

// A receiver outlives its server, and goes on by itself.
func TestAServerThatComesBack(t *testing.T) {
	t.Parallel()
	dir, port := t.TempDir(), freePorts(t, 1)[0]
	start := func() *server.Server {
		return startServer(t, func(o *server.Options) { o.StoreDir, o.Port = dir, port })
	}
	s := start()
	bus := single(s)
	var sink store
	receive(t, fast(bus), &sink)
	for i := range 3 {
		publish(t, bus, i*100, 100)
		eventually(t, "the points so far", func() bool { return sink.distinct() == (i+1)*100 })
		stopServer(s)
		s = start()
	}
}

func TestAConsumerOfAnotherKindIsToldOf(t *testing.T) {
	s := startServer(t, nil)
	bus := single(s)
	publish(t, bus, 0, 1)
	_, js := connect(t, s.ClientURL())
	if _, err := js.CreateConsumer(t.Context(), "PLUMBAGO", jetstream.ConsumerConfig{
		Durable: "plumbago", FilterSubject: "plumbago.acme.*", AckPolicy: jetstream.AckExplicitPolicy,
	}); err != nil {
		t.Fatal(err)
	}
	var log logtest.Journal
	bus.Logger = log.Logger()
	receive(t, fast(bus), &store{})
	eventually(t, "a word in the log", func() bool {
		return strings.Contains(log.String(), `consumer plumbago is there and takes \"plumbago.acme.*\"`)
	})
}
