// Package mapping turns dotted names of metrics into names with labels, by rules as
// graphite_exporter and statsd_exporter have them in their files.
package mapping

import (
	"regexp"
	"strings"
)

// Rules are the rules of a file. Use does not change them: all may use them at once.
type Rules struct {
	StrictMatch bool // names that no rule matches are not wanted

	// Notes say what of the file does nothing here, a sentence each.
	Notes []string

	globs   *node   // nil: there are none
	ordered bool    // of globs that match, the first of the file is meant
	regexes []*rule // in the order of the file; tried when no glob matches
}

// Label is a label of a metric.
type Label struct{ Name, Value string }

// Outcome is what the rules make of a name. Neither Name nor the labels' values are
// held to what Prometheus allows.
type Outcome struct {
	Matched bool // by a rule; if not, the rest is of no use
	Drop    bool
	Name    string
	Labels  []Label // sorted by name; each name is a good one
	Honor   bool    // labels that the metric has already win over these
	Scale   float64 // by which values are multiplied
	Help    string
}

// rule is one entry of a file.
type rule struct {
	order  int
	globs  []int          // places of the nodes that * stands for; of a glob
	regex  *regexp.Regexp // nil: it is a glob
	drop   bool
	honor  bool
	scale  float64
	help   string
	name   template
	labels []labelTemplate
}

type labelTemplate struct {
	name  string
	value template
}

// Map applies the rules to the name of a metric, without its tags. Nil rules match
// nothing.
func (r *Rules) Map(name string) Outcome {
	if r == nil {
		return Outcome{}
	}
	if r.globs != nil {
		nodes := strings.Split(name, ".")
		if found := r.globs.find(nodes, r.ordered); found != nil {
			return found.outcome(func(t template) string { return t.glob(nodes, found.globs) })
		}
	}
	for _, one := range r.regexes {
		if at := one.regex.FindStringSubmatchIndex(name); at != nil {
			return one.outcome(func(t template) string { return string(one.regex.ExpandString(nil, t.text, name, at)) })
		}
	}
	return Outcome{}
}

func (r *rule) outcome(expand func(template) string) Outcome {
	if r.drop {
		return Outcome{Matched: true, Drop: true}
	}
	o := Outcome{Matched: true, Name: expand(r.name), Honor: r.honor, Scale: r.scale, Help: r.help}
	for _, l := range r.labels {
		o.Labels = append(o.Labels, Label{l.name, expand(l.value)})
	}
	return o
}
