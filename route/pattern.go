package route

import (
	"bytes"
	"regexp"
	"regexp/syntax"
	"slices"
)

// pattern is an expression with what can be told about a name without running it.
type pattern struct {
	re         *regexp.Regexp
	needs      []need // a name that lacks one of them does not match
	exact      bool   // and a name that has them all does: re need not be run
	everything bool   // every name matches
}

// need is a list of texts, one of which a matching name must hold in a certain place.
type need struct {
	texts []string
	where place
}

type place int

const (
	anywhere place = iota
	atStart
	atEnd
	whole
)

// compile makes a pattern of an RE2 expression. "" matches every name.
func compile(expr string) (pattern, error) {
	re, err := regexp.Compile(expr)
	if err != nil {
		return pattern{}, err
	}
	parsed, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return pattern{}, err
	}
	p := pattern{re: re}
	p.read(join(strip(flatten(nil, parsed.Simplify()))))
	return p, nil
}

// read takes from the parts of the expression what can be told without it.
func (p *pattern) read(parts []part) {
	inner := parts
	if n := len(inner); n > 0 && inner[0].kind == begin {
		inner = inner[1:]
	}
	if n := len(inner); n > 0 && inner[n-1].kind == finish {
		inner = inner[:n-1]
	}
	p.exact = len(inner) == 0 || len(inner) == 1 && inner[0].kind == texts
	for i, part := range parts {
		if part.kind != texts {
			continue
		}
		if n := (need{part.texts, where(parts, i)}); p.exact || n.tells() {
			p.needs = append(p.needs, n)
		}
	}
	p.everything = p.exact && (len(p.needs) == 0 || p.needs[0].trivial())
	slices.SortStableFunc(p.needs, func(a, b need) int { return int(b.where - a.where) }) // the cheapest first
}

// match reports whether the expression is found in name.
func (p *pattern) match(name []byte) bool {
	for i := range p.needs {
		if !p.needs[i].met(name) {
			return false
		}
	}
	return p.exact || p.re.Match(name)
}

func (n *need) met(name []byte) bool {
	for _, text := range n.texts {
		if n.where.has(name, text) {
			return true
		}
	}
	return false
}

func (p place) has(name []byte, text string) bool {
	switch p {
	case atStart:
		return len(name) >= len(text) && string(name[:len(text)]) == text
	case atEnd:
		return len(name) >= len(text) && string(name[len(name)-len(text):]) == text
	case whole:
		return string(name) == text
	default:
		return bytes.Contains(name, []byte(text))
	}
}

// where tells in what place the texts of parts[i] must be.
func where(parts []part, i int) place {
	first := i > 0 && parts[i-1].kind == begin
	last := i+1 < len(parts) && parts[i+1].kind == finish
	switch {
	case first && last:
		return whole
	case first:
		return atStart
	case last:
		return atEnd
	}
	return anywhere
}

// trivial reports whether every name meets n.
func (n *need) trivial() bool {
	return n.where != whole && slices.ContainsFunc(n.texts, func(t string) bool { return t == "" })
}

// tells reports whether n is worth a look before the expression is run.
func (n *need) tells() bool {
	short := slices.ContainsFunc(n.texts, func(t string) bool { return len(t) < 2 })
	return !n.trivial() && !(short && n.where == anywhere && len(n.texts) > 1)
}
