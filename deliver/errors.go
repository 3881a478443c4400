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

// Misconfigured marks an error of Send, or of Dial, that says nothing against the
// batch, but that only a person can cure: a key that is not accepted, an address
// at which nobody takes points. The batch stays, the Conn is of no more use, and
// the worker tells of it and tries again as it does when Dial fails for good.
// Misconfigured(nil) is nil.
func Misconfigured(err error) error {
	if err == nil {
		return nil
	}
	return misconfiguredError{err}
}

func isMisconfigured(err error) bool {
	var m misconfiguredError
	return errors.As(err, &m)
}

// Answered marks an error that the far end told of: it is there, and said no.
// Answered(nil) is nil.
func Answered(err error) error {
	if err == nil {
		return nil
	}
	return answeredError{err}
}

// IsAnswered reports whether err, or an error that it wraps, was marked by Answered.
func IsAnswered(err error) bool {
	var a answeredError
	return errors.As(err, &a)
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

// Refused tells the worker that the far end took a batch but for so many of its
// points, which it will never take, and why: Send returns it instead of nil. The
// batch counts as sent, and these points as dropped when it is given back. The
// Conn is as good as before. With no points it is nil.
func Refused(points int, why error) error {
	if points <= 0 {
		return nil
	}
	return refusedError{why, points}
}

// RefusedBy returns how many points err says were refused of a batch that was
// taken, 0 if it says another thing.
func RefusedBy(err error) int {
	var r refusedError
	if errors.As(err, &r) {
		return r.points
	}
	return 0
}

type permanentError struct{ error }

func (e permanentError) Unwrap() error { return e.error }

type misconfiguredError struct{ error }

func (e misconfiguredError) Unwrap() error { return e.error }

type answeredError struct{ error }

func (e answeredError) Unwrap() error { return e.error }

// refusedError does not unwrap: marks of its cause do not hold for the batch.
type refusedError struct {
	error
	points int
}

type retryAfterError struct {
	error
	after time.Duration
}

func (e retryAfterError) Unwrap() error { return e.error }
