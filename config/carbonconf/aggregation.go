package carbonconf

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/plumbago/plumbago/internal/pyregex"
	"github.com/plumbago/plumbago/internal/space"
)

// Aggregation is the rules of aggregation-rules.conf, in their order.
type Aggregation []AggregationRule

// AggregationRule makes the name of an aggregate out of the name of a metric.
type AggregationRule struct {
	Line      int
	Output    string // the aggregate's name, with <fields>
	Frequency int    // seconds
	Method    string
	Input     string // as it is written

	match  *pyregex.Regexp
	output []outputPart
	bad    error // what is wrong with Output
}

// outputPart is text, or the group of a field.
type outputPart struct {
	text  string
	group int // 0 for text
}

// Name returns the name that the rule aggregates a metric to, and false if the
// rule is not for it. An error is an output that cannot be filled in: carbon
// loses the point then.
func (r *AggregationRule) Name(name []byte) (string, bool, error) {
	groups := r.match.Find(nil, name)
	if groups == nil {
		return "", false, nil
	}
	if r.bad != nil {
		return "", false, r.bad
	}
	var b strings.Builder
	for _, p := range r.output {
		switch from := groups[2*p.group]; {
		case p.group == 0:
			b.WriteString(p.text)
		case from >= 0:
			b.Write(name[from:groups[2*p.group+1]])
		default:
			b.WriteString("None") // as Python writes a group that took no part
		}
	}
	return b.String(), true, nil
}

// Names appends to dst the names that a metric is aggregated to, each once, or
// its own name if there are none: what the aggregated methods hash. A rule
// whose output cannot be filled in is passed over, so that no point is lost.
func (a Aggregation) Names(dst []string, name []byte) []string {
	n := len(dst)
	for i := range a {
		out, ok, err := a[i].Name(name)
		if ok && err == nil && !slices.Contains(dst[n:], out) {
			dst = append(dst, out)
		}
	}
	if len(dst) == n {
		dst = append(dst, string(name))
	}
	return dst
}

// aggregates is the methods that carbon has.
var aggregates = []string{"sum", "avg", "min", "max", "count", "p50", "p75", "p80", "p90", "p95", "p99", "p999"}

// ParseAggregationRule reads one line.
func ParseAggregationRule(line string) (AggregationRule, error) {
	left, right, ok := strings.Cut(line, "=")
	output, method := fields(left), fields(right)
	if !ok || len(output) != 2 || len(method) != 2 {
		return AggregationRule{}, errors.New("it is no rule; write OUTPUT (SECONDS) = METHOD INPUT, without blanks in the names")
	}
	r := AggregationRule{Output: output[0], Method: method[0], Input: method[1]}
	if r.Frequency, ok = parseInt(strings.TrimRight(strings.TrimLeft(output[1], "("), ")")); !ok {
		return r, fmt.Errorf("%q is no whole number of seconds", output[1])
	}
	if !slices.Contains(aggregates, r.Method) {
		return r, fmt.Errorf("%q is no method; there are: %s", r.Method, strings.Join(aggregates, ", "))
	}
	var err error
	if r.match, err = pyregex.Compile(expression(r.Input), pyregex.Options{Anchored: true}); err != nil {
		return r, fmt.Errorf("input %q, as a regular expression %s", r.Input, why(err))
	}
	r.output, r.bad = r.fill()
	return r, nil
}

func fields(text string) []string { return strings.FieldsFunc(text, space.Is) }

// expression makes a regular expression of an input, part by part.
func expression(input string) string {
	parts := strings.Split(input, ".")
	for i, part := range parts {
		parts[i] = partExpression(part)
	}
	return strings.Join(parts, `\.`) + "$"
}

func partExpression(part string) string {
	from, to := strings.Index(part, "<<"), strings.Index(part, ">>")
	if from >= 0 && to >= 0 {
		return part[:from] + "(?P<" + part[from+2:max(to, from+2)] + ">.+?)" + part[to+2:]
	}
	from, to = strings.IndexByte(part, '<'), strings.IndexByte(part, '>')
	switch {
	case from >= 0 && to > from:
		return part[:from] + "(?P<" + part[from+1:to] + ">[^.]+?)" + part[to+1:]
	case part == "*":
		return "[^.]+"
	}
	return strings.ReplaceAll(part, "*", "[^.]*")
}

// fill takes the output apart: <field>, and %% for a percent sign.
func (r *AggregationRule) fill() (parts []outputPart, err error) {
	text := strings.ReplaceAll(strings.ReplaceAll(r.Output, "<", "%("), ">", ")s")
	for {
		before, rest, found := strings.Cut(text, "%")
		parts = append(parts, outputPart{text: before})
		switch {
		case !found:
			return parts, nil
		case strings.HasPrefix(rest, "%"):
			parts = append(parts, outputPart{text: "%"})
			text = rest[1:]
			continue
		case !strings.HasPrefix(rest, "("):
			return nil, errors.New("a lone % or < stands in the output; write %% for a percent sign")
		}
		field, after, ok := strings.Cut(rest[1:], ")s")
		group, known := r.match.Group(field)
		if !ok || !known {
			return nil, fmt.Errorf("the output has the field <%s>, which the input has not", field)
		}
		parts = append(parts, outputPart{group: group})
		text = after
	}
}

// loadAggregation reads aggregation-rules.conf, if there is one.
func (l *loader) loadAggregation() {
	path := l.relay.Settings.Paths.Aggregation
	text, ok := l.readIfThere(path)
	if !ok {
		l.note("AGGREGATION_RULES", path, 0, "there is no such file: names are hashed as they are")
		return
	}
	l.readAggregation(path, text)
}

func (l *loader) readAggregation(path, text string) {
	for i, line := range lines(text) {
		line = trim(line)
		if line == "" || line[0] == '#' {
			continue
		}
		rule, err := ParseAggregationRule(line)
		if rule.Line = i + 1; err != nil {
			l.problem(path, rule.Line, BadRule, "%v", err)
			continue
		}
		if rule.bad != nil {
			l.harmless(path, rule.Line, BadReplacement, "%v; carbon would lose every point that the rule is for", rule.bad)
		}
		l.relay.Aggregation = append(l.relay.Aggregation, rule)
	}
}
