package pyregex

import "math"

// op is what a node of an expression does.
type op int

const (
	opSet       op = iota // one character of a set
	opBegin               // where the text begins: \A, ^
	opBeginLine           // where a line begins: ^ under (?m)
	opEnd                 // where the text ends: \Z
	opDollar              // there, or before a newline there: $
	opEndLine             // where a line ends: $ under (?m)
	opBoundary            // between a character of a set and none: \b
	opInside              // where opBoundary is not: \B
	opConcat              // its parts, one after the other
	opAlternate           // its parts, the first that leads to a match
	opRepeat              // its part, from min to max times
	opGroup               // its part, remembered under a number
	opSame                // what a group remembers, once more
	opLook                // its part must match here, or before here, or must not
	opAtomic              // its part, without a second thought
	opIf                  // its first part if a group has matched, else its second
)

// unlimited is the max of a repeat without one.
const unlimited = math.MaxInt32

// node is a piece of an expression.
type node struct {
	op   op
	subs []*node
	set  set // opSet; the word's characters of opBoundary and opInside

	min, max         int // opRepeat
	lazy, possessive bool

	group int  // opGroup, opSame, opIf
	fold  bool // opSame: without regard to case

	behind, negate bool // opLook
}

// isAssertion tells what matches a place rather than text, and cannot be repeated.
func (n *node) isAssertion() bool { return n.op >= opBegin && n.op <= opInside }

// width returns how many characters n matches, at least and at most.
func (n *node) width(groups [][2]int) (lo, hi int) {
	switch n.op {
	case opSet:
		return 1, 1
	case opConcat:
		for _, sub := range n.subs {
			l, h := sub.width(groups)
			lo, hi = add(lo, l), add(hi, h)
		}
		return lo, hi
	case opAlternate, opIf:
		return widest(n.subs, groups)
	case opRepeat:
		l, h := n.subs[0].width(groups)
		return times(l, n.min), times(h, n.max)
	case opGroup, opAtomic:
		return n.subs[0].width(groups)
	case opSame:
		return groups[n.group][0], groups[n.group][1]
	default:
		return 0, 0
	}
}

func widest(subs []*node, groups [][2]int) (lo, hi int) {
	lo = unlimited
	for _, sub := range subs {
		l, h := sub.width(groups)
		lo, hi = min(lo, l), max(hi, h)
	}
	return lo, hi
}

func add(a, b int) int { return min(a+b, unlimited) }

func times(a, b int) int {
	if a != 0 && b > unlimited/a {
		return unlimited
	}
	return a * b
}

// any reports whether f holds for n or anything in it.
func (n *node) any(f func(*node) bool) bool {
	if f(n) {
		return true
	}
	for _, sub := range n.subs {
		if sub.any(f) {
			return true
		}
	}
	return false
}
