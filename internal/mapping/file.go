package mapping

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// file is a file of rules.
type file struct {
	Defaults struct {
		MatchType   string `yaml:"match_type"`
		Unordered   bool   `yaml:"glob_disable_ordering"`
		HonorLabels bool   `yaml:"honor_labels"`
	} `yaml:"defaults"`
	StrictMatch bool    `yaml:"strict_match"`
	Mappings    []entry `yaml:"mappings"`
}

// entry is a rule as it stands in a file.
type entry struct {
	Match       string            `yaml:"match"`
	Name        string            `yaml:"name"`
	Labels      map[string]string `yaml:"labels"`
	MatchType   string            `yaml:"match_type"`
	Action      string            `yaml:"action"`
	MetricType  string            `yaml:"match_metric_type"`
	Help        string            `yaml:"help"`
	HonorLabels bool              `yaml:"honor_labels"`
	Scale       *float64          `yaml:"scale"`
}

// Parse reads a file of rules. Its error says which rule is wrong.
func Parse(data []byte) (*Rules, error) {
	var f file
	if err := yaml.Unmarshal(data, &f); err != nil {
		return nil, errors.New(strings.TrimSpace(yaml.FormatError(err, false, false)))
	}
	r := &Rules{StrictMatch: f.StrictMatch, ordered: !f.Defaults.Unordered, Notes: idle(data)}
	for i, e := range f.Mappings {
		if e.MatchType == "" {
			e.MatchType = f.Defaults.MatchType
		}
		e.HonorLabels = e.HonorLabels || f.Defaults.HonorLabels
		if err := r.add(i, e); err != nil {
			return nil, fmt.Errorf("rule %d (match: %q): %w", i+1, e.Match, err)
		}
	}
	return r, nil
}

// add adds a rule. Points of Graphite are gauges to these files: rules for other
// types match none.
func (r *Rules) add(order int, e entry) error {
	one, err := e.rule(order)
	if err != nil {
		return err
	}
	if e.MetricType != "" && e.MetricType != "gauge" {
		r.Notes = append(r.Notes, fmt.Sprintf("rule %d does nothing: it is for metrics of type %s, and points of Graphite are gauges", order+1, e.MetricType))
		return nil
	}
	switch e.MatchType {
	case "", "glob":
		nodes := strings.Split(e.Match, ".")
		if why := fault(nodes); why != "" {
			return errors.New("match: " + why)
		}
		if r.globs == nil {
			r.globs = &node{}
		}
		one.globs = wildcards(nodes)
		r.globs.add(nodes, one)
	case "regex":
		if one.regex, err = regexp.Compile(e.Match); err != nil {
			return fmt.Errorf("match: %w", err)
		}
		r.regexes = append(r.regexes, one)
	default:
		return fmt.Errorf("match_type: want glob or regex, got %q", e.MatchType)
	}
	return nil
}

var (
	nameForm  = regexp.MustCompile(`^([a-zA-Z_:]|\$\{?\w+\}?)([a-zA-Z0-9_:]|\$\{?\w+\}?)*$`)
	labelForm = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)
)

// rule is the rule without what it matches.
func (e entry) rule(order int) (*rule, error) {
	one := &rule{order: order, drop: e.Action == "drop", honor: e.HonorLabels, scale: 1, help: e.Help, name: newTemplate(e.Name)}
	if e.Scale != nil {
		one.scale = *e.Scale
	}
	switch {
	case e.Action != "" && e.Action != "map" && e.Action != "drop":
		return nil, fmt.Errorf("action: want map or drop, got %q", e.Action)
	case one.drop:
		return one, nil
	case e.Name == "":
		return nil, errors.New("name: there is none")
	case !nameForm.MatchString(e.Name):
		return nil, fmt.Errorf("name: want letters, digits, _ and :, with $1 or ${1} for what a wildcard stood for, got %q", e.Name)
	}
	for _, label := range slices.Sorted(maps.Keys(e.Labels)) {
		if !labelForm.MatchString(label) || strings.HasPrefix(label, "__") {
			return nil, fmt.Errorf("labels: want letters, digits and _, and no two _ in front, got %q", label)
		}
		one.labels = append(one.labels, labelTemplate{label, newTemplate(e.Labels[label])})
	}
	return one, nil
}

// used are the keys that do something, of defaults and of rules.
var used = map[string]bool{
	"match": true, "name": true, "labels": true, "match_type": true, "action": true, "match_metric_type": true,
	"help": true, "honor_labels": true, "scale": true, "glob_disable_ordering": true,
}

// idle tells of keys that do nothing, each once.
func idle(data []byte) (notes []string) {
	var f struct {
		Defaults map[string]any   `yaml:"defaults"`
		Mappings []map[string]any `yaml:"mappings"`
	}
	if err := yaml.Unmarshal(data, &f); err != nil {
		return nil
	}
	found := map[string]bool{}
	for _, section := range append(f.Mappings, f.Defaults) {
		for key := range section {
			found[key] = found[key] || !used[key]
		}
	}
	for _, key := range slices.Sorted(maps.Keys(found)) {
		if found[key] {
			notes = append(notes, key+" does nothing: what is delivered has no need of it")
		}
	}
	return notes
}
