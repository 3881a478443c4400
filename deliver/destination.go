// Package deliver takes what waits in a queue to its destination: it keeps a
// connection, retries with backoff, and moves the queue's cursor when the far
// end has the points.
package deliver

import (
	"context"

	"github.com/plumbago/plumbago/metric"
)

// Destination is a far end that can be connected to. Dial may be called again
// as soon as the previous Conn is closed; it resolves names anew each time, and
// returns within ctx, which bounds the dialling and not the Conn. Its errors
// are temporary unless marked by Permanent, and hold no secret.
type Destination interface {
	Dial(ctx context.Context) (Conn, error)
}

// Conn is one session with a destination. One goroutine at a time calls its
// methods; only the channel of Broken is watched by others.
type Conn interface {
	// Send hands a batch to the far end, after those handed over before it,
	// and returns soon after ctx is done. When it returns, b's memory is the
	// caller's again. Its return says nothing of arrival: Acked does. An
	// error marked by Permanent means that the far end will never take this
	// batch: it does not count as sent, and the Conn is as good as before. An
	// error of Refused means that it took the batch, but for some points.
	// After any other error the Conn is only good for Acked and Close.
	Send(ctx context.Context, b metric.Batch) error

	// Acked returns how many of the batches sent so far, counted from the
	// first, the far end has: all of their bytes acknowledged. It never
	// decreases and does not block.
	Acked() (batches uint64)

	// Broken is closed as soon as the far end is known to be gone. If Close
	// returns nil then, as where all that was sent has been answered, it is
	// no outage.
	Broken() <-chan struct{}

	// Close ends the session and gives back all that it held. While ctx lasts
	// it ends it in good order: what was sent is given time to arrive, so
	// that Acked is at its final value when Close returns. With ctx done it
	// ends it at once. It returns an error, with the cause if that is known,
	// if the far end may have missed something.
	Close(ctx context.Context) error
}

// Refuser is a Conn that learns after Send has returned which points the far end
// refuses.
type Refuser interface {
	// Refused returns how many points of the batches sent so far the far end took
	// but for, and never will, and why it refused the last of them. Called after
	// Acked, it has counted all those of the batches that Acked counts, and maybe
	// some of batches that Acked will count the next time. Points of which Send
	// told are not among them. It never decreases and does not block.
	Refused() (points uint64, why error)
}

// Flusher is a Conn that may hold back for a while what it was sent.
type Flusher interface {
	// Flush says that nothing more is to be waited for: what is held back goes as
	// soon as it can. It does not block.
	Flush()
}

// Placer is a Conn that wants to know where in its queue the points stand that it is
// sent: what is sent again, by the same process or the next, has the same place.
type Placer interface {
	// Place tells the place of the first point of the batch that is sent next; the
	// others follow it.
	Place(first uint64)
}

// Checker is a Destination that can be asked whether the far end is as it should be.
type Checker interface {
	// Check connects, and returns in what the far end differs from what the Destination
	// was told, in sentences. It changes nothing, and returns within ctx. An error says
	// that it cannot be told.
	Check(ctx context.Context) (differences []string, err error)
}
