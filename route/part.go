package route

import (
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// part is a piece of an expression, in the order in which names are matched.
type part struct {
	kind  kind
	texts []string // for kind texts: the piece matches exactly these
}

type kind int

const (
	opaque   kind = iota // nothing is known
	texts                // a few texts
	begin                // the beginning of the name
	finish               // its end
	anything             // .*
)

// maxTexts bounds the texts of a part, and with them the work for a name.
const maxTexts = 16

// reader takes expressions apart, which are simplified.
type reader struct {
	fold  bool // the texts are looked for in names that are ASCII and in lower case
	loose bool // set where such a name may have a text that the name itself has not
}

// flatten appends the parts of re.
func (r *reader) flatten(dst []part, re *syntax.Regexp) []part {
	if list, ok := r.expand(re); ok {
		if len(list) == 1 && list[0] == "" {
			return dst
		}
		return append(dst, part{texts, list})
	}
	switch re.Op {
	case syntax.OpBeginText:
		return append(dst, part{kind: begin})
	case syntax.OpEndText:
		return append(dst, part{kind: finish})
	case syntax.OpCapture:
		return r.flatten(dst, re.Sub[0])
	case syntax.OpPlus: // what is repeated is there once at least
		return append(r.flatten(dst, re.Sub[0]), part{kind: opaque})
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			dst = r.flatten(dst, sub)
		}
		return dst
	case syntax.OpAlternate:
		if list, ok := r.sameShape(re.Sub); ok {
			return append(dst, list...)
		}
	case syntax.OpStar: // names hold no line feed
		if op := re.Sub[0].Op; op == syntax.OpAnyChar || op == syntax.OpAnyCharNotNL {
			return append(dst, part{kind: anything})
		}
	}
	return append(dst, part{kind: opaque})
}

// sameShape makes one list of parts of alternatives that differ in one part's
// texts only, as those of ^a|^b do.
func (r *reader) sameShape(alternatives []*syntax.Regexp) ([]part, bool) {
	list := r.flatten(nil, alternatives[0])
	at := slices.IndexFunc(list, isTexts)
	for _, sub := range alternatives[1:] {
		other := r.flatten(nil, sub)
		if !slices.EqualFunc(list, other, func(a, b part) bool { return a.kind == b.kind }) {
			return nil, false
		}
		if at >= 0 {
			list[at].texts = slices.Concat(list[at].texts, other[at].texts)
		}
	}
	single := at < 0 || !slices.ContainsFunc(list[at+1:], isTexts)
	known := !slices.ContainsFunc(list, func(p part) bool { return p.kind == opaque })
	return list, single && known && (at < 0 || len(list[at].texts) <= maxTexts)
}

func isTexts(p part) bool { return p.kind == texts }

// expand lists the texts that re matches, if they are few.
func (r *reader) expand(re *syntax.Regexp) ([]string, bool) {
	switch re.Op {
	case syntax.OpEmptyMatch:
		return []string{""}, true
	case syntax.OpLiteral:
		return r.expandLiteral(re)
	case syntax.OpCharClass:
		return r.expandClass(re.Rune)
	case syntax.OpCapture:
		return r.expand(re.Sub[0])
	case syntax.OpQuest:
		list, ok := r.expand(re.Sub[0])
		return append(slices.Clip(list), ""), ok && len(list) < maxTexts
	case syntax.OpConcat:
		return r.expandConcat(re.Sub)
	case syntax.OpAlternate:
		return r.expandAlternate(re.Sub)
	}
	return nil, false
}

// expandLiteral leaves out what the expression may find in other bytes than its
// own: letters of either case, unless they are looked for in lower case, and
// characters without bytes of their own.
func (r *reader) expandLiteral(re *syntax.Regexp) ([]string, bool) {
	switch text := string(re.Rune); {
	case strings.Contains(text, "\n"): // names hold none
		return nil, true
	case slices.ContainsFunc(re.Rune, vague):
		return nil, false
	case r.fold:
		lower := strings.Map(lowerRune, text)
		r.loose = r.loose || !folds(re) && hasLetter(lower)
		return []string{lower}, true
	default:
		return []string{text}, true
	}
}

// vague reports whether c is the stand-in for what is not UTF-8, or half of a
// surrogate pair, which Go writes as that stand-in.
func vague(c rune) bool { return c == utf8.RuneError || !utf8.ValidRune(c) }

// expandClass lists a class of characters given as pairs of first and last.
func (r *reader) expandClass(ranges []rune) ([]string, bool) {
	if r.fold {
		return r.expandFolded(ranges)
	}
	var list []string
	for i := 0; i < len(ranges); i += 2 {
		for c := ranges[i]; c <= ranges[i+1]; c++ {
			if len(list) == maxTexts || vague(c) {
				return nil, false
			}
			list = append(list, string(c))
		}
	}
	return list, true
}

// expandFolded lists what is ASCII of a class, in lower case.
func (r *reader) expandFolded(ranges []rune) ([]string, bool) {
	var member [utf8.RuneSelf]bool
	for i := 0; i < len(ranges); i += 2 {
		for c := ranges[i]; c <= min(ranges[i+1], utf8.RuneSelf-1); c++ {
			member[c] = true
		}
	}
	var list []string
	for c := range rune(utf8.RuneSelf) {
		upper := unicode.ToUpper(c)
		if c != lowerRune(c) || !member[c] && !member[upper] {
			continue
		}
		r.loose = r.loose || member[c] != member[upper]
		list = append(list, string(c))
	}
	return list, len(list) <= maxTexts
}

func lowerRune(c rune) rune {
	if c < utf8.RuneSelf {
		return rune(lowerByte(byte(c)))
	}
	return c
}

// hasLetter reports whether a text in lower case has an ASCII letter in it.
func hasLetter(lower string) bool {
	return strings.ContainsFunc(lower, func(c rune) bool { return 'a' <= c && c <= 'z' })
}

// folds reports whether an expression finds letters of either case.
func folds(re *syntax.Regexp) bool {
	if re.Op == syntax.OpLiteral && re.Flags&syntax.FoldCase != 0 {
		return slices.ContainsFunc(re.Rune, func(c rune) bool { return unicode.SimpleFold(c) != c })
	}
	return slices.ContainsFunc(re.Sub, folds)
}

func (r *reader) expandConcat(subs []*syntax.Regexp) ([]string, bool) {
	list := []string{""}
	for _, sub := range subs {
		next, ok := r.expand(sub)
		if !ok {
			return nil, false
		}
		if list, ok = product(list, next); !ok {
			return nil, false
		}
	}
	return list, true
}

func (r *reader) expandAlternate(subs []*syntax.Regexp) ([]string, bool) {
	var list []string
	for _, sub := range subs {
		next, ok := r.expand(sub)
		if !ok || len(list)+len(next) > maxTexts {
			return nil, false
		}
		list = append(list, next...)
	}
	return list, true
}

// product lists each of a followed by each of b, if that is few.
func product(a, b []string) ([]string, bool) {
	if len(a)*len(b) > maxTexts {
		return nil, false
	}
	list := make([]string, 0, len(a)*len(b))
	for _, x := range a {
		for _, y := range b {
			list = append(list, x+y)
		}
	}
	return list, true
}

// strip removes from both ends what restricts nothing.
func strip(parts []part) []part {
	for {
		n := len(parts)
		switch {
		case n > 0 && parts[0].kind == anything:
			parts = parts[1:]
		case n > 1 && parts[0].kind == begin && parts[1].kind == anything:
			parts = parts[2:]
		case n > 0 && parts[n-1].kind == anything:
			parts = parts[:n-1]
		case n > 1 && parts[n-1].kind == finish && parts[n-2].kind == anything:
			parts = parts[:n-2]
		default:
			return parts
		}
	}
}

// join makes one part of neighbouring texts while they are few, and puts the
// empty text between a beginning and an end that have nothing between them.
func join(parts []part) []part {
	var list []part
	for _, p := range parts {
		last := len(list) - 1
		switch {
		case last >= 0 && p.kind == texts && list[last].kind == texts:
			if both, ok := product(list[last].texts, p.texts); ok {
				list[last].texts = both
				continue
			}
		case last >= 0 && p.kind == finish && list[last].kind == begin:
			list = append(list, part{texts, []string{""}})
		}
		list = append(list, p)
	}
	return list
}
