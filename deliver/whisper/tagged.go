package whisper

import (
	"context"
	"slices"
	"strings"

	"github.com/plumbago/plumbago/render"
)

// Tagged implements render.Store.
func (s *Store) Tagged(ctx context.Context, exprs []render.TagExpr, limit int) ([]string, error) {
	names, lists := s.tags.candidates(exprs)
	found := gathering{ctx: ctx, limit: limit}
	for _, one := range lists {
		if !found.alive() || !one.fits() {
			continue
		}
		for _, id := range one.ids {
			if !found.alive() || holds(exprs, names[id]) && !found.add(names[id]) {
				return nil, found.err
			}
		}
	}
	slices.Sort(found.names)
	return found.names, ctx.Err()
}

// candidates is series that have a value of a tag.
type candidates struct {
	condition *render.TagExpr // on it; nil if there is none
	value     string
	ids       []uint32 // indices of names
}

func (c candidates) fits() bool { return c.condition == nil || c.condition.Match(c.value) }

// candidates returns names, and lists of those for which the conditions may hold, none
// twice. Nothing of it changes any more.
func (x *tagIndex) candidates(exprs []render.TagExpr) (names []string, lists []candidates) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	t := x.now
	best, least := -1, len(t.names)+1
	for i, one := range exprs {
		if n := t.count(one); n < least && !one.Match("") {
			best, least = i, n
		}
	}
	if best < 0 {
		return t.names, []candidates{{ids: t.all()}}
	}
	condition := &exprs[best]
	values := t.byTag[condition.Tag]
	if condition.Op == render.TagIs {
		return t.names, []candidates{{ids: values[condition.Value]}}
	}
	for value, ids := range values {
		lists = append(lists, candidates{condition, value, ids})
	}
	return t.names, lists
}

// count is how many series must be looked at for a condition that needs its tag.
func (t *tagged) count(one render.TagExpr) (n int) {
	values := t.byTag[one.Tag]
	if one.Op == render.TagIs {
		return len(values[one.Value])
	}
	for _, ids := range values {
		n += len(ids)
	}
	return n
}

func (t *tagged) all() []uint32 {
	ids := make([]uint32, len(t.names))
	for i := range ids {
		ids[i] = uint32(i)
	}
	return ids
}

// holds reports whether all conditions hold for a series.
func holds(exprs []render.TagExpr, series string) bool {
	for _, x := range exprs {
		if !x.Match(tagOf(series, x.Tag)) {
			return false
		}
	}
	return true
}

// tagOf is the value of a tag of a series with a canonical name, "" if there is none.
func tagOf(series, tag string) (value string) {
	name, rest, more := strings.Cut(series, ";")
	if tag == "name" {
		return strings.TrimLeft(name, "~")
	}
	for more {
		var one string
		one, rest, more = strings.Cut(rest, ";")
		if key, v, ok := strings.Cut(one, "="); ok && key == tag {
			value = v
		}
	}
	return value
}
