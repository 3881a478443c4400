package deliver

import (
	"errors"
	"time"
)

// Permanent marks an error that trying again will not cure. Errors without the
// mark are temporary: a relay's mistake should be to send twice, not to lose.
// Permanent(nil) is nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return permanentError{err}
}

// IsPermanent reports whether err, or an error that it wraps, was marked by
// Permanent.
func IsPermanent(err error) bool {
	var p permanentError
	return errors.As(err, &p)
}

// RetryAfter attaches to err the far end's wish not to be tried again for d.
// RetryAfter(nil, d) is nil.
func RetryAfter(err error, d time.Duration) error {
	if err == nil {
		return nil
	}
	return retryAfterError{err, d}
}

// maxRetryAfter bounds what a far end can wish for.
const maxRetryAfter = 10 * time.Minute

// wishOf returns the wait that err asks for, 0 if none.
func wishOf(err error) time.Duration {
	var r retryAfterError
	if errors.As(err, &r) {
		return min(r.after, maxRetryAfter)
	}
	return 0
}

type permanentError struct{ error }

func (e permanentError) Unwrap() error { return e.error }

type retryAfterError struct {
	error
	after time.Duration
}

func (e retryAfterError) Unwrap() error { return e.error }
