package receive

import "context"

// ConnectionLimit bounds the connections of several listeners together. When it
// is reached, each of them accepts one more at most and serves it when there is
// room again; the others wait in the kernel.
type ConnectionLimit struct{ slots slots }

// NewConnectionLimit makes a limit of n connections, at least 1.
func NewConnectionLimit(n int) *ConnectionLimit {
	return &ConnectionLimit{make(slots, max(n, 1))}
}

// shared returns the limit's slots. Those of a nil limit never run out.
func (l *ConnectionLimit) shared() slots {
	if l == nil {
		return nil
	}
	return l.slots
}

// slots are places for connections; nil is any number of them.
type slots chan struct{}

func (s slots) tryTake() bool {
	if s == nil {
		return true
	}
	select {
	case s <- struct{}{}:
		return true
	default:
		return false
	}
}

// take waits for a place. It is false if ctx ends first.
func (s slots) take(ctx context.Context) bool {
	select {
	case s <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (s slots) leave() {
	if s != nil {
		<-s
	}
}
