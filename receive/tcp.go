package receive

import (
	"context"
	"errors"
	"net"
	"sync"
	"syscall"
	"time"
)

const (
	// drainTime is how long a stop may read on and wait for the sink.
	drainTime = time.Second
	// quietTime without a byte is the end of a drain: what was on its way
	// has come.
	quietTime = 50 * time.Millisecond
	// backlogTime is how long a stop still accepts what the kernel has
	// accepted already.
	backlogTime = 10 * time.Millisecond
)

// tcp is the door of stream protocols.
type tcp struct {
	in    *intake
	ln    net.Listener
	slots slots // one for each connection, and for the one to come
	full  sampler
	fails sampler

	mu   sync.Mutex
	open map[*conn]struct{}

	readers sync.WaitGroup
}

func listenTCP(in *intake, host string) (door, error) {
	if _, err := in.identity(); err != nil {
		return nil, err
	}
	ln, err := in.bind(host)
	if err != nil {
		return nil, err
	}
	return newTCP(in, ln), nil
}

func newTCP(in *intake, ln net.Listener) *tcp {
	return &tcp{
		in:    in,
		ln:    ln,
		slots: make(slots, in.o.MaxConnections),
		open:  map[*conn]struct{}{},
	}
}

func (t *tcp) addr() net.Addr { return t.ln.Addr() }
func (t *tcp) close() error   { return t.ln.Close() }

func (t *tcp) sockets() []syscall.Conn {
	if s, ok := t.ln.(syscall.Conn); ok {
		return []syscall.Conn{s}
	}
	return nil
}

func (t *tcp) connections() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.open)
}

// run accepts until ctx is done, and then drains: the connections read on with
// a context that outlives ctx by drainTime.
func (t *tcp) run(ctx context.Context) error {
	reading, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	err := t.accept(ctx, reading)
	t.ln.Close()
	defer time.AfterFunc(drainTime, cancel).Stop()
	t.stop()
	t.readers.Wait()
	return err
}

// accept accepts until ctx is done or the listener is closed. An error of
// accepting, such as too many open files, is waited out.
func (t *tcp) accept(ctx, reading context.Context) error {
	defer t.expire(ctx)()
	t.adopt(ctx, reading)
	wait := time.Duration(0)
	for t.take(ctx, t.slots) {
		c, err := t.ln.Accept()
		if err == nil {
			wait = 0
			t.admit(ctx, reading, c)
			continue
		}
		t.slots.leave()
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		}
		wait = min(max(2*wait, 5*time.Millisecond), time.Second)
		t.retry(ctx, err, wait)
	}
	return nil
}

// expire makes Accept return soon after ctx is done, when it has taken what
// the kernel holds. The function it returns undoes that.
func (t *tcp) expire(ctx context.Context) (undo func()) {
	accepted, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-accepted:
		case <-ctx.Done():
			t.expireNow()
		}
	}()
	return func() {
		close(accepted)
		<-done
	}
}

func (t *tcp) expireNow() {
	if d, ok := t.ln.(interface{ SetDeadline(time.Time) error }); ok {
		wait := backlogTime
		if t.in.yielding.Load() {
			wait = -time.Second
		}
		_ = d.SetDeadline(time.Now().Add(wait))
		return
	}
	_ = t.ln.Close()
}

// take waits until one more connection may be open. It is false if ctx ends
// first.
func (t *tcp) take(ctx context.Context, s slots) bool {
	if s.tryTake() {
		return true
	}
	t.in.m.limited.Inc()
	if suppressed, ok := t.full.pass(); ok {
		t.in.log.Warn("accepting paused: max_connections are open", "connections", cap(s), "suppressed", suppressed)
	}
	return s.take(ctx)
}

// admit serves c as soon as the limit allows, and closes it unread, or leaves it,
// if that is not before ctx ends.
func (t *tcp) admit(ctx, reading context.Context, c net.Conn) {
	if !t.take(ctx, t.in.o.Limit.shared()) {
		t.slots.leave()
		if t.in.yielding.Load() {
			t.in.left.add(t.in.unentered(c, nil))
			return
		}
		c.Close()
		return
	}
	t.serve(reading, newConn(t.in, c))
}

func (t *tcp) retry(ctx context.Context, err error, wait time.Duration) {
	t.in.m.acceptErrors.Inc()
	if suppressed, ok := t.fails.pass(); ok {
		t.in.log.Warn("accepting a connection", "err", err, "retry_in", wait, "suppressed", suppressed)
	}
	select {
	case <-time.After(wait):
	case <-ctx.Done():
	}
}

// serve reads k in a goroutine of its own.
func (t *tcp) serve(ctx context.Context, k *conn) {
	t.mu.Lock()
	t.open[k] = struct{}{}
	t.mu.Unlock()
	t.in.m.accepted.Inc()
	t.in.m.open.Inc()
	t.readers.Go(func() {
		k.run(ctx)
		t.mu.Lock()
		delete(t.open, k)
		t.mu.Unlock()
		t.in.m.open.Dec()
		t.in.o.Limit.shared().leave()
		t.slots.leave()
	})
}

// stop makes every connection read what the kernel holds, and end.
func (t *tcp) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for k := range t.open {
		k.stop()
	}
}
