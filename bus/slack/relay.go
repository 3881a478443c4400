package slack

import (
	"context"
	"errors"
	"path/filepath"
	"sync"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/queue"
)

// RelayOptions say what a Relay is made of.
type RelayOptions struct {
	Receiver ReceiverOptions
	To       deliver.Destination // where the points go
	Name     string              // of the destination, for logs, metrics and its queue's folder; carbon unless given

	// DataDir is the folder of the queue, and of what was read unless Receiver.Dir says
	// otherwise. It is needed.
	DataDir string

	Queue  queue.Options
	Worker deliver.Options
}

// Relay reads points from a channel, puts them on disk, acknowledges their messages,
// and delivers them.
type Relay struct {
	receiver *Receiver
	queue    *queue.Queue
	worker   *deliver.Worker
}

// OpenRelay opens the queue. Points that wait from an earlier run are delivered as soon
// as the relay runs. Nobody else can use DataDir meanwhile.
func OpenRelay(o RelayOptions) (*Relay, error) {
	if o.DataDir == "" {
		return nil, errors.New("a folder is needed for what waits")
	}
	if o.Name == "" {
		o.Name = "carbon"
	}
	if o.Receiver.Dir == "" {
		o.Receiver.Dir = o.DataDir
	}
	receiver, err := NewReceiver(o.Receiver)
	if err != nil {
		return nil, err
	}
	reports := receiver.o
	o.Queue.Name, o.Queue.Logger, o.Queue.Registerer = o.Name, reports.Logger, reports.Registerer
	o.Queue.WhenFull = queue.Wait // what is not stored stays in the channel
	q, err := queue.Open(filepath.Join(o.DataDir, "queue", o.Name), o.Queue)
	if err != nil {
		return nil, err
	}
	o.Worker.Name, o.Worker.Logger, o.Worker.Registerer = o.Name, reports.Logger, reports.Registerer
	return &Relay{receiver, q, deliver.New(o.To, q, o.Worker)}, nil
}

// Close gives back what OpenRelay took. It is for a relay that will not be run.
func (r *Relay) Close() error {
	r.receiver.close()
	return r.queue.Close()
}

// Connect finds the channel, so that a mistake shows at the start.
func (r *Relay) Connect(ctx context.Context) error { return r.receiver.Connect(ctx) }

// Run relays until ctx is done, and returns nil then. Points that are not delivered
// by then wait on disk. A Relay runs once.
func (r *Relay) Run(ctx context.Context) error {
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	receiving, halt := context.WithCancel(ctx)
	defer halt()
	var worker sync.WaitGroup
	var failed error
	worker.Go(func() {
		failed = r.worker.Run(working)
		halt()
	})
	err := r.receiver.Run(receiving, queueSink{r.queue})
	r.queue.LastCall()
	r.queue.CloseInput()
	stop()
	worker.Wait()
	return errors.Join(err, failed, r.queue.Close())
}

// queueSink stores points in a queue.
type queueSink struct{ *queue.Queue }

// Store implements Sink.
func (q queueSink) Store(ctx context.Context, b metric.Batch) error {
	if err := q.Append(ctx, b); err != nil {
		return err
	}
	return q.Sync(ctx)
}
