// Package route decides where each point goes: lists and ordered rules over
// names, and rings that spread names over destinations.
//
// A decision depends on the name alone, so it is made once for a name and
// remembered by the name's 64-bit hash in a table bounded in bytes.
package route

import (
	"errors"
	"fmt"
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
	Tenants  []string // only points of these tenants; none: all
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

	// Quarantine is the destination of quarantined batches, whatever the rules say;
	// "" drops them.
	Quarantine string

	// Blacklist and Whitelist report whether a name is on a list; nil is no list.
	// What is on the first, or not on the second, is dropped before any rule is
	// tried. They may be called at once, and what they say of a name is
	// remembered: lists that change need a new table.
	Blacklist, Whitelist func(name []byte) bool
}

// Table is a compiled list of rules. All its methods may be called at once.
type Table struct {
	rules      []rule
	index      *index   // of the rules; nil where they are few
	targets    []string // the destinations, and behind them the pools
	pools      *pools
	blacklist  func(name []byte) bool
	whitelist  func(name []byte) bool
	seed       maphash.Seed
	places     places
	memory     memory
	views      map[string]*View // of the tenants that rules name
	everybody  *View            // of the others
	quarantine *View
	sorters    sync.Pool
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
	if q := o.Quarantine; q != "" && !slices.Contains(targets, q) {
		errs = append(errs, fmt.Errorf("route: quarantine: %s", unknownDestination(q, targets)))
	}
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
	t.index = newIndex(t.rules)
	t.memory.init(manySets, maxSets)
	t.makeViews(o.Quarantine)
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
