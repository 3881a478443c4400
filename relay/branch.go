package relay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/queue"
	"github.com/plumbago/plumbago/receive"
)

// branch is the way of a point behind the routing table: a queue and a worker.
type branch struct {
	Destination
	far     deliver.Destination
	queue   *queue.Queue
	worker  *deliver.Worker
	metrics *registration // the worker's
	stop    func()
	ended   chan struct{} // closed when the worker is gone
}

// openBranch opens the queue of d. Nothing is delivered before start.
func (r *Relay) openBranch(d Destination) (*branch, error) {
	far, err := d.Far(r.log.With("dest", d.Name), r.registerer)
	if err != nil {
		return nil, opening("destination", d.Name, err)
	}
	d.Queue.Name, d.Queue.Logger, d.Queue.Registerer = d.Name, r.log, r.registerer
	b := &branch{Destination: d, far: far}
	if b.queue, err = queue.Open(d.QueueDir, d.Queue); err != nil {
		return nil, errors.Join(opening("queue of", d.Name, err), b.closeFar())
	}
	r.equip(b)
	return b, nil
}

// equip gives a branch its worker.
func (r *Relay) equip(b *branch) {
	b.metrics = &registration{to: r.registerer}
	o := b.Worker
	o.Name, o.Logger, o.Registerer = b.Name, r.log, b.metrics
	b.worker = deliver.New(b.far, b.queue, o)
}

func (b *branch) start(workers *group) {
	ctx, stop := context.WithCancel(workers.ctx)
	b.stop, b.ended = stop, make(chan struct{})
	workers.run("delivering to "+b.Name, func(context.Context) error {
		defer close(b.ended)
		return b.worker.Run(ctx)
	})
}

// halt stops the worker and returns when it is gone. The queue stays open.
func (b *branch) halt() {
	b.stop()
	<-b.ended
	b.metrics.undo()
}

func (b *branch) close() error {
	err := b.queue.Close()
	if err != nil {
		err = fmt.Errorf("queue of %q: %w", b.Name, err)
	}
	return errors.Join(err, b.closeFar())
}

// closeFar gives back what the far end holds, if it is one that can be closed. The
// worker is gone, or was never there.
func (b *branch) closeFar() error {
	far, ok := b.far.(io.Closer)
	if !ok {
		return nil
	}
	if err := far.Close(); err != nil {
		return fmt.Errorf("destination %q: %w", b.Name, err)
	}
	return nil
}

// door is a listener that can be stopped by itself.
type door struct {
	options  receive.Options
	listener *receive.Listener
	stop     func()
	ended    chan struct{} // closed when the listener's Run has returned
}

func (r *Relay) openDoor(o receive.Options) (*door, error) {
	withLog := o
	withLog.Logger, withLog.Registerer, withLog.Tenants, withLog.Samples = r.log, r.registerer, r.tenants, r.samples
	withLog.Sent = r.census.sent
	withLog.Inherited = r.inherited
	l, err := receive.Listen(withLog, r)
	if err != nil {
		return nil, err
	}
	return &door{options: o, listener: l}, nil
}

func (d *door) start(receivers *group) {
	ctx, stop := context.WithCancel(receivers.ctx)
	d.stop, d.ended = stop, make(chan struct{})
	receivers.run("receiving on "+d.listener.Name(), func(context.Context) error {
		defer close(d.ended)
		return d.listener.Run(ctx)
	})
}

// sameQueue reports whether two queues are configured alike.
func sameQueue(a, b queue.Options) bool {
	a.Name, a.Logger, a.Registerer, a.FS = b.Name, b.Logger, b.Registerer, b.FS
	return a == b
}

// sameDoor reports whether two listeners are configured alike.
func sameDoor(a, b receive.Options) bool {
	a.Logger, a.Registerer, a.Now = b.Logger, b.Registerer, nil
	b.Now = nil
	return reflect.DeepEqual(a, b)
}
