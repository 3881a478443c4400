package relay

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// registration registers a part's metrics so that they can be taken back when
// the part is exchanged.
type registration struct {
	to prometheus.Registerer // nil: nobody looks

	mu   sync.Mutex
	held []prometheus.Collector
}

var _ prometheus.Registerer = (*registration)(nil)

// Register implements prometheus.Registerer.
func (r *registration) Register(c prometheus.Collector) error {
	if r.to == nil {
		return nil
	}
	if err := r.to.Register(c); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held = append(r.held, c)
	return nil
}

// MustRegister implements prometheus.Registerer.
func (r *registration) MustRegister(cs ...prometheus.Collector) {
	for _, c := range cs {
		if err := r.Register(c); err != nil {
			panic(err)
		}
	}
}

// Unregister implements prometheus.Registerer.
func (r *registration) Unregister(c prometheus.Collector) bool {
	return r.to != nil && r.to.Unregister(c)
}

// undo unregisters all that was registered.
func (r *registration) undo() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.held {
		r.to.Unregister(c)
	}
	r.held = nil
}
