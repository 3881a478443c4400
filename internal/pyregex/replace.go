package pyregex

import "github.com/dlclark/regexp2"

// ReplaceAll appends name to dst, with every match replaced, and returns how
// many there were: as Python's re.sub does since 3.7, an empty match right
// behind another match included. t must be r's. If a match takes too long, name
// is appended as it is.
func (r *Regexp) ReplaceAll(dst, name []byte, t *Template) ([]byte, int) {
	if r.exact && r.least > 0 && IsPlain(name) {
		return r.replaceRE2(dst, name, t)
	}
	return r.replaceBacktracking(dst, name, t)
}

func (r *Regexp) replaceRE2(dst, name []byte, t *Template) ([]byte, int) {
	end, n := 0, 0
	for _, m := range r.re2Plain.FindAllSubmatchIndex(name, -1) {
		dst = append(dst, name[end:m[0]]...)
		dst = t.append(dst, name, m)
		end, n = m[1], n+1
	}
	return append(dst, name[end:]...), n
}

func (r *Regexp) replaceBacktracking(dst, name []byte, t *Template) ([]byte, int) {
	re, err := r.back.re()
	if err != nil {
		return append(dst, name...), 0
	}
	before := len(dst)
	text, at := appendRunes(nil, name), offsets(name)
	end, n := 0, 0
	var groups []int
	next, err := re.FindRunesMatch(text)
	for ; next != nil && err == nil; next, err = r.behind(text, next) {
		groups = appendGroups(groups[:0], next, at)
		dst = append(dst, name[end:groups[0]]...)
		dst = t.append(dst, name, groups)
		end, n = groups[1], n+1
	}
	if err != nil {
		r.overrun(name)
		return append(dst[:before], name...), 0
	}
	return append(dst, name[end:]...), n
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
