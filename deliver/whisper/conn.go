package whisper

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/metric"
)

// Dial implements deliver.Destination. It waits until nobody else writes in the folder:
// the last Conn may do so longer than its Close, and so may a store that was opened
// before. It forgets what waits in memory, which is sent again, and tries whether the
// disk can be written.
func (s *Store) Dial(ctx context.Context) (deliver.Conn, error) {
	if s.closed.Load() {
		return nil, os.ErrClosed
	}
	if err := s.await(ctx); err != nil {
		return nil, fmt.Errorf("write to %q: %w", s.o.Dir, err)
	}
	if err := s.probe(); err != nil {
		return nil, errors.Join(fmt.Errorf("write to %q: %w", s.o.Dir, err), s.names.unlock())
	}
	if s.names.changedByOthers() {
		signal(s.rescan)
	}
	s.cache.reset()
	s.losses.reset()
	c := &conn{store: s, broken: make(chan struct{}), stopping: make(chan struct{}), done: make(chan struct{})}
	s.writer = c.done
	go c.run()
	return c, nil
}

// await waits until nobody else writes, and keeps others from it.
func (s *Store) await(ctx context.Context) error {
	if s.writer != nil {
		select {
		case <-s.writer:
		case <-ctx.Done():
			return errBusy
		}
	}
	for {
		if err := s.findFolder(); err != nil {
			return err
		}
		if err := s.names.lock(ctx); err != nil || s.inPlace() == nil {
			return err
		}
		// Who wrote before has put another file in the place of the one that is locked.
		if err := errors.Join(ctx.Err(), s.names.unlock()); err != nil {
			return err
		}
	}
}

// probeBytes is what the disk must have room for.
const probeBytes = 256 << 10

// probe writes a file and removes it. It writes into nothing that is there already.
func (s *Store) probe() error {
	path := filepath.Join(s.o.Dir, ".plumbago-probe")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0o600)
	if err != nil {
		return err
	}
	defer os.Remove(path)
	_, err = f.Write(make([]byte, probeBytes))
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// conn is the writing of what a worker sends, until something goes wrong.
type conn struct {
	store  *Store
	acked  atomic.Uint64
	broken chan struct{}

	closing  sync.Once
	stopping chan struct{}   // closed by Close
	last     context.Context // of the last round; set before stopping is closed
	done     chan struct{}   // closed when run has returned
	err      error           // why it broke; to be read after broken is closed
}

// Send implements deliver.Conn. It waits while memory is full.
func (c *conn) Send(ctx context.Context, b metric.Batch) error {
	if err := c.waitForRoom(ctx); err != nil {
		return err
	}
	refused, err := c.store.take(b)
	if err != nil {
		return err
	}
	return c.store.refusals.Settle(refused, c.store.log)
}

func (c *conn) waitForRoom(ctx context.Context) error {
	for {
		room, full := c.store.cache.full()
		if !full {
			return ctx.Err()
		}
		select {
		case <-room:
		case <-c.broken:
			return c.err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Acked implements deliver.Conn.
func (c *conn) Acked() uint64 { return c.acked.Load() }

// Refused implements deliver.Refuser.
func (c *conn) Refused() (points uint64, why error) { return c.store.losses.sum() }

// Broken implements deliver.Conn.
func (c *conn) Broken() <-chan struct{} { return c.broken }

// Close implements deliver.Conn. While ctx lasts it writes what waits in memory.
func (c *conn) Close(ctx context.Context) error {
	c.closing.Do(func() {
		c.last = ctx
		close(c.stopping)
	})
	select {
	case <-c.done:
	case <-c.broken:
	case <-ctx.Done():
	}
	return c.outcome()
}

// outcome says what Close has come to.
func (c *conn) outcome() error {
	select {
	case <-c.broken:
		return c.err
	default:
	}
	if left := c.store.cache.sent() - c.acked.Load(); left > 0 {
		return fmt.Errorf("%d batches are not in files yet, and wait in the queue", left)
	}
	return nil
}

// fail ends the conn for good.
func (c *conn) fail(err error) {
	c.err = fmt.Errorf("write whisper files: %w", err)
	close(c.broken)
}
