package slack

import (
	"errors"
	"sync"
	"time"
)

const (
	// fewMessages is the most that history gives to apps that are distributed.
	fewMessages = 15
	// longWait is as long as it may make them wait at least.
	longWait = 20 * time.Second
)

// limitWatch recognises the limit on reading history that holds since 2025 for
// distributed apps: pages of at most 15 messages though there are more, and a pause of
// about a minute after each.
type limitWatch struct {
	mu    sync.Mutex
	small bool // the last page was
	told  bool
}

// watch looks at an answer, and reports true once: when the limit has shown.
func (l *limitWatch) watch(p page, err error) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	var e *Error
	switch {
	case err == nil:
		l.small = p.HasMore && len(p.Messages) > 0 && len(p.Messages) <= fewMessages
	case errors.As(err, &e) && e.limited() && e.RetryAfter >= longWait && l.small && !l.told:
		l.told = true
		return true
	}
	return false
}
