package deliver_test

import (
	"context"
	"io"
	"testing"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/queue"
)

// endless hands out the same block n times.
type endless struct {
	block queue.Block
	n     int
}

func (e *endless) Next(context.Context) (queue.Block, error) {
	if e.n == 0 {
		return queue.Block{}, io.EOF
	}
	e.n--
	return e.block, nil
}

func (e *endless) Acked(queue.Block)                    {}
func (e *endless) Release(queue.Block)                  {}
func (e *endless) Drop(queue.Block, int, metric.Reason) {}
func (e *endless) Rewind()                              {}

// lagging is a far end that acknowledges everything but the last few batches.
type lagging struct{ sent uint64 }

func (l *lagging) Dial(context.Context) (deliver.Conn, error) { return l, nil }

func (l *lagging) Send(context.Context, metric.Batch) error {
	l.sent++
	return nil
}

func (l *lagging) Acked() uint64               { return max(l.sent, 4) - 4 }
func (l *lagging) Broken() <-chan struct{}     { return nil }
func (l *lagging) Close(context.Context) error { return nil }

// BenchmarkRun measures what a worker does for a block, apart from the source
// and the destination.
func BenchmarkRun(b *testing.B) {
	b.ReportAllocs()
	source := &endless{block: queue.Block{Batch: batch("a 1 1\n", 1)}, n: b.N}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	w := deliver.New(&lagging{}, sourceThatStops{source, stop}, deliver.Options{})
	if err := w.Run(ctx); err != nil {
		b.Fatal(err)
	}
}

// sourceThatStops tells the worker to stop when nothing more comes.
type sourceThatStops struct {
	*endless
	stop func()
}

func (s sourceThatStops) Next(ctx context.Context) (queue.Block, error) {
	b, err := s.endless.Next(ctx)
	if err != nil {
		s.stop()
	}
	return b, err
}
