// Package pyregex runs regular expressions written for Python's re module, with
// the meaning they have there: what RE2 can say is run by RE2, the rest by a
// backtracking engine with a bound on its time.
package pyregex

import (
	"regexp"
	"strings"
	"sync/atomic"
	"unicode/utf8"
)

// Options says how an expression is used.
type Options struct {
	// IgnoreCase is Python's re.I.
	IgnoreCase bool
	// Anchored lets the expression match at the beginning of a name only, as
	// re.match does; without it a match is searched anywhere, as by re.search.
	Anchored bool
	// Overrun, if given, is called the first time that a match is given up
	// because it takes too long. It counts as no match.
	Overrun func(pattern string, name []byte)
}

// The engines that may run an expression, as Regexp.Engine names them.
const (
	EngineRE2          = "re2"
	EngineMixed        = "re2, and backtracking for names beyond ASCII"
	EngineBacktracking = "backtracking"
)

// Regexp is an expression ready to be run. Its methods may be called at once.
type Regexp struct {
	pattern  string
	options  Options
	names    map[string]int
	groups   int            // without group 0
	re2Plain *regexp.Regexp // for plain names, or nil
	re2All   *regexp.Regexp // for all names, or nil
	least    int            // how many characters a match has at least
	exact    bool           // RE2 also finds the same groups in plain names
	back     backtracker
	overruns atomic.Uint64
}

// Compile reads a pattern as Python 3.11 does. The error is an *Error.
func Compile(pattern string, o Options) (*Regexp, error) {
	p := newParser(pattern, flags{ignoreCase: o.IgnoreCase})
	root, err := p.parse()
	if err != nil {
		return nil, err
	}
	r := &Regexp{pattern: pattern, options: o, names: p.names, groups: len(p.widths) - 1}
	if o.Anchored {
		root = &node{op: opConcat, subs: []*node{{op: opBegin}, root}}
	}
	r.re2Plain, r.re2All = compileRE2(root, true), compileRE2(root, false)
	r.exact = r.re2Plain != nil && sameGroups(root, p.widths)
	r.back, r.least = newBacktracker(root), p.widths[0][0]
	if r.re2All == nil {
		if _, err := r.back.re(); err != nil {
			return nil, &Error{pattern, 0, err.Error()}
		}
	}
	return r, nil
}

// compileRE2 returns nil for what RE2 cannot say.
func compileRE2(root *node, plain bool) *regexp.Regexp {
	text, err := re2(root, plain)
	if err != nil {
		return nil
	}
	re, _ := regexp.Compile(text) // a repeat over 1000 is refused
	return re
}

// sameGroups reports whether both engines find the same text in the same
// groups: they may not where something empty can be repeated.
func sameGroups(root *node, widths [][2]int) bool {
	return !root.any(func(n *node) bool {
		if n.op != opRepeat || n.max <= 1 {
			return false
		}
		least, _ := n.subs[0].width(widths)
		return least == 0
	})
}

// Match reports whether the expression is found in name.
func (r *Regexp) Match(name []byte) bool {
	switch {
	case r.re2Plain != nil && isPlain(name):
		return r.re2Plain.Match(name)
	case r.re2All != nil:
		return r.re2All.Match(name)
	}
	return r.backtrack(name)
}

// Engine names what runs the expression: one of the Engine constants.
func (r *Regexp) Engine() string {
	switch {
	case r.re2All != nil:
		return EngineRE2
	case r.re2Plain != nil:
		return EngineMixed
	}
	return EngineBacktracking
}

// RE2 returns an RE2 expression that matches the very same names, if there is one.
func (r *Regexp) RE2() (string, bool) { return text(r.re2All) }

// Plain returns an RE2 expression that matches the same of those names that are
// plain (see isPlain), if there is one. It is the simpler one of the two, and
// there more often: its literals are those of the pattern.
func (r *Regexp) Plain() (string, bool) { return text(r.re2Plain) }

func text(re *regexp.Regexp) (string, bool) {
	if re == nil {
		return "", false
	}
	return re.String(), true
}

// isPlain reports whether name is not empty, all ASCII and in one line.
func isPlain(name []byte) bool {
	for _, c := range name {
		if c >= utf8.RuneSelf || c == '\n' {
			return false
		}
	}
	return len(name) > 0
}

// Find appends to dst where the expression is found in name: the offsets of its
// beginning and end, and those of each group, or -1. It returns dst alone if
// the expression is not found.
func (r *Regexp) Find(dst []int, name []byte) []int {
	if r.exact && isPlain(name) {
		return append(dst, r.re2Plain.FindSubmatchIndex(name)...)
	}
	return r.backtrackFind(dst, name)
}

// Group returns the number of a named group.
func (r *Regexp) Group(name string) (int, bool) {
	n, ok := r.names[name]
	return n, ok
}

// Groups returns how many groups there are.
func (r *Regexp) Groups() int { return r.groups }

// Overruns counts the matches that were given up because they took too long.
func (r *Regexp) Overruns() uint64 { return r.overruns.Load() }

// String returns the pattern.
func (r *Regexp) String() string { return r.pattern }

// overrun counts a match that was given up.
func (r *Regexp) overrun(name []byte) {
	if r.overruns.Add(1) == 1 && r.options.Overrun != nil {
		r.options.Overrun(strings.Clone(r.pattern), name)
	}
}
