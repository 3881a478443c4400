package pyregex

import (
	"sync"
	"time"
	"unicode/utf8"

	"github.com/dlclark/regexp2"
)

// Bound is how long a match may take before it is given up. Backtracking can
// take a time that doubles with each character of a name. What was given up is
// tried once more, so that a process that was not let run for a while does not
// decide where a name goes.
const Bound = 50 * time.Millisecond

const attempts = 2

// clock is how often the engine looks at the time.
const clock = 10 * time.Millisecond

// setClock must come before the engine's first match.
var setClock = sync.OnceFunc(func() { regexp2.SetTimeoutCheckPeriod(clock) })

// backtracker is the engine for what RE2 cannot say, or not exactly. Its
// programs are made when they are needed first.
type backtracker struct {
	re func() (*regexp2.Regexp, error)

	// advance is re where a match must not end where the search began: what
	// replaces on, behind a match that was empty.
	advance func() (*regexp2.Regexp, error)
}

func newBacktracker(root *node) backtracker {
	return backtracker{
		re:      sync.OnceValues(func() (*regexp2.Regexp, error) { return compileBacktracking(backtracking(root)) }),
		advance: sync.OnceValues(func() (*regexp2.Regexp, error) { return compileBacktracking("(?:" + backtracking(root) + `)(?!\G)`) }),
	}
}

func compileBacktracking(text string) (*regexp2.Regexp, error) {
	setClock()
	re, err := regexp2.Compile(text, regexp2.None)
	if err != nil {
		return nil, err
	}
	re.MatchTimeout = Bound
	return re, nil
}

// backtrack reports whether the engine finds the expression in name.
func (r *Regexp) backtrack(name []byte) bool {
	text := runes.Get().(*[]rune)
	defer runes.Put(text)
	*text = appendRunes((*text)[:0], name)
	re, err := r.back.re()
	if err != nil {
		return false // Compile has seen to it that there is one
	}
	for range attempts {
		found, err := re.MatchRunes(*text)
		if err == nil {
			return found
		}
	}
	r.overrun(name)
	return false
}

var runes = sync.Pool{New: func() any { return new([]rune) }}

func appendRunes(dst []rune, name []byte) []rune {
	for len(name) > 0 {
		c, n := utf8.DecodeRune(name)
		dst, name = append(dst, c), name[n:]
	}
	return dst
}

// backtrackFind is Find by this engine.
func (r *Regexp) backtrackFind(dst []int, name []byte) []int {
	re, err := r.back.re()
	if err != nil {
		return dst
	}
	text := appendRunes(nil, name)
	for range attempts {
		m, err := re.FindRunesMatch(text)
		switch {
		case err == nil && m != nil:
			return appendGroups(dst, m, offsets(name))
		case err == nil:
			return dst
		}
	}
	r.overrun(name)
	return dst
}

// offsets returns where in name each character begins, and where the last ends.
func offsets(name []byte) []int {
	list := make([]int, 0, len(name)+1)
	for at := 0; at < len(name); {
		list = append(list, at)
		_, n := utf8.DecodeRune(name[at:])
		at += n
	}
	return append(list, len(name))
}

// appendGroups appends the offsets of a match and its groups.
func appendGroups(dst []int, m *regexp2.Match, at []int) []int {
	for _, g := range m.Groups() {
		if len(g.Captures) == 0 {
			dst = append(dst, -1, -1)
			continue
		}
		dst = append(dst, at[g.Index], at[g.Index+g.Length])
	}
	return dst
}
