package route

import (
	"bytes"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
)

// pattern is an expression with what can be told about a name without running it.
type pattern struct {
	expr       matcher
	other      matcher // for names that are not ASCII or very long; nil: expr is for all names
	fold       bool    // needs and exact are about names in lower case
	needs      []need  // a name that lacks one of them does not match
	exact      bool    // and a name that has them all does: expr need not be run
	everything bool    // every name matches
}

// matcher is a compiled expression.
type matcher interface{ Match(name []byte) bool }

// need is a list of texts, one of which a matching name must hold in a certain place.
type need struct {
	texts [][]byte
	where position
}

type position int

const (
	anywhere position = iota
	atStart
	atEnd
	whole
)

// patternOf makes the pattern of a rule.
func patternOf(r Rule) (pattern, error) {
	if r.Pattern == nil {
		return compile(r.Match)
	}
	p := pattern{expr: r.Pattern}
	if expr, ok := r.Pattern.RE2(); ok {
		all, err := compile(expr)
		if err != nil {
			return p, err
		}
		p = all
	}
	if a, ok := r.Pattern.(ASCIIPattern); ok {
		if expr, ok := a.Plain(); ok {
			return p.forASCII(expr, a)
		}
	}
	return p, nil
}

// forASCII returns the pattern with an expression for names that are ASCII.
func (p pattern) forASCII(expr string, other matcher) (pattern, error) {
	plain, err := compile(expr)
	plain.other = other
	plain.everything = plain.everything && p.everything
	return plain, err
}

// mostExpression bounds an expression, in bytes: what it takes to take it apart grows
// faster than its length.
const mostExpression = 64 << 10

// compile makes a pattern of an RE2 expression. "" matches every name.
func compile(expr string) (pattern, error) {
	if len(expr) > mostExpression {
		return pattern{}, fmt.Errorf("an expression of %d bytes, and more than %d are not taken", len(expr), mostExpression)
	}
	re, err := regexp.Compile(expr)
	if err != nil {
		return pattern{}, err
	}
	parsed, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return pattern{}, err
	}
	parsed = parsed.Simplify()
	r := reader{fold: folds(parsed)}
	p := pattern{expr: re, fold: r.fold}
	if p.fold {
		p.other = re
	}
	p.read(join(strip(r.flatten(nil, parsed))), r.loose)
	return p, nil
}

// read takes from the parts of the expression what can be told without it. loose
// parts are never enough.
func (p *pattern) read(parts []part, loose bool) {
	inner := parts
	if n := len(inner); n > 0 && inner[0].kind == begin {
		inner = inner[1:]
	}
	if n := len(inner); n > 0 && inner[n-1].kind == finish {
		inner = inner[:n-1]
	}
	p.exact = !loose && (len(inner) == 0 || len(inner) == 1 && inner[0].kind == texts)
	for i, part := range parts {
		if part.kind != texts {
			continue
		}
		if n := newNeed(part.texts, where(parts, i)); p.exact || n.tells() {
			p.needs = append(p.needs, n)
		}
	}
	p.everything = p.exact && (len(p.needs) == 0 || p.needs[0].trivial())
	slices.SortStableFunc(p.needs, func(a, b need) int { return int(b.where - a.where) }) // the cheapest first
}

// match reports whether the expression is found in name, which folded has folded.
func (p *pattern) match(name, lower []byte) bool {
	look := name
	switch {
	case p.other == nil:
	case lower == nil:
		return p.other.Match(name)
	case p.fold:
		look = lower
	}
	for i := range p.needs {
		if !p.needs[i].met(look) {
			return false
		}
	}
	return p.exact || p.expr.Match(name)
}

func (n *need) met(name []byte) bool {
	for _, text := range n.texts {
		if n.where.has(name, text) {
			return true
		}
	}
	return false
}

func (p position) has(name, text []byte) bool {
	switch p {
	case atStart:
		return bytes.HasPrefix(name, text)
	case atEnd:
		return bytes.HasSuffix(name, text)
	case whole:
		return bytes.Equal(name, text)
	default:
		return bytes.Contains(name, text)
	}
}

func newNeed(texts []string, where position) need {
	n := need{where: where}
	for _, t := range texts {
		n.texts = append(n.texts, []byte(t))
	}
	return n
}

// where tells in what place the texts of parts[i] must be.
func where(parts []part, i int) position {
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
	return n.where != whole && slices.ContainsFunc(n.texts, func(t []byte) bool { return len(t) == 0 })
}

// tells reports whether n is worth a look before the expression is run.
func (n *need) tells() bool {
	short := slices.ContainsFunc(n.texts, func(t []byte) bool { return len(t) < 2 })
	return !n.trivial() && !(short && n.where == anywhere && len(n.texts) > 1)
}
