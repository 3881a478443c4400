package render

import (
	"strings"

	"github.com/plumbago/plumbago/internal/pyregex"
)

// TagExpr is a condition on one tag. ParseTagExpr makes it.
type TagExpr struct {
	Tag   string
	Op    TagOp
	Value string // as written: a text, or an expression that the value begins with
	re    *pyregex.Regexp
}

// TagOp is how a tag is compared.
type TagOp string

// The comparisons.
const (
	TagIs        TagOp = "="
	TagIsNot     TagOp = "!="
	TagMatches   TagOp = "=~"
	TagMatchesNo TagOp = "!=~"
)

// ParseTagExpr reads tag=value, tag!=value, tag=~expression or tag!=~expression.
func ParseTagExpr(text string) (TagExpr, error) {
	i := strings.IndexAny(text, "!=;")
	if i < 1 || strings.Contains(text, ";") {
		return TagExpr{}, faultf("%q is no condition on a tag: tag=value, tag!=value, tag=~expression or tag!=~expression", text)
	}
	x := TagExpr{Tag: text[:i]}
	for _, op := range []TagOp{TagMatchesNo, TagMatches, TagIsNot, TagIs} {
		if value, ok := strings.CutPrefix(text[i:], string(op)); ok {
			x.Op, x.Value = op, value
			return x, x.compile()
		}
	}
	return TagExpr{}, faultf("%q is no condition on a tag: = is missing", text)
}

func (x *TagExpr) compile() error {
	if x.Op != TagMatches && x.Op != TagMatchesNo {
		return nil
	}
	var err error
	if x.re, err = pyregex.Compile(x.Value, pyregex.Options{Anchored: true}); err != nil {
		return faultf("the condition on the tag %q: %v", x.Tag, err)
	}
	return nil
}

// Match reports whether the condition holds for a value; that of a series without
// the tag is empty.
func (x TagExpr) Match(value string) bool {
	switch x.Op {
	case TagIs:
		return value == x.Value
	case TagIsNot:
		return value != x.Value
	}
	// One that has taken too long once is not tried again: see checkTime.
	matches := x.re.Overruns() == 0 && x.re.Match([]byte(value))
	return matches == (x.Op == TagMatches)
}

// checkTime returns an error if one of the conditions took too long, so that what was
// found by it means nothing.
func checkTime(exprs []TagExpr) error {
	for _, x := range exprs {
		if x.re != nil && x.re.Overruns() > 0 {
			return slow(x.re)
		}
	}
	return nil
}

// Tags returns the tags of a series by its canonical name, the one called name
// among them, or nil if it has none that can be read.
func Tags(name string) map[string]string {
	if !strings.Contains(name, ";") {
		return nil
	}
	return readTags(name)
}

// tagExprs reads conditions of which one must need its tag, so that not all series
// are meant.
func tagExprs(texts []string) ([]TagExpr, error) {
	exprs := make([]TagExpr, len(texts))
	narrow := false
	for i, text := range texts {
		x, err := ParseTagExpr(text)
		if err != nil {
			return nil, err
		}
		exprs[i] = x
		narrow = narrow || !x.Match("")
	}
	if !narrow {
		return nil, faultf("no condition needs a tag to be there: at least one must not hold for an empty value")
	}
	return exprs, nil
}
