package route

// Outcome is what became of a rule when a name was looked at.
type Outcome string

// What can become of a rule.
const (
	Matched    Outcome = "matched"
	NotMatched Outcome = "not matched"
	NotReached Outcome = "not reached" // an earlier rule matched and did not continue
)

// Verdict is one rule's say about a name.
type Verdict struct {
	Rule     int      `json:"rule"` // counted from 1
	Match    string   `json:"match"`
	To       []string `json:"to"`
	Continue bool     `json:"continue"`
	Outcome  Outcome  `json:"outcome"`
}

// Explain returns every rule's verdict about a name, in order.
func (t *Table) Explain(name string) []Verdict {
	list := make([]Verdict, len(t.rules))
	done := false
	for i, r := range t.rules {
		list[i] = Verdict{i + 1, r.Match, r.To, r.Continue, NotMatched}
		switch {
		case done:
			list[i].Outcome = NotReached
		case r.pattern.match([]byte(name)):
			list[i].Outcome = Matched
			done = !r.Continue
		}
	}
	return list
}

// Destinations returns where points of a name go, in the order of the rules;
// none if no rule matches.
func (t *Table) Destinations(name string) []string {
	var list []string
	for _, i := range t.decide([]byte(name)) {
		list = append(list, t.destinations[i])
	}
	return list
}
