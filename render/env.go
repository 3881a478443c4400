package render

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/plumbago/plumbago/internal/glob"
)

// env is what targets are calculated in. Those of one question share what was read
// and what may still be spent; a function that looks at another time does so in a
// copy.
type env struct {
	ctx              context.Context
	store            Store
	functions        map[string]*function
	limits           Limits
	from, until, now time.Time
	xff              float64
	shared           *shared
}

// shared is what all copies of an env have in common.
type shared struct {
	found          map[string][]string // names by pattern or call
	fetched        map[Range]map[string]Series
	series, points int // that may still be made
}

// evaluate calculates the targets one after the other.
func (e *env) evaluate(targets []string) (list []*series, err error) {
	for _, t := range targets {
		if strings.TrimSpace(t) == "" {
			continue
		}
		if len(t) > e.limits.Length {
			return nil, faultf("a target is longer than %d bytes", e.limits.Length)
		}
		x, err := parse(t, e.limits.Depth)
		if err != nil {
			return nil, err
		}
		more, err := e.list(x)
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
	}
	return list, nil
}

// list calculates x where series must come of it.
func (e *env) list(x *expr) ([]*series, error) {
	if err := e.ctx.Err(); err != nil {
		return nil, err
	}
	switch x.kind {
	case exprPath:
		return e.read(x.text, x.text, e.findLeaves)
	case exprCall:
		return e.call(x)
	}
	return nil, faultf("series are needed, not %s", x.text)
}

// callCost is what a call costs even if nothing comes of it: those that calculate
// their argument twice, one within the other, are many calls.
const callCost = 64

func (e *env) call(x *expr) ([]*series, error) {
	if err := e.spendPoints(callCost); err != nil {
		return nil, err
	}
	f, err := lookup(e.functions, x.text)
	if err != nil {
		return nil, err
	}
	c, err := e.bind(f, x)
	if err != nil {
		return nil, err
	}
	list, err := f.run(c)
	if err != nil {
		return nil, inFunction(x.text, err)
	}
	return list, e.spend(list)
}

// at is e for another time. What is read there is remembered too.
func (e *env) at(from, until time.Time) (*env, error) {
	if from.Year() < 1 || until.Year() > 9999 {
		return nil, faultf("the time from %d to %d is none that a calendar has", from.Unix(), until.Unix())
	}
	other := *e
	other.from, other.until = from, until
	return &other, nil
}

// spend counts what a function has made against the limit.
func (e *env) spend(list []*series) error {
	n := 0
	for _, s := range list {
		n += len(s.values) + inPoints(s.name)
	}
	return e.spendPoints(n)
}

// inPoints is what a text costs: with many series, names of names can take more
// room than the values.
func inPoints(text string) int { return len(text) / 8 }

// name renames s, for a name of which a target may say how long it is.
func (e *env) name(s *series, name string) error {
	s.name = name
	return e.spendPoints(inPoints(name))
}

// spendPoints is called before points are made, wherever a target may say how many.
func (e *env) spendPoints(n int) error {
	if n < 0 || n > e.shared.points {
		return e.tooManyPoints()
	}
	e.shared.points -= n
	return nil
}

func (e *env) tooManyPoints() error {
	return faultf("the targets need more than %d points: ask for less series, a shorter time or wider intervals", e.limits.Points)
}

// read fetches the series that finder finds for a pattern or a call. Each
// time it makes new ones, as functions change what they are given.
func (e *env) read(path, key string, finder func(string) ([]string, error)) ([]*series, error) {
	names, ok := e.shared.found[key]
	if !ok {
		var err error
		if names, err = finder(path); err != nil {
			return nil, err
		}
		e.shared.found[key] = names
	}
	if e.shared.series -= len(names); e.shared.series < 0 {
		return nil, faultf("the targets need more than %d series", e.limits.Series)
	}
	fetched, err := e.fetch(names)
	if err != nil {
		return nil, err
	}
	list := make([]*series, 0, len(names))
	for _, name := range names {
		if s, ok := fetched[name]; ok {
			list = append(list, e.copyOf(s, key))
		}
	}
	return list, e.spend(list)
}

func (e *env) copyOf(s Series, path string) *series {
	return &series{
		name: s.Name, path: path, from: s.From, until: s.Until, step: s.Step,
		values: slices.Clone(s.Values), tags: tagsOf(s.Name), consolidate: "average", xff: e.xff,
	}
}

// fetchAtOnce is how many series are read before their points are counted.
const fetchAtOnce = 128

// fetch returns the series of e's time by name, those of names among them.
func (e *env) fetch(names []string) (map[string]Series, error) {
	r := Range{From: e.from.Unix(), Until: e.until.Unix(), Now: e.now.Unix()}
	have := e.shared.fetched[r]
	if have == nil {
		have = map[string]Series{}
		e.shared.fetched[r] = have
	}
	missing := slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		_, ok := have[name]
		return ok
	})
	if len(missing) == 0 {
		return have, nil
	}
	for some := range slices.Chunk(missing, fetchAtOnce) {
		r.Most = max(e.shared.points, 1)
		list, err := e.store.Fetch(e.ctx, some, r)
		if errors.Is(err, ErrTooMany) {
			err = e.tooManyPoints()
		}
		if err != nil {
			return nil, err
		}
		for _, s := range list {
			if err := e.spendPoints(len(s.Values)); err != nil {
				return nil, err
			}
			if s.Step > 0 {
				have[s.Name] = s
			}
		}
	}
	return have, nil
}

// findLeaves finds the series that a pattern names, in order.
func (e *env) findLeaves(pattern string) ([]string, error) {
	nodes, err := find(e.ctx, e.store, search{pattern, e.limits.Nodes})
	if err != nil {
		return nil, err
	}
	names := map[string]struct{}{}
	for _, n := range nodes {
		if n.Leaf {
			names[n.Path] = struct{}{}
		}
	}
	return slices.Sorted(maps.Keys(names)), nil
}

// search is a pattern, and how many nodes it may find.
type search struct {
	pattern string
	limit   int
}

// find asks a store, if the pattern can be read.
func find(ctx context.Context, store Store, s search) ([]Node, error) {
	if _, err := glob.Path(s.pattern); err != nil {
		return nil, faultf("the pattern %.100q: %v", s.pattern, err)
	}
	return store.Find(ctx, s.pattern, s.limit)
}

// tagged reads the series that a call of seriesByTag asks for.
func (e *env) tagged(raw string, texts []string) ([]*series, error) {
	exprs, err := tagExprs(texts)
	if err != nil {
		return nil, err
	}
	return e.read(raw, raw, func(string) ([]string, error) {
		names, err := e.store.Tagged(e.ctx, exprs, e.limits.Series)
		return names, cmp.Or(checkTime(exprs), err)
	})
}

// series makes a series that is not read from the store.
func (e *env) series(name string, values []float64) *series {
	return &series{
		name: name, path: name, from: e.from.Unix(), until: e.until.Unix(),
		values: values, tags: tagsOf(name), consolidate: "average", xff: e.xff,
	}
}
