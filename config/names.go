package config

import (
	"regexp"
	"regexp/syntax"
	"time"

	"github.com/plumbago/plumbago/internal/tidy"
)

// Names is a policy for names and times: for each fault a point can have, whether
// it passes all the same, is mended (fix), goes to the quarantine, or is dropped
// and counted. Of two faults the graver action counts.
type Names struct {
	// Allowed lists the characters that names may have, as between the brackets of a
	// regular expression; the separators of tags are allowed anyway. Default
	// a-zA-Z0-9:._$%#=\-\[\]{}", which all mean themselves to carbon. With characters.
	Allowed string `yaml:"allowed" like:"a-zA-Z0-9_.-"`

	// Characters is for names with others: pass, fix (an underscore in place of each
	// run of them), quarantine or drop. Default pass.
	Characters string `yaml:"characters" like:"fix" one:"pass fix quarantine drop"`

	// Dots is for leading, trailing and double dots: pass, fix (they go), quarantine
	// or drop. Default pass.
	Dots string `yaml:"dots" like:"fix" one:"pass fix quarantine drop"`

	// MaxLength is the longest name with its tags, in bytes. Default 1KiB. With length.
	MaxLength Size `yaml:"max_length" like:"1KiB" min:"16" max:"16MiB"`

	// Length is for longer names: pass, fix (they are cut), quarantine or drop.
	// Default pass.
	Length string `yaml:"length" like:"drop" one:"pass fix quarantine drop"`

	// Tags is for tags without a name or value, or of a form that Graphite does not
	// take: pass, fix (they are left out), quarantine or drop. Default pass.
	Tags string `yaml:"tags" like:"fix" one:"pass fix quarantine drop"`

	// MaxAge is how far back a point's time may lie. 0, the default, is any. With age.
	MaxAge time.Duration `yaml:"max_age" like:"7d"`

	// MaxAhead is how far ahead a point's time may lie. 0, the default, is any. With age.
	MaxAhead time.Duration `yaml:"max_ahead" like:"1h"`

	// Age is for times beyond them: pass, fix (the time becomes now), quarantine or
	// drop. Default pass.
	Age string `yaml:"age" like:"drop" one:"pass fix quarantine drop"`
}

func (n *Names) defaults(*Config) {
	n.MaxLength = 1 << 10
	for _, a := range n.actions() {
		*a.value = "pass"
	}
}

// action is what a policy does about one kind of fault.
type action struct {
	key   string
	value *string
}

func (n *Names) actions() []action {
	return []action{
		{"characters", &n.Characters}, {"dots", &n.Dots}, {"length", &n.Length}, {"tags", &n.Tags}, {"age", &n.Age},
	}
}

// Policy returns the policy as the code that applies it takes it.
func (n *Names) Policy() tidy.Options {
	actions := map[string]tidy.Action{"pass": tidy.Pass, "fix": tidy.Fix, "quarantine": tidy.Quarantine, "drop": tidy.Drop}
	return tidy.Options{
		Allowed: n.Allowed, Characters: actions[n.Characters],
		Dots:      actions[n.Dots],
		MaxLength: int(n.MaxLength), Length: actions[n.Length],
		Tags:   actions[n.Tags],
		MaxAge: n.MaxAge, MaxAhead: n.MaxAhead, Age: actions[n.Age],
	}
}

func (d *decoder) checkNames(path string, n *Names) {
	if n == nil {
		return
	}
	before := len(d.errs)
	if s, ok := d.spots[path+".allowed"]; ok {
		d.checkAllowed(s, n)
	}
	d.checkNeeds(path, "allowed", "characters", "fix")
	d.checkNeeds(path, "max_length", "length", "drop")
	d.checkNeeds(path, "max_age", "age", "drop")
	d.checkNeeds(path, "max_ahead", "age", "drop")
	if n.Age != "pass" && !d.given[path+".max_ahead"] {
		d.checkNeeds(path, "age", "max_age", "7d")
	}
	if d.noteActions(path, n) && len(d.errs) == before {
		d.problem(d.spots[path], "names: nothing is done about any fault; say what to do, like {characters: fix}, or leave it out")
	}
}

// noteActions notes what a policy puts in quarantine, and reports whether it does
// nothing at all.
func (d *decoder) noteActions(path string, n *Names) (idle bool) {
	idle = true
	for _, a := range n.actions() {
		s, ok := d.spots[path+"."+a.key]
		if ok && *a.value == "quarantine" {
			d.quarantines = append(d.quarantines, s)
		}
		idle = idle && *a.value == "pass"
	}
	return idle
}

func (d *decoder) checkAllowed(s spot, n *Names) {
	class := "[" + n.Allowed + "]"
	re, err := syntax.Parse(class+"+", syntax.Perl)
	switch {
	case err != nil || re.Op != syntax.OpPlus: // the plus is of the whole only if that is one class
		d.problem(s, `allowed: want what stands between the brackets of a regular expression, like a-zA-Z0-9_.-, got %s; `+
			`put \ before each of \ [ ] - ^ that stands for itself`, s.show())
	case n.Characters == "fix" && !regexp.MustCompile(class).MatchString("_"):
		d.problem(s, "allowed: the underscore is not among them, which fix puts in place of others; add _")
	}
}
