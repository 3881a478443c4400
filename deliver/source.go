package deliver

import (
	"context"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/queue"
)

// Source is where a worker takes batches from: a queue. One goroutine, that of
// Worker.Run, calls its methods.
//
// A block is known by what it is apart from its Lines: the worker gives blocks
// back without them, because it does not hold on to the points it has sent.
type Source interface {
	// Next returns the next block that was not handed out yet, and waits for
	// one. Its memory is valid until the next call of Next or Rewind. With
	// ctx done it returns an error and has handed out nothing. It returns
	// io.EOF when nothing will come any more and all was handed out.
	Next(ctx context.Context) (queue.Block, error)

	// Acked says that the far end's machine has the block. It may still be
	// handed out again.
	Acked(queue.Block)

	// Release says that the block is delivered for good.
	Release(queue.Block)

	// Drop says that the block is done with, that so many points of it were
	// never delivered, and why; the others were. Release and Drop come in the
	// order in which Next handed the blocks out.
	Drop(b queue.Block, points int, why metric.Reason)

	// Rewind makes all that was handed out and neither released nor dropped
	// unsent again. It is called when a connection begins and when it breaks.
	Rewind()
}
