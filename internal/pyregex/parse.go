package pyregex

import (
	"strconv"
	"strings"
)

// flags are the letters that change how an expression is read.
type flags struct {
	ignoreCase, multiline, dotAll, verbose, ascii bool
}

// parser reads an expression. Its rules are those of Python 3.11.
type parser struct {
	source
	flags
	widths [][2]int       // of each group; group 0 is the whole
	open   map[int]bool   // groups that are not closed yet
	names  map[string]int // of groups
	later  map[int]int    // groups that a condition asks for, and where
	behind int            // the groups there were before a look behind, or -1
	depth  int
}

// maxDepth bounds how deep groups are nested, and maxLength how long a pattern is.
const (
	maxDepth  = 200
	maxLength = 1 << 16
)

func newParser(pattern string, f flags) *parser {
	return &parser{
		source: source{text: []rune(pattern)}, flags: f, widths: make([][2]int, 1),
		open: map[int]bool{}, names: map[string]int{}, later: map[int]int{}, behind: -1,
	}
}

// parse reads the whole expression.
func (p *parser) parse() (n *node, err error) {
	defer catch(&err)
	if len(p.text) > maxLength {
		p.fail(maxLength, "the expression is longer than %d characters", maxLength)
	}
	n = p.alternatives(true)
	if p.peek() != "" {
		p.fail(p.at, "there is no group that this ) could end; write \\) for a parenthesis")
	}
	for group, at := range p.later {
		if group >= len(p.widths) {
			p.fail(at, "there is no group %d", group)
		}
	}
	p.widths[0][0], p.widths[0][1] = n.width(p.widths)
	return n, nil
}

// alternatives reads branches up to a ) or the end.
func (p *parser) alternatives(top bool) *node {
	p.depth++
	if p.depth > maxDepth {
		p.fail(p.at, "groups are nested deeper than %d", maxDepth)
	}
	branches := []*node{p.branch(top)}
	for p.match("|") {
		branches = append(branches, p.branch(false))
	}
	p.depth--
	if len(branches) == 1 {
		return branches[0]
	}
	return &node{op: opAlternate, subs: branches}
}

// branch reads items up to a |, a ) or the end. At its beginning, if first,
// flags for the whole expression may stand.
func (p *parser) branch(first bool) *node {
	n := &node{op: opConcat}
	for {
		start := p.at
		switch unit := p.peek(); unit {
		case "", "|", ")":
			return n
		default:
			p.next()
			if p.verbose && p.skip(unit) {
				continue
			}
			if item := p.item(unit, start, n, first); item != nil {
				n.subs = append(n.subs, item)
			}
		}
	}
}

// skip passes over white space and comments under (?x).
func (p *parser) skip(unit string) bool {
	if unit != "#" {
		return strings.Contains(" \t\n\r\v\f", unit)
	}
	for unit != "" && unit != "\n" {
		unit = p.next()
	}
	return true
}

// item reads what begins with unit. A repeat takes the last item out of before;
// flags and comments are no item.
func (p *parser) item(unit string, start int, before *node, first bool) *node {
	switch unit {
	case ".":
		return p.dot()
	case "^":
		return &node{op: either(p.multiline, opBeginLine, opBegin)}
	case "$":
		return &node{op: either(p.multiline, opEndLine, opDollar)}
	case "[":
		return &node{op: opSet, set: p.class(start)}
	case "(":
		return p.parenthesis(start, first && len(before.subs) == 0)
	case "*", "+", "?", "{":
		return p.repeat(unit, start, before)
	}
	if unit[0] == '\\' {
		return p.escape(unit, start)
	}
	return p.literal([]rune(unit)[0])
}

func either[T any](yes bool, a, b T) T {
	if yes {
		return a
	}
	return b
}

func (p *parser) dot() *node {
	return &node{op: opSet, set: either(p.dotAll, all, notLine)}
}

func (p *parser) literal(r rune) *node {
	return &node{op: opSet, set: p.fold(one(r))}
}

// fold adds to s what it is alike, if case does not matter.
func (p *parser) fold(s set) set {
	switch {
	case !p.ignoreCase:
		return s
	case p.ascii:
		return s.foldedASCII()
	default:
		return s.folded()
	}
}

// repeat reads a quantifier and applies it to the last item.
func (p *parser) repeat(unit string, start int, before *node) *node {
	lo, hi, ok := p.bounds(unit, start)
	if !ok {
		return p.literal('{')
	}
	if len(before.subs) == 0 || before.subs[len(before.subs)-1].isAssertion() {
		p.fail(start, "there is nothing that this %s could repeat; write \\%s for the character", unit, unit)
	}
	item := before.subs[len(before.subs)-1]
	if item.op == opRepeat {
		p.fail(start, "this %s would repeat a repetition; put the first into (?:…)", unit)
	}
	before.subs = before.subs[:len(before.subs)-1]
	n := &node{op: opRepeat, subs: []*node{item}, min: lo, max: hi}
	n.lazy = p.match("?")
	n.possessive = !n.lazy && p.match("+")
	return n
}

// bounds reads how often something is repeated. A { that begins no bounds is a
// character.
func (p *parser) bounds(unit string, start int) (lo, hi int, ok bool) {
	switch unit {
	case "?":
		return 0, 1, true
	case "*":
		return 0, unlimited, true
	case "+":
		return 1, unlimited, true
	}
	if p.peek() == "}" {
		return 0, 0, false
	}
	back := p.at
	from := p.while(maxLength, digits)
	to := from
	if p.match(",") {
		to = p.while(maxLength, digits)
	}
	if !p.match("}") {
		p.at = back
		return 0, 0, false
	}
	lo, hi = p.count(from, 0, start), p.count(to, unlimited, start)
	if hi < lo {
		p.fail(start, "{%s,%s} ends before it begins", from, to)
	}
	return lo, hi, true
}

func (p *parser) count(text string, missing, start int) int {
	if text == "" {
		return missing
	}
	n, err := strconv.Atoi(text)
	if err != nil || n >= unlimited {
		p.fail(start, "%s is too often", text)
	}
	return n
}
