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

const (
	// tellEvery is how often an outage is told of in the long run.
	tellEvery = time.Minute
	// lasting is how long an outage is that is told of before its turn, once.
	lasting = 5 * time.Second
)

// health knows whether the destination is connected, and logs the changes. An
// outage is logged at once, with its end, and again each minute while it lasts.
// Of those that follow within the minute one that lasts is logged too; the
// others are summed up when the minute is over.
type health struct {
	log *slog.Logger

	mu    sync.Mutex
	now   State
	level slog.Level  // of the last failure
	told  bool        // the present outage is in the log
	paid  time.Time   // when the last of the minutes is over that what was told of takes
	over  outages     // what is not in the log
	timer *time.Timer // calls tell when something is due
}

// outages is some that are over.
type outages struct {
	times int
	took  time.Duration // together
}

func newHealth(log *slog.Logger) *health { return &health{log: log, now: State{Since: time.Now()}} }

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
	level, took := slog.LevelInfo, time.Since(h.now.Since)
	if !h.told && h.now.LastError != "" {
		level = slog.LevelDebug
		h.over.times++
		h.over.took += took
	}
	h.log.Log(context.Background(), level, "destination up", "took", took.Round(time.Millisecond))
	h.now.Connected, h.now.Since, h.now.RetryAt, h.now.Failures = true, time.Now(), time.Time{}, 0
	h.told = false
	h.tellLater()
}

// ended notes that there will be no connection any more.
func (h *health) ended() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.disconnected()
	h.now.RetryAt = time.Time{}
	h.told, h.over = true, outages{} // there is nobody left to be told
	h.forget()
}

// down notes a failure, after which the next try is made in retryIn.
func (h *health) down(err error, level slog.Level, retryIn time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failed(err)
	h.now.RetryAt, h.level = time.Now().Add(retryIn), level
	if !h.due().After(time.Now()) {
		h.tellDown()
	} else {
		h.log.Debug("destination down", "err", err, "retry_in", retryIn.Round(time.Millisecond))
	}
	h.tellLater()
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

// due is when to tell of the present outage, or of those that are over. The
// caller holds h.mu, as those of the functions below do.
func (h *health) due() time.Time {
	early, lasts := h.paid.Add(-tellEvery), h.now.Since.Add(lasting)
	if early.Before(lasts) {
		early = lasts
	}
	if h.now.Connected || h.told || early.After(h.paid) {
		return h.paid
	}
	return early
}

// untold reports whether there is something that the log should say in time.
func (h *health) untold() bool {
	if h.now.Connected {
		return h.over.times > 0
	}
	return !h.told
}

// tellLater sees to it that what is not in the log is told when it is due,
// whether or not anything happens then.
func (h *health) tellLater() {
	h.forget()
	if h.untold() {
		h.timer = time.AfterFunc(time.Until(h.due()), h.tell)
	}
}

func (h *health) forget() {
	if h.timer != nil {
		h.timer.Stop()
	}
}

// tell logs what is due. It is called without h.mu.
func (h *health) tell() {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case !h.untold() || h.due().After(time.Now()): // it was stopped too late
	case h.now.Connected:
		h.tellOver()
	default:
		h.tellDown()
	}
}

func (h *health) tellDown() {
	retry := max(0, time.Until(h.now.RetryAt))
	facts := []any{"err", h.now.LastError, "retry_in", retry.Round(time.Millisecond)}
	if h.over.times > 0 {
		facts = append(facts, "times", h.over.times+1)
	}
	h.log.Log(context.Background(), h.level, "destination down", facts...)
	h.told = true
	h.pay()
}

// tellOver sums up the outages that are over.
func (h *health) tellOver() {
	h.log.Warn("destination was down", "err", h.now.LastError, "times", h.over.times, "took", h.over.took.Round(time.Millisecond))
	h.pay()
}

// pay notes that outages were told of, all there have been.
func (h *health) pay() {
	h.over = outages{}
	if now := time.Now(); h.paid.Before(now) {
		h.paid = now
	}
	h.paid = h.paid.Add(tellEvery)
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
