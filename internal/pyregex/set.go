package pyregex

import (
	"slices"
	"sync"
	"unicode"

	"github.com/plumbago/plumbago/internal/space"
)

// set is a set of characters: the first and the last of each range, sorted,
// with gaps between them.
type set []rune

func one(r rune) set       { return set{r, r} }
func span(lo, hi rune) set { return set{lo, hi} }

// union returns what is in any of the sets.
func union(sets ...set) set {
	var ranges [][2]rune
	for _, s := range sets {
		for i := 0; i < len(s); i += 2 {
			ranges = append(ranges, [2]rune{s[i], s[i+1]})
		}
	}
	slices.SortFunc(ranges, func(a, b [2]rune) int { return int(a[0] - b[0]) })
	var out set
	for _, r := range ranges {
		if n := len(out); n > 0 && r[0] <= out[n-1]+1 {
			out[n-1] = max(out[n-1], r[1])
			continue
		}
		out = append(out, r[0], r[1])
	}
	return out
}

// not returns what is not in s.
func (s set) not() set {
	var out set
	next := rune(0)
	for i := 0; i < len(s); i += 2 {
		if s[i] > next {
			out = append(out, next, s[i]-1)
		}
		next = s[i+1] + 1
	}
	if next <= unicode.MaxRune {
		out = append(out, next, unicode.MaxRune)
	}
	return out
}

// and returns what is in both sets.
func (s set) and(t set) set { return union(s.not(), t.not()).not() }

// of returns what is in any of the tables.
func of(tables ...*unicode.RangeTable) set {
	var parts []set
	for _, t := range tables {
		for _, r := range t.R16 {
			parts = append(parts, strided(rune(r.Lo), rune(r.Hi), rune(r.Stride)))
		}
		for _, r := range t.R32 {
			parts = append(parts, strided(rune(r.Lo), rune(r.Hi), rune(r.Stride)))
		}
	}
	return union(parts...)
}

func strided(lo, hi, stride rune) set {
	if stride == 1 {
		return span(lo, hi)
	}
	var s set
	for ; lo <= hi; lo += stride {
		s = append(s, lo, lo)
	}
	return s
}

// classes are the sets that have letters of their own.
type classes struct{ digit, word, space set }

// unicodeClasses is what \d, \w and \s mean to text in Python.
var unicodeClasses = sync.OnceValue(func() classes {
	var blank []set
	for r := range rune(0x3001) {
		if space.Is(r) {
			blank = append(blank, one(r))
		}
	}
	return classes{digit: of(unicode.Nd), word: union(of(unicode.L, unicode.N), one('_')), space: union(blank...)}
})

// asciiClasses is what they mean under (?a).
var asciiClasses = sync.OnceValue(func() classes {
	digit := span('0', '9')
	return classes{
		digit: digit,
		word:  union(digit, span('A', 'Z'), span('a', 'z'), one('_')),
		space: union(span('\t', '\r'), one(' ')),
	}
})

// everything, all but the end of a line, and what plain names are made of.
var (
	all     = span(0, unicode.MaxRune)
	notLine = one('\n').not()
	plain   = span(0, 0x7f).and(notLine)
)

// alike are characters that Python takes for the same where case does not
// matter, and that simple case folding keeps apart.
var alike = [][]rune{{'I', 'i', 'İ', 'ı'}, {0x390, 0x1fd3}, {0x3b0, 0x1fe3}, {0xfb05, 0xfb06}}

// orbit returns r and all that r is alike without regard to case.
func orbit(r rune) set {
	for _, group := range alike {
		if slices.Contains(group, r) {
			return singles(group)
		}
	}
	return simpleOrbit(r)
}

// simpleOrbit is what RE2 takes for r without regard to case.
func simpleOrbit(r rune) set {
	group := []rune{r}
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		group = append(group, f)
	}
	return singles(group)
}

func singles(group []rune) set {
	var parts []set
	for _, r := range group {
		parts = append(parts, one(r))
	}
	return union(parts...)
}

// cased is every character that is alike to another.
var cased = sync.OnceValue(func() []rune {
	var list []rune
	for r := range rune(unicode.MaxRune + 1) {
		if unicode.SimpleFold(r) != r {
			list = append(list, r)
		}
	}
	for _, group := range alike {
		list = append(list, group...)
	}
	slices.Sort(list)
	return slices.Compact(list)
})

// folded returns s and all that its characters are alike without regard to case.
func (s set) folded() set {
	if len(s) == 2 && s[0] == s[1] {
		return orbit(s[0])
	}
	parts := []set{s}
	for i := 0; i < len(s); i += 2 {
		from, _ := slices.BinarySearch(cased(), s[i])
		for _, r := range cased()[from:] {
			if r > s[i+1] {
				break
			}
			parts = append(parts, orbit(r))
		}
	}
	return union(parts...)
}

// foldedASCII is folded under (?a): only A to Z have another case.
func (s set) foldedASCII() set {
	upper, lower := s.and(span('A', 'Z')), s.and(span('a', 'z'))
	return union(s, upper.moved('a'-'A'), lower.moved('A'-'a'))
}

func (s set) moved(by rune) set {
	out := slices.Clone(s)
	for i := range out {
		out[i] += by
	}
	return out
}
