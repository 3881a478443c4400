// Package route decides where each point goes: ordered rules over names.
//
// A decision depends on the name alone, so it is made once for a name and
// remembered by the name's 64-bit hash in a table bounded in bytes.
package route

import (
	"bytes"
	"errors"
	"hash/maphash"
	"slices"

	"github.com/plumbago/plumbago/metric"
)

// Rule sends the names that an expression matches to destinations. Rules are
// tried in order, and the first that matches is the last to be tried, unless
// it says Continue.
type Rule struct {
	Match    string   // an RE2 expression, searched for anywhere in the name; "" matches every name
	To       []string // the names of the destinations, at least one
	Continue bool     // the rules behind this one are tried too
}

// Table is a compiled list of rules. All its methods may be called at once.
type Table struct {
	rules        []rule
	destinations []string
	seed         maphash.Seed
	decisions    decisions
	memory       memory
	constant     []int // where every name goes, if needsNames is false
	needsNames   bool
}

// rule is a Rule made ready: its expression compiled, its destinations by index.
type rule struct {
	Rule
	pattern pattern
	to      []int
}

// New compiles rules whose To are among destinations. It fails with everything
// that Check finds.
func New(rules []Rule, destinations []string) (*Table, error) {
	var errs []error
	for _, e := range Check(rules, destinations) {
		errs = append(errs, e)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	t := &Table{destinations: slices.Clone(destinations), seed: maphash.MakeSeed()}
	for _, r := range rules {
		p, _ := compile(r.Match)
		t.rules = append(t.rules, rule{Rule: r, pattern: p, to: indexes(r.To, destinations)})
	}
	t.needsNames = t.looksAtNames()
	if !t.needsNames {
		t.constant = t.decide(nil)
	}
	t.memory.init()
	return t, nil
}

// looksAtNames reports whether some rule that can be reached does not match everything.
func (t *Table) looksAtNames() bool {
	for _, r := range t.rules {
		if !r.pattern.everything {
			return true
		}
		if !r.Continue {
			return false
		}
	}
	return false
}

// Route hands the lines of b to emit, once for each destination that they go to
// (an index into the destinations of New), and returns how many points no rule
// matched. Consecutive lines with the same decision are one run; for each
// destination the runs come in the order of the lines. The runs alias b and emit
// is called before Route returns.
func (t *Table) Route(b metric.Batch, emit func(dest int, run metric.Batch)) (unrouted int) {
	if b.Points == 0 {
		return 0
	}
	if !t.needsNames {
		return send(t.constant, b, emit)
	}
	slots := t.memory.slots()
	var run metric.Batch  // its Lines begin where the run does and reach to the end of b
	var decided = unknown // the decision of the run
	var to []int          // and where it sends
	rest := b.Lines
	for len(rest) > 0 {
		name := rest[:bytes.IndexByte(rest, ' ')]
		var fresh []int
		hash := maphash.Bytes(t.seed, name)
		d := slots.recall(hash)
		if d == unknown {
			d, fresh = t.learn(name, hash)
		}
		if d != decided || d == unknown {
			unrouted += flush(to, run, rest, emit)
			run, decided, to = metric.Batch{Lines: rest}, d, fresh
			if d != unknown {
				to = t.decisions.at(d)
			}
		}
		run.Points++
		rest = rest[len(name)+1:]
		rest = rest[bytes.IndexByte(rest, '\n')+1:]
	}
	return unrouted + flush(to, run, nil, emit)
}

// flush sends the run that ends where rest begins.
func flush(to []int, run metric.Batch, rest []byte, emit func(int, metric.Batch)) (unrouted int) {
	if run.Points == 0 {
		return 0
	}
	n := len(run.Lines) - len(rest)
	run.Lines = run.Lines[:n:n]
	return send(to, run, emit)
}

// send emits run to each of to, and returns its points if there is none.
func send(to []int, run metric.Batch, emit func(int, metric.Batch)) (unrouted int) {
	if len(to) == 0 {
		return run.Points
	}
	for _, dest := range to {
		emit(dest, run)
	}
	return 0
}

// learn decides where a name goes and remembers it.
func (t *Table) learn(name []byte, hash uint64) (decision, []int) {
	to := t.decide(name)
	d := t.decisions.intern(to)
	if d != unknown {
		t.memory.remember(hash, d)
	}
	return d, to
}

// decide asks the rules. The destinations are in the order of the rules, each once.
func (t *Table) decide(name []byte) []int {
	var to []int // not written to: it may be a rule's own
	for i := range t.rules {
		r := &t.rules[i]
		if !r.pattern.match(name) {
			continue
		}
		to = union(to, r.to)
		if !r.Continue {
			break
		}
	}
	return to
}

// union returns a with what it lacks of b behind. It changes neither, and
// allocates only if neither is the answer.
func union(a, b []int) []int {
	if len(a) == 0 {
		return b
	}
	a = slices.Clip(a)
	for _, d := range b {
		if !slices.Contains(a, d) {
			a = append(a, d)
		}
	}
	return a
}

// indexes finds each of names in destinations; one named twice counts once.
func indexes(names, destinations []string) []int {
	var to []int
	for _, n := range names {
		to = union(to, []int{slices.Index(destinations, n)})
	}
	return to
}
