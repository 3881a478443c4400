package route

import (
	"hash/maphash"
	"slices"

	"github.com/plumbago/plumbago/metric"
)

// View is a table as the points of one tenant see it: with the rules that are for
// them. All its methods may be called at once.
type View struct {
	*Table
	rules    []*rule
	always   []int  // those of Table.rules that the index does not know
	constant *place // where every name goes; nil if the names must be looked at
	salt     uint64 // keeps its names apart from other tenants' in the memory
}

// For returns how the table looks to points of a tenant, "" being those without.
func (t *Table) For(tenant string) *View {
	if v, ok := t.views[tenant]; ok {
		return v
	}
	return t.everybody
}

// ViewOf returns the view that a batch is routed by.
func (t *Table) ViewOf(b metric.Batch) *View {
	if b.Quarantined {
		return t.quarantine
	}
	if len(t.views) == 0 {
		return t.everybody
	}
	return t.For(b.Tenant)
}

// makeViews makes a view for each tenant that a rule names, and one for all others.
func (t *Table) makeViews(quarantine string) {
	t.everybody = t.newView("")
	t.views = map[string]*View{}
	for _, r := range t.rules {
		for _, tenant := range r.Tenants {
			if t.views[tenant] == nil {
				t.views[tenant] = t.newView(tenant)
			}
		}
	}
	t.quarantine = &View{Table: t, constant: &place{why: metric.NoRoute}}
	if quarantine != "" {
		t.quarantine.constant = &place{to: indexes([]string{quarantine}, t.targets)}
	}
}

func (t *Table) newView(tenant string) *View {
	v := &View{Table: t, salt: maphash.String(t.seed, tenant)}
	for i := range t.rules {
		if r := &t.rules[i]; r.isFor(tenant) {
			v.rules = append(v.rules, r)
			if t.index != nil && !t.index.of[i] {
				v.always = append(v.always, i)
			}
		}
	}
	if !v.looksAtNames() {
		v.constant = v.placeOf(nil)
	}
	return v
}

// isFor reports whether the rule is for points of a tenant.
func (r *rule) isFor(tenant string) bool {
	return len(r.Tenants) == 0 || slices.Contains(r.Tenants, tenant)
}

// looksAtNames reports whether names can make a difference.
func (v *View) looksAtNames() bool {
	if v.blacklist != nil || v.whitelist != nil {
		return true
	}
	for _, r := range v.rules {
		if !r.pattern.everything || r.ring != nil {
			return true
		}
		if !r.Continue {
			return false
		}
	}
	return false
}

// learn decides where a name goes and remembers it.
func (v *View) learn(name []byte, hash uint64) (decision, *place) {
	var buf [16]int
	to, why := v.decide(buf[:0], name)
	d, p := v.places.intern(to, why)
	if d != unknown {
		v.memory.remember(hash, d)
	}
	return d, p
}

// placeOf decides where a name goes.
func (v *View) placeOf(name []byte) *place {
	to, why := v.decide(nil, name)
	return &place{to, why}
}

// decide asks the lists and the rules. It appends the destinations in the order
// of the rules, each once, or tells why there are none.
func (v *View) decide(to []int, name []byte) ([]int, metric.Reason) {
	if why := v.unlisted(name); why != "" {
		return to, why
	}
	var buf foldBuffer
	lower := folded(name, &buf)
	var found [32]int
	w := v.walk(found[:0], lower)
	for r := w.next(); r != nil; r = w.next() {
		if !r.pattern.match(name, lower) {
			continue
		}
		to = r.send(to, name)
		if !r.Continue {
			break
		}
	}
	if len(to) == 0 {
		return to, metric.NoRoute
	}
	return to, ""
}
