package render

import (
	"errors"
	"fmt"
)

// fault is a mistake in the question: who asked is told.
type fault struct {
	text   string
	placed bool // it says in which function
}

func (f *fault) Error() string { return f.text }

func faultf(format string, args ...any) error { return &fault{text: fmt.Sprintf(format, args...)} }

// asked reports whether the error lies in the question, and is for who asked.
func asked(err error) bool {
	var f *fault
	var s *SyntaxError
	return errors.As(err, &f) || errors.As(err, &s) || errors.Is(err, ErrTooMany)
}
