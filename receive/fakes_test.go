package receive_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/receive"
	"github.com/prometheus/client_golang/prometheus"
)

// pool is a sink that keeps what it is given.
type pool struct {
	mu     sync.Mutex
	lines  []byte
	points int
	calls  int
	fed    chan struct{} // has room for one signal
	err    error
}

func newPool() *pool { return &pool{fed: make(chan struct{}, 1)} }

func (p *pool) Receive(_ context.Context, b metric.Batch) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lines = append(p.lines, b.Lines...)
	p.points += b.Points
	p.calls++
	select {
	case p.fed <- struct{}{}:
	default:
	}
	return p.err
}

func (p *pool) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return string(p.lines)
}

func (p *pool) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.points
}

// wait waits until the sink has n points.
func (p *pool) wait(t testing.TB, n int) {
	t.Helper()
	timeout := time.After(10 * time.Second)
	for p.count() < n {
		select {
		case <-p.fed:
		case <-timeout:
			t.Fatalf("got %d points, want %d", p.count(), n)
		}
	}
}

// journal is a logger that can be asked, and a registry.
type journal struct {
	*prometheus.Registry
	mu   sync.Mutex
	text bytes.Buffer
}

func newJournal() *journal { return &journal{Registry: prometheus.NewRegistry()} }

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(j, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func (j *journal) logged() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// metric is the sum of a metric's values whose labels include the given ones,
// as name=value.
func (j *journal) metric(t testing.TB, name string, labels ...string) (sum float64) {
	t.Helper()
	families, err := j.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != "plumbago_receive_"+name {
			continue
		}
		for _, m := range f.GetMetric() {
			var have []string
			for _, l := range m.GetLabel() {
				have = append(have, l.GetName()+"="+l.GetValue())
			}
			all := strings.Join(have, ",") + ","
			fits := true
			for _, l := range labels {
				fits = fits && strings.Contains(all, l+",")
			}
			if fits {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return sum
}

func (j *journal) rejected(t testing.TB, r metric.Reason) float64 {
	t.Helper()
	return j.metric(t, "rejected_total", "reason="+string(r))
}

// eventually waits for something that no channel tells of.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for range 1000 {
		if is() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("never: %s", what)
}

// running is a listener that runs until the test ends, or stop is called.
type running struct {
	*receive.Listener
	stop func() // stops it and waits
}

func run(t testing.TB, l *receive.Listener) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	stop := sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Run returned %v, want nil", err)
			}
		case <-time.After(5 * time.Second):
			t.Error("Run did not return")
		}
	})
	t.Cleanup(stop)
	return &running{l, stop}
}

func listen(t testing.TB, o receive.Options, sink receive.Sink) *running {
	t.Helper()
	l, err := receive.Listen(o, sink)
	if err != nil {
		t.Fatal(err)
	}
	return run(t, l)
}

// options are those of a line listener on loopback whose journal is j.
func options(j *journal) receive.Options {
	return receive.Options{Protocol: "line", Address: "tcp://127.0.0.1:0", Logger: j.logger(), Registerer: j}
}

func dial(t testing.TB, l *running) net.Conn {
	t.Helper()
	c, err := net.Dial(l.Addr().Network(), l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func send(t testing.TB, c io.Writer, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
}

// closedByPeer waits until the far end has closed c.
func closedByPeer(t testing.TB, c net.Conn) {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
	if _, err := c.Read(make([]byte, 1)); err == nil || isTimeout(err) {
		t.Errorf("the connection is open: %v", err)
	}
}

func isTimeout(err error) bool {
	n, ok := err.(net.Error)
	return ok && n.Timeout()
}

// chunks is a reader that returns each chunk by itself, and then err.
type chunks struct {
	parts [][]byte
	err   error
}

func (c *chunks) Read(p []byte) (int, error) {
	if len(c.parts) == 0 {
		return 0, c.err
	}
	n := copy(p, c.parts[0])
	if c.parts[0] = c.parts[0][n:]; len(c.parts[0]) == 0 {
		c.parts = c.parts[1:]
	}
	return n, nil
}
