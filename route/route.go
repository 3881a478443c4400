// Package route decides where each point goes: lists and ordered rules over
// names, and rings that spread names over destinations.
//
// A decision depends on the name alone, so it is made once for a name and
// remembered by the name's 64-bit hash in a table bounded in bytes.
package route

import (
	"errors"
	"hash/maphash"
	"slices"
	"sync"

	"github.com/plumbago/plumbago/metric"
)

// Rule sends the names that an expression matches to destinations. Rules are
// tried in order, and the first that matches is the last to be tried, unless it
// says Continue.
type Rule struct {
	Label    string   // what Explain and errors call the rule besides its number; may be empty
	Match    string   // an RE2 expression, searched for anywhere in the name; "" matches every name
	Pattern  Pattern  // instead of Match, which is then only shown
	To       []string // the names of the destinations, at least one
	By       *Ring    // picks some of To for each name; nil: a point goes to all of them
	Continue bool     // the rules behind this one are tried too
}

// Pattern is an expression of another language than RE2. Its methods may be
// called at once, and always answer alike.
type Pattern interface {
	// Match reports whether the expression is found anywhere in name, which it does not keep.
	Match(name []byte) bool
	// RE2 returns an RE2 expression that matches the same names, if there is one.
	RE2() (string, bool)
}

// ASCIIPattern is a Pattern that RE2 can say, or say in simpler words, for names
// that are ASCII.
type ASCIIPattern interface {
	Pattern
	// Plain returns an RE2 expression that matches the same of the ASCII names, if there is one.
	Plain() (string, bool)
}

// Options is what a table is made of.
type Options struct {
	Rules        []Rule
	Destinations []string // what rules may name
	Pools        []Pool   // and these

	// Waiting returns how many points wait for a destination, for the choice of a
	// pool's member. It may be called at once, and for each run. nil: the members of
	// pools take turns.
	Waiting func(dest int) int

	// Blacklist and Whitelist report whether a name is on a list; nil is no list.
	// What is on the first, or not on the second, is dropped before any rule is
	// tried. They may be called at once, and what they say of a name is
	// remembered: lists that change need a new table.
	Blacklist, Whitelist func(name []byte) bool
}

// Table is a compiled list of rules. All its methods may be called at once.
type Table struct {
	rules     []rule
	targets   []string // the destinations, and behind them the pools
	pools     *pools
	blacklist func(name []byte) bool
	whitelist func(name []byte) bool
	seed      maphash.Seed
	places    places
	memory    memory
	constant  *place // where every name goes; nil if the names must be looked at
	sorters   sync.Pool
}

// rule is a Rule made ready: its expression compiled, its targets by index.
type rule struct {
	Rule
	pattern pattern
	ring    *ring // nil: names go to all of to
	to      []int
}

// New makes a table. It fails with everything that Check finds.
func New(o Options) (*Table, error) {
	var errs []error
	pools, err := makePools(o)
	if err != nil {
		errs = append(errs, err)
	}
	targets := o.targets()
	for _, e := range Check(o.Rules, targets) {
		errs = append(errs, e)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	t := &Table{targets: targets, pools: pools, seed: maphash.MakeSeed(), blacklist: o.Blacklist, whitelist: o.Whitelist}
	for _, r := range o.Rules {
		t.rules = append(t.rules, ready(r, targets))
	}
	if !t.looksAtNames() {
		t.constant = t.placeOf(nil)
	}
	t.memory.init()
	t.sorters.New = func() any { return newSorter(t.pools, len(targets)) }
	return t, nil
}

// ready compiles a rule that Check finds nothing wrong with.
func ready(r Rule, destinations []string) rule {
	p, _ := patternOf(r)
	ready := rule{Rule: r, pattern: p, to: indexes(r.To, destinations)}
	if r.By != nil {
		ready.ring, _ = r.By.make(r.To, destinations)
	}
	return ready
}

// looksAtNames reports whether names can make a difference.
func (t *Table) looksAtNames() bool {
	if t.blacklist != nil || t.whitelist != nil {
		return true
	}
	for _, r := range t.rules {
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
func (t *Table) learn(name []byte, hash uint64) (decision, *place) {
	var buf [16]int
	to, why := t.decide(buf[:0], name)
	d, p := t.places.intern(to, why)
	if d != unknown {
		t.memory.remember(hash, d)
	}
	return d, p
}

// placeOf decides where a name goes.
func (t *Table) placeOf(name []byte) *place {
	to, why := t.decide(nil, name)
	return &place{to, why}
}

// decide asks the lists and the rules. It appends the destinations in the order
// of the rules, each once, or tells why there are none.
func (t *Table) decide(to []int, name []byte) ([]int, metric.Reason) {
	if why := t.unlisted(name); why != "" {
		return to, why
	}
	var buf foldBuffer
	lower := folded(name, &buf)
	for i := range t.rules {
		r := &t.rules[i]
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

// unlisted says why the lists drop a name; "" if they do not.
func (t *Table) unlisted(name []byte) metric.Reason {
	switch {
	case t.blacklist != nil && t.blacklist(name):
		return metric.Blacklisted
	case t.whitelist != nil && !t.whitelist(name):
		return metric.NotWhitelisted
	}
	return ""
}

// send appends where the rule sends a name that it matches.
func (r *rule) send(to []int, name []byte) []int {
	if r.ring != nil {
		return r.ring.send(to, name)
	}
	for _, dest := range r.to {
		to = appendOnce(to, dest)
	}
	return to
}

func appendOnce(to []int, dest int) []int {
	if slices.Contains(to, dest) {
		return to
	}
	return append(to, dest)
}

// indexes finds each of names in destinations; one named twice counts once.
func indexes(names, destinations []string) (to []int) {
	for _, n := range names {
		to = appendOnce(to, slices.Index(destinations, n))
	}
	return to
}
