package relay_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/queue"
	"github.com/plumbago/plumbago/receive"
	"github.com/plumbago/plumbago/relay"
	"github.com/plumbago/plumbago/route"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// far is a destination that keeps what it is sent, or refuses to be connected to.
type far struct {
	down bool // guarded by mu once the relay runs

	mu    sync.Mutex
	lines bytes.Buffer
}

// make implements relay.Destination.Far.
func (f *far) make(*slog.Logger, prometheus.Registerer) (deliver.Destination, error) { return f, nil }

func (f *far) Dial(context.Context) (deliver.Conn, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down {
		return nil, errors.New("down on purpose")
	}
	return &conn{far: f, broken: make(chan struct{})}, nil
}

func (f *far) setDown(down bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = down
}

func (f *far) got() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Fields(strings.ReplaceAll(f.lines.String(), " ", "|"))
}

type conn struct {
	far    *far
	acked  uint64
	broken chan struct{}
}

func (c *conn) Send(_ context.Context, b metric.Batch) error {
	c.far.mu.Lock()
	defer c.far.mu.Unlock()
	c.far.lines.Write(b.Lines)
	c.acked++
	return nil
}

func (c *conn) Acked() uint64               { return c.acked }
func (c *conn) Broken() <-chan struct{}     { return c.broken }
func (c *conn) Close(context.Context) error { return nil }

// gateway is a relay with one line listener, which routes names that begin with
// a. to "a", those with b. to "b", and both. to both.
func gateway(t *testing.T, dir string, a, b *far) *relay.Relay {
	t.Helper()
	r, err := relay.Open(relay.Options{
		Receivers: []receive.Options{{Protocol: "line", Address: "tcp://127.0.0.1:0"}},
		Rules: []route.Rule{
			{Match: `^a\.`, To: []string{"a"}},
			{Match: `^b\.`, To: []string{"b"}},
			{Match: `^both\.`, To: []string{"a", "b"}},
		},
		Destinations: []relay.Destination{
			{Name: "a", Far: a.make, QueueDir: filepath.Join(dir, "a")},
			{Name: "b", Far: b.make, QueueDir: filepath.Join(dir, "b")},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// run runs r until stop is called, which returns what Run did.
func run(r *relay.Relay) (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- r.Run(ctx) }()
	return func() error { cancel(); return <-ended }
}

func send(t *testing.T, r *relay.Relay, lines string) {
	t.Helper()
	c, err := net.Dial("tcp", r.Status().Listeners[0].Address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte(lines)); err != nil {
		t.Fatal(err)
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 30 s: %s", what)
		}
	}
}

func TestPointsGoWhereTheRulesSay(t *testing.T) {
	a, b := &far{}, &far{}
	r := gateway(t, t.TempDir(), a, b)
	stop := run(r)
	send(t, r, "a.x 1 1\nb.x 2 2\nboth.x 3 3\nnone 4 4\n")
	eventually(t, "two points at each", func() bool { return len(a.got()) == 2 && len(b.got()) == 2 })
	if err := stop(); err != nil {
		t.Errorf("Run: %v", err)
	}
	if got, want := fmt.Sprint(a.got(), b.got()), "[a.x|1|1 both.x|3|3] [b.x|2|2 both.x|3|3]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestNothingThatWasSentBeforeTheStopIsLost(t *testing.T) {
	dir := t.TempDir()
	up, down := &far{}, &far{down: true}
	r := gateway(t, dir, up, down)
	stop := run(r)
	var lines strings.Builder
	const n = 20_000
	for i := range n {
		fmt.Fprintf(&lines, "both.x %d 1700000000\n", i)
	}
	send(t, r, lines.String()) // all of it is at least in this machine's buffers now
	if err := stop(); err != nil {
		t.Fatalf("Run: %v", err)
	}
	if got := len(up.got()); got != n {
		t.Errorf("got %d points at the destination that is up, want %d", got, n)
	}
	sum, err := queue.Inspect(filepath.Join(dir, "b"))
	if err != nil || sum.Points != n {
		t.Errorf("got %d points on disk for the one that is down (%v), want %d", sum.Points, err, n)
	}

	down.setDown(false)
	stop = run(gateway(t, dir, up, down))
	eventually(t, "delivered after the restart", func() bool { return len(down.got()) == n })
	if err := stop(); err != nil {
		t.Errorf("Run: %v", err)
	}
}

func TestOneDeadDestinationDoesNotHoldUpTheOther(t *testing.T) {
	up, down := &far{}, &far{down: true}
	r := gateway(t, t.TempDir(), up, down)
	stop := run(r)
	send(t, r, "both.x 1 1\n")
	eventually(t, "the point at the one that is up", func() bool { return len(up.got()) == 1 })
	for _, d := range r.Status().Destinations {
		if d.Worker.Connected != (d.Name == "a") {
			t.Errorf("%s: got connected = %t", d.Name, d.Worker.Connected)
		}
	}
	if err := stop(); err != nil {
		t.Errorf("Run: %v", err)
	}
}

func TestOpenGivesEverythingBackWhenItFails(t *testing.T) {
	dir := t.TempDir()
	o := relay.Options{
		Receivers:    []receive.Options{{Protocol: "line", Address: "tcp://192.0.2.1:2003"}},
		Rules:        []route.Rule{{To: []string{"a"}}},
		Destinations: []relay.Destination{{Name: "a", Far: (&far{}).make, QueueDir: dir}},
	}
	if _, err := relay.Open(o); err == nil || !strings.Contains(err.Error(), "192.0.2.1:2003") {
		t.Errorf("got %v, want an error that names the address", err)
	}
	o.Receivers = nil
	r, err := relay.Open(o) // the queue's lock was given back
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

func TestAcceptingIsTrueWhileItRuns(t *testing.T) {
	r := gateway(t, t.TempDir(), &far{}, &far{})
	if r.Accepting() {
		t.Error("accepting before Run")
	}
	stop := run(r)
	eventually(t, "accepting", r.Accepting)
	if err := stop(); err != nil {
		t.Error(err)
	}
	if r.Accepting() {
		t.Error("accepting after Run")
	}
}
