// Package render answers the questions that Graphite's dashboards ask: which
// series there are, and what a target, an expression over them, is worth.
package render

import (
	"context"
	"errors"
)

// Store is where the series are kept. Its methods may be called at once, and
// return soon after their context is done. An error that wraps ErrTooMany is told
// to who asked; any other is logged.
type Store interface {
	// Find returns the nodes whose paths a pattern names, each once, in any order.
	// The pattern is one that glob.Path can read; ** in it stands for any number of
	// nodes, at its end for one at least. A path that is both a series and the
	// beginning of others is two nodes. A pattern with a semicolon is the name of
	// one series with tags. If there are more than limit, the error wraps ErrTooMany.
	Find(ctx context.Context, pattern string, limit int) ([]Node, error)

	// Fetch reads series by name, in any order; names that it does not know, and
	// series whose archives reach nowhere into r, are left out. The step is that of
	// the finest archive reaching from r.From to r.Now. Points that are on their
	// way to the disk are in it. The caller owns what is returned. If that would be
	// more than r.Most values, the error wraps ErrTooMany, before there is memory for
	// many more.
	Fetch(ctx context.Context, names []string, r Range) ([]Series, error)

	// Tagged returns the canonical names of the series with tags for which every
	// expression holds, sorted: all of them, if there is no expression. The tag
	// called name is the name without its tags, and a tag that a series lacks is
	// empty. If there are more than limit, the error wraps ErrTooMany.
	Tagged(ctx context.Context, exprs []TagExpr, limit int) ([]string, error)

	// Names returns the names of all series, sorted. If there are more than limit,
	// the error wraps ErrTooMany.
	Names(ctx context.Context, limit int) ([]string, error)

	// Search returns names of series that hold every one of words, as a person types
	// them: lower-case, and found in any letter case. It stops looking when it has
	// found limit; it may return them in any order.
	Search(ctx context.Context, words []string, limit int) ([]string, error)
}

// ErrNoStore says that no series are kept here at all. An error that wraps it is told
// to who asked.
var ErrNoStore = errors.New("no series are kept here")

// ErrTooMany says that an answer would be larger than its limit.
var ErrTooMany = errors.New("too many series")

// Node is a step in the tree of names.
type Node struct {
	Path string
	Leaf bool // a series, not a beginning of names
}

// Range is a time after From and up to Until, seen from Now, in Unix seconds. Now
// decides which archives reach far enough back.
type Range struct {
	From, Until, Now int64
	Most             int // values of all series together; 0: they are not bounded
}

// Series is values that follow each other: the first belongs to From, the next to
// From+Step, and so on up to Until, which is not in it. NaN stands for unknown.
type Series struct {
	Name              string
	From, Until, Step int64
	Values            []float64
}
