package nats

import (
	"context"
	"sync"

	"github.com/nats-io/nats.go/jetstream"
)

// mostHeld is how many bytes of messages are held until no more are taken. There are
// that of the largest size besides which were pulled before.
const mostHeld = 32 << 20

// holdings are the messages in memory that were not answered.
type holdings struct {
	metrics *receiverMetrics
	coming  chan struct{} // there may be something for next

	mu    sync.Mutex
	list  map[*delivery]bool
	queue []*delivery // of them: those that nobody has looked at
	bytes int
	room  chan struct{} // closed when there is less
}

func newHoldings(m *receiverMetrics) *holdings {
	m.held.Set(0)
	return &holdings{metrics: m, coming: make(chan struct{}, 1), list: map[*delivery]bool{}, room: make(chan struct{})}
}

// add holds a message. It returns when there is room for the next.
func (h *holdings) add(ctx context.Context, d *delivery) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.list[d] = true
	h.queue = append(h.queue, d)
	h.bytes += len(d.Data())
	h.metrics.held.Inc()
	select {
	case h.coming <- struct{}{}:
	default:
	}
	for h.bytes >= mostHeld && ctx.Err() == nil {
		room := h.room
		h.mu.Unlock()
		select {
		case <-room:
		case <-ctx.Done():
		}
		h.mu.Lock()
	}
}

// next returns the oldest message that nobody has looked at, nil if there is none.
func (h *holdings) next() *delivery {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.queue) == 0 {
		return nil
	}
	d := h.queue[0]
	h.queue[0] = nil
	h.queue = h.queue[1:]
	return d
}

// answer answers a message. An answer that gets lost has the message come again.
func (h *holdings) answer(d *delivery, how func(jetstream.Msg) error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	_ = how(d.Msg)
	delete(h.list, d)
	h.bytes -= len(d.Data())
	h.metrics.held.Dec()
	close(h.room)
	h.room = make(chan struct{})
}

// inProgress asks for more time for all that is held.
func (h *holdings) inProgress() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for d := range h.list {
		_ = d.InProgress()
	}
}

// giveBack has all that is held come again at once, to whoever is there.
func (h *holdings) giveBack() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for d := range h.list {
		_ = d.Nak()
	}
	clear(h.list)
	h.queue, h.bytes = nil, 0
	h.metrics.held.Set(0)
}
