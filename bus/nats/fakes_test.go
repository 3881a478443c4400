package nats_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/plumbago/plumbago/bus/nats"
	"github.com/plumbago/plumbago/metric"
)

// store is a sink in memory.
type store struct {
	mu      sync.Mutex
	lines   map[string]int // how often each came
	tenants map[string]string
	order   []string
	points  int
	err     error
	hold    chan struct{} // if not nil, Store waits until it is closed
	calls   int
}

func (s *store) Store(ctx context.Context, b metric.Batch) error {
	s.mu.Lock()
	hold := s.hold
	s.calls++
	s.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	if s.lines == nil {
		s.lines, s.tenants = map[string]int{}, map[string]string{}
	}
	for line := range strings.Lines(string(b.Lines)) {
		line = strings.TrimSuffix(line, "\n")
		s.lines[line]++
		s.tenants[line] = b.Tenant
		s.order = append(s.order, line)
		s.points++
	}
	return nil
}

func (s *store) refuse(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *store) called() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

// distinct is how many different points came, and all how many with those that came
// again.
func (s *store) distinct() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.lines)
}

func (s *store) all() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.points
}

func (s *store) ownerOf(line string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tenants[line]
}

var errFull = errors.New("no room")

// receive runs a receiver until the test ends, or the function that it returns is
// called.
func receive(t testing.TB, o nats.ReceiverOptions, sink nats.Sink) (stop func()) {
	t.Helper()
	if o.Name == "" {
		o.Name = "nats"
	}
	r, err := nats.NewReceiver(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx, sink) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: got %v, want nil", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func newSender(t testing.TB, o nats.SenderOptions) *nats.Sender {
	t.Helper()
	if o.Name == "" {
		o.Name = "bus"
	}
	s, err := nats.NewSender(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// batch is some points, told apart by their numbers.
func batch(from, points int) metric.Batch {
	var b metric.Batch
	for i := from; i < from+points; i++ {
		b.Lines = fmt.Appendf(b.Lines, "servers.host-%04d.cpu.%d.user %d %d\n", i%500, i, i, 1700000000+i/500)
		b.Points++
	}
	return b
}
