package pyregex

import (
	"math"
	"time"

	"github.com/dlclark/regexp2"
)

// ReplaceAll appends name to dst, with every match replaced, and returns how
// many there were: as Python's re.sub does since 3.7, an empty match right
// behind another match included. t must be r's. If it takes too long, name
// is appended as it is.
func (r *Regexp) ReplaceAll(dst, name []byte, t *Template) ([]byte, int) {
	p := replacing{r, t, name, math.MaxInt}
	made, n, ok := p.run(dst)
	if !ok {
		return append(made[:len(dst)], name...), 0
	}
	return made, n
}

// ReplaceWithin returns name with every match replaced, as ReplaceAll does. It reports
// false if that takes too long, or more than so many bytes: a match for each byte, and
// a replacement as long as the name, make much of little.
func (r *Regexp) ReplaceWithin(most int, name []byte, t *Template) (made []byte, ok bool) {
	p := replacing{r, t, name, most}
	made, _, ok = p.run(nil)
	return made, ok
}

// replacing is the making of one name.
type replacing struct {
	*Regexp
	template *Template
	name     []byte
	most     int // bytes of the result
}

// run appends the result to dst. It reports false if there is none.
func (p replacing) run(dst []byte) (made []byte, n int, ok bool) {
	if p.exact && p.least > 0 && isPlain(p.name) {
		return p.re2(dst)
	}
	return p.backtracking(dst)
}

func (p replacing) re2(dst []byte) (made []byte, n int, ok bool) {
	limit := -1
	if p.most < math.MaxInt {
		limit = p.most/(p.groups+1) + 1 // what is found takes memory too
	}
	found := p.re2Plain.FindAllSubmatchIndex(p.name, limit)
	if len(found) == limit {
		return dst, 0, false
	}
	end := 0
	for _, m := range found {
		if dst, ok = p.append(dst, end, m); !ok {
			return dst, 0, false
		}
		end = m[1]
	}
	return append(dst, p.name[end:]...), len(found), true
}

// append appends what stands between the last match, which ended at end, and the next,
// and its replacement.
func (p replacing) append(dst []byte, end int, match []int) ([]byte, bool) {
	dst = append(dst, p.name[end:match[0]]...)
	return p.template.append(dst, found{p.name, match}, p.most)
}

func (p replacing) backtracking(dst []byte) (made []byte, n int, ok bool) {
	re, err := p.back.re()
	if err != nil {
		return dst, 0, false
	}
	text, at := appendRunes(nil, p.name), offsets(p.name)
	end, until := 0, time.Now().Add(attempts*Bound)
	var groups []int
	next, err := re.FindRunesMatch(text)
	for ; next != nil && err == nil; next, err = p.behind(text, next) {
		groups = appendGroups(groups[:0], next, at)
		if dst, ok = p.append(dst, end, groups); !ok {
			return dst, 0, false
		}
		if end, n = groups[1], n+1; time.Now().After(until) {
			p.overrun(p.name)
			return dst, 0, false
		}
	}
	if err != nil {
		p.overrun(p.name)
		return dst, 0, false
	}
	return append(dst, p.name[end:]...), n, true
}

// behind finds the match after another. Behind an empty one, the next must not
// end where that did.
func (r *Regexp) behind(text []rune, m *regexp2.Match) (*regexp2.Match, error) {
	again := r.back.re
	if m.Length == 0 {
		again = r.back.advance
	}
	re, err := again()
	if err != nil {
		return nil, err
	}
	return re.FindRunesMatchStartingAt(text, m.Index+m.Length)
}
