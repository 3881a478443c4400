package route

import (
	"slices"

	"github.com/plumbago/plumbago/metric"
)

// Outcome is what became of a rule when a name was looked at.
type Outcome string

// What can become of a rule.
const (
	Matched    Outcome = "matched"
	NotMatched Outcome = "not matched"
	NotForIt   Outcome = "for other tenants"
	NotReached Outcome = "not reached" // an earlier rule matched and did not continue, or a list dropped the name
)

// Verdict is one rule's say about a name.
type Verdict struct {
	Rule     int      `json:"rule"` // counted from 1
	Label    string   `json:"label,omitempty"`
	Tenants  []string `json:"tenants,omitempty"`
	Match    string   `json:"match"`
	To       []string `json:"to"`
	Continue bool     `json:"continue"`
	Outcome  Outcome  `json:"outcome"`

	By     string    `json:"by,omitempty"`     // the kind of the rule's ring, if it has one
	Meets  []Meeting `json:"meets,omitempty"`  // and, if the rule matched, where the name meets it
	Picked []string  `json:"picked,omitempty"` // and the destinations of To that it picks
}

// Meeting says where a name meets a ring.
type Meeting struct {
	Key    string   `json:"key"`    // what is hashed: the name, or one of those that the ring's Keys make of it
	Hash   int64    `json:"hash"`   // of the key
	Entry  int64    `json:"entry"`  // position of the entry it meets; elsewhere than on a consistent ring the rank of the node
	At     string   `json:"at"`     // the destination whose entry it is
	Picked []string `json:"picked"` // destinations, first choice first
}

// Explain returns every rule's verdict about a name, in order.
func (v *View) Explain(text string) []Verdict {
	list := make([]Verdict, len(v.Table.rules))
	name := []byte(text)
	lower := folded(name, new(foldBuffer))
	done := v.unlisted(name) != ""
	for i := range list {
		r := &v.Table.rules[i]
		list[i] = r.verdict(i + 1)
		switch {
		case done:
			list[i].Outcome = NotReached
		case !slices.Contains(v.rules, r):
			list[i].Outcome = NotForIt
		case r.pattern.match(name, lower):
			list[i].Outcome = Matched
			v.explainRing(&list[i], r, name)
			done = !r.Continue
		}
	}
	return list
}

// verdict is what is told of a rule that did not match.
func (r *rule) verdict(number int) Verdict {
	v := Verdict{Rule: number, Label: r.Label, Tenants: r.Tenants, Match: r.Match, To: r.To, Continue: r.Continue, Outcome: NotMatched}
	if r.By != nil {
		v.By = r.By.Kind
	}
	return v
}

func (t *Table) explainRing(v *Verdict, r *rule, name []byte) {
	if r.ring == nil {
		return
	}
	v.Picked = t.named(r.send(nil, name))
	for _, key := range r.ring.keysOf(name) {
		p := r.ring.Position(key)
		v.Meets = append(v.Meets, Meeting{
			Key: string(key), Hash: p.Hash, Entry: p.Entry, At: r.To[p.Node], Picked: t.named(r.ring.place(nil, key)),
		})
	}
}

// Destinations returns where points of a name go, in the order of the rules;
// none if Drops has a reason. Pools are called by their own names.
func (v *View) Destinations(name string) []string { return v.named(v.placeOf([]byte(name)).to) }

// Place returns what Destinations and Drops do, at once.
func (v *View) Place(name []byte) (to []string, dropped metric.Reason) {
	p := v.constant
	if p == nil {
		p = v.placeOf(name)
	}
	return v.named(p.to), p.why
}

// Drops returns why points of a name go nowhere, Blacklisted, NotWhitelisted or
// NoRoute; "" if they go somewhere.
func (v *View) Drops(name string) metric.Reason { return v.placeOf([]byte(name)).why }

// Explain is that of points without a tenant.
func (t *Table) Explain(name string) []Verdict { return t.everybody.Explain(name) }

// Destinations is that of points without a tenant.
func (t *Table) Destinations(name string) []string { return t.everybody.Destinations(name) }

// Drops is that of points without a tenant.
func (t *Table) Drops(name string) metric.Reason { return t.everybody.Drops(name) }

// named returns the names of destinations and pools.
func (t *Table) named(to []int) (list []string) {
	for _, i := range to {
		list = append(list, t.targets[i])
	}
	return list
}
