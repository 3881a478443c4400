package render

import "fmt"

// expr is a target as it was parsed: a tree of calls with patterns, texts and
// numbers at its ends.
type expr struct {
	kind   exprKind
	text   string // the pattern, the text, the function's name, the number as written
	args   []*expr
	named  []namedArg
	raw    string // the whole call as written
	number float64
}

type namedArg struct {
	name  string
	value *expr
}

type exprKind int

const (
	exprPath exprKind = iota
	exprCall
	exprText
	exprInteger
	exprFloat
	exprTrue
	exprFalse
	exprNone
)

// SyntaxError says where a target cannot be read, and why.
type SyntaxError struct {
	Target string
	At     int // bytes in front of the place
	Reason string
}

// Error shows the place with what stands there.
func (e *SyntaxError) Error() string {
	const most = 30
	rest := e.Target[e.At:]
	if len(rest) > most {
		rest = rest[:most] + "…"
	}
	if rest == "" {
		return fmt.Sprintf("cannot read the target: %s at its end", e.Reason)
	}
	return fmt.Sprintf("cannot read the target: %s at character %d, before %q", e.Reason, e.At+1, rest)
}
