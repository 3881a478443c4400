package pyregex

import "fmt"

// Error says what is wrong with an expression, or with a replacement.
type Error struct {
	Text string // the expression
	At   int    // the character where it goes wrong, from 0
	Why  string
}

// Error names what is wrong, and where.
func (e *Error) Error() string {
	return fmt.Sprintf("%q: at character %d: %s", e.Text, e.At+1, e.Why)
}

// fail leaves the parser; catch is where it arrives.
func (s *source) fail(at int, format string, args ...any) {
	panic(&Error{string(s.text), at, fmt.Sprintf(format, args...)})
}

// catch turns what fail threw into an error.
func catch(err *error) {
	switch e := recover().(type) {
	case nil:
	case *Error:
		*err = e
	default:
		panic(e)
	}
}
