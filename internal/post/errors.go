package post

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"
)

// IsPermanent reports whether err, from Connect or Post, is one that only a person
// can cure: a certificate that does not hold.
func IsPermanent(err error) bool {
	var p permanentError
	return errors.As(err, &p)
}

type permanentError struct{ error }

func (e permanentError) Unwrap() error { return e.error }

// late says that a request took too long.
type late time.Duration

func (l late) Error() string { return fmt.Sprintf("no answer within %v", time.Duration(l)) }

func (l late) Is(target error) bool { return target == context.DeadlineExceeded }

var (
	errBigHead  = errors.New("the head of the answer is too large")
	errNotHTTP  = errors.New("the far end does not answer in HTTP")
	errUnasked  = errors.New("the far end spoke unasked")
	errBrokeOff = errors.New("the answer broke off")
)

// unheard is the end of a connection before anything of an answer came. Its cause
// is nil if the far end just closed.
type unheard struct{ cause error }

func (u unheard) Error() string {
	const text = "the far end closed the connection without an answer"
	if u.cause == nil {
		return text
	}
	return text + ": " + u.cause.Error()
}

func (u unheard) Unwrap() error { return u.cause }

func isUnheard(err error) bool {
	var u unheard
	return errors.As(err, &u)
}

// hangup makes unheard of the ways in which a far end, or the network, ends a
// connection.
func hangup(err error) error {
	var op *net.OpError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return unheard{}
	case !errors.As(err, &op):
		return err
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, syscall.ETIMEDOUT), errors.Is(err, syscall.ECONNABORTED):
		return unheard{op.Err}
	}
	return err
}

// withCause prefers the reason why ctx ended to its symptom.
func withCause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
