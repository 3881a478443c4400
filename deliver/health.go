package deliver

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// State is what can be said of a destination at a moment.
type State struct {
	Connected bool
	Since     time.Time // since when it is or is not connected
	LastError string    // why the last connection, or try to connect, failed; "" if none did
	FailedAt  time.Time // when
	RetryAt   time.Time // when the next try is due; zero while connected
	Failures  int       // connections lost and tries that failed since it was last connected
}

// health knows whether the destination is connected, and logs the changes: each
// outage once, and while it lasts or others follow it at most once a minute.
type health struct {
	log   *slog.Logger
	warns sampler // of outages logged

	mu     sync.Mutex
	now    State
	warned bool // the present outage is in the log
}

func newHealth(log *slog.Logger) *health {
	return &health{log: log, warns: sampler{every: time.Minute}, now: State{Since: time.Now()}}
}

func (h *health) state() State {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

// up notes a connection. One that replaces another that was ended in good order
// is no change.
func (h *health) up() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.now.Connected {
		return
	}
	level := slog.LevelDebug
	if h.warned || h.now.LastError == "" {
		level = slog.LevelInfo
	}
	h.warned = false
	h.log.Log(context.Background(), level, "destination up", "took", time.Since(h.now.Since).Round(time.Millisecond))
	h.now.Connected, h.now.Since, h.now.RetryAt, h.now.Failures = true, time.Now(), time.Time{}, 0
}

// ended notes that there will be no connection any more.
func (h *health) ended() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.disconnected()
	h.now.RetryAt = time.Time{}
}

// down notes a failure, after which the next try is made in retryIn.
func (h *health) down(err error, level slog.Level, retryIn time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failed(err)
	h.now.RetryAt = time.Now().Add(retryIn)
	if h.warns.take() {
		h.warned = true
	} else {
		level = slog.LevelDebug
	}
	h.log.Log(context.Background(), level, "destination down", "err", err, "retry_in", retryIn.Round(time.Millisecond))
}

// stopped notes a failure after which no try is made.
func (h *health) stopped(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failed(err)
	h.log.Debug("destination down", "err", err)
}

// failed notes a failure in the state. The caller holds h.mu.
func (h *health) failed(err error) {
	h.disconnected()
	h.now.LastError, h.now.FailedAt = err.Error(), time.Now()
	h.now.Failures++
}

// disconnected notes the end of a connection, if there was one. The caller
// holds h.mu.
func (h *health) disconnected() {
	if h.now.Connected {
		h.now.Connected, h.now.Since = false, time.Now()
	}
}

// sampler takes one of the events of each period.
type sampler struct {
	every time.Duration
	last  time.Time
}

func (s *sampler) take() bool {
	now := time.Now()
	if !s.last.IsZero() && now.Sub(s.last) < s.every {
		return false
	}
	s.last = now
	return true
}
