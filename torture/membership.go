package main

import (
	"sync"
	"time"
)

// membership is when the destinations that come and go surely were in force.
type membership struct {
	mu    sync.Mutex
	since []span
}

// span is a time; its end is zero while it lasts.
type span struct{ from, to time.Time }

func newMembership() *membership { return &membership{} }

// add notes that they are in force from now on; again, where they were already,
// changes nothing.
func (m *membership) add(now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n := len(m.since); n == 0 || !m.since[n-1].to.IsZero() {
		m.since = append(m.since, span{from: now})
	}
}

// remove notes that they may be out of force from now on.
func (m *membership) remove(now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n := len(m.since); n > 0 && m.since[n-1].to.IsZero() {
		m.since[n-1].to = now
	}
}

// surely says whether they were in force all the time between.
func (m *membership) surely(from, to time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.since {
		if !from.Before(s.from) && (s.to.IsZero() || !to.After(s.to)) {
			return true
		}
	}
	return false
}
