package carbonconf

import (
	"errors"
	"slices"
	"strings"

	"github.com/plumbago/plumbago/internal/nearest"
	"github.com/plumbago/plumbago/internal/pyregex"
)

// Rule is a section of relay-rules.conf.
type Rule struct {
	Section string // the name between the brackets
	Line    int    // of the section's header
	// Pattern is searched in the name, without regard to case; empty and without
	// meaning in the default rule.
	Pattern string
	// Match is Pattern, ready to be run; nil in the default rule, which matches
	// every name.
	Match *pyregex.Regexp
	// Continue tells that the rules below are tried too when this one matches.
	Continue bool
	Default  bool
	// Destinations is where the rule sends: those named that are in DESTINATIONS,
	// each once. It may be empty.
	Destinations []Destination
	// Unknown is the destinations named that are not in DESTINATIONS.
	Unknown []Destination
}

// loadRules reads relay-rules.conf.
func (l *loader) loadRules() {
	path := l.relay.Settings.Paths.Rules
	text, ok := l.read(path, "RELAY_METHOD rules needs it: write it, or name it with --rules")
	if ok {
		l.readRules(path, text)
	}
}

func (l *loader) readRules(path, text string) {
	f, problems := parseINI(path, text)
	l.problems = append(l.problems, problems...)
	l.lostRules(f)
	r := ruleReader{loader: l, ini: f}
	for _, h := range f.headers {
		r.section(h)
	}
	if r.fallback == nil {
		if r.spoiled {
			return
		}
		l.problem(path, 0, NoDefault, "there is no default rule; write one section with default = true and no pattern")
		return
	}
	l.relay.Rules = append(r.rules, *r.fallback)
}

// lostRules tells of sections that carbon does not see.
func (l *loader) lostRules(f *ini) {
	for _, s := range f.sections {
		if !slices.ContainsFunc(f.headers, func(h header) bool { return h.name == s.name }) {
			l.harmless(f.file, s.line, BadRule, "[%s] has text behind its ], and carbon leaves such a rule out; put the text on a line of its own", s.name)
		}
	}
}

type ruleReader struct {
	*loader
	ini      *ini
	rules    []Rule
	fallback *Rule
	spoiled  bool // there is a default rule with something else wrong in it
	from     int  // the first of the problems of the section that is read
}

// section reads a rule.
func (r *ruleReader) section(h header) {
	rule := Rule{Section: h.name, Line: h.line}
	r.from = len(r.problems)
	destinations := r.destinations(&rule)
	pattern, hasPattern := r.ini.find(h.name, "pattern")
	standard, hasDefault := r.ini.find(h.name, "default")
	switch {
	case hasPattern && hasDefault:
		r.problem(r.ini.file, standard.line, BadRule, "[%s] has both a pattern and default; a rule has one of them", h.name)
	case hasPattern:
		if r.pattern(&rule, pattern) && destinations {
			r.mustSend(&rule)
			r.rules = append(r.rules, rule)
		}
	case hasDefault:
		r.standard(rule, standard, destinations)
	default:
		r.note(h.name, r.ini.file, h.line, "the rule has neither a pattern nor default = true, and is left out")
	}
}

// standard reads a rule that may be the default.
func (r *ruleReader) standard(rule Rule, o *option, destinations bool) {
	yes, ok := r.boolean(&rule, o)
	switch {
	case !ok || !destinations:
		r.spoiled = true
	case yes:
		r.setDefault(rule)
	}
}

// mustSend makes it a mistake that harms if none of a rule's destinations is
// known: the rule would take points, and lose them.
func (r *ruleReader) mustSend(rule *Rule) {
	if len(rule.Destinations) > 0 || r.o.SendNowhere {
		return
	}
	for i, p := range r.problems[r.from:] {
		if p.Kind == UnknownDestination {
			r.problems[r.from+i].Harmless = false
		}
	}
}

func (r *ruleReader) setDefault(rule Rule) {
	if r.fallback != nil {
		r.problem(r.ini.file, rule.Line, NoDefault, "[%s] is a second default rule, [%s] in line %d is the first; give one of them a pattern", rule.Section, r.fallback.Section, r.fallback.Line)
		return
	}
	r.mustSend(&rule)
	rule.Default = true
	r.fallback = &rule
}

// value returns an option of a rule.
func (r *ruleReader) value(rule *Rule, o *option) (string, bool) {
	text, err := r.ini.value(rule.Section, o)
	if err != nil {
		r.problem(r.ini.file, o.line, Percent, "[%s] %v", rule.Section, err)
	}
	return text, err == nil
}

func (r *ruleReader) boolean(rule *Rule, o *option) (yes, ok bool) {
	text, ok := r.value(rule, o)
	if !ok {
		return false, false
	}
	yes, ok = boolean(text)
	if !ok {
		r.problem(r.ini.file, o.line, Value, "[%s] %s: want true or false, got %q%s", rule.Section, o.name, text, commentCure(text))
	}
	return yes, ok
}

// pattern reads a rule's pattern, and whether it continues.
func (r *ruleReader) pattern(rule *Rule, o *option) bool {
	text, ok := r.value(rule, o)
	if !ok {
		return false
	}
	re, err := pyregex.Compile(text, pyregex.Options{IgnoreCase: true, Overrun: r.o.Overrun})
	if err != nil {
		r.problem(r.ini.file, o.line, BadPattern, "[%s] pattern %s", rule.Section, why(err))
		return false
	}
	rule.Pattern, rule.Match = text, re
	if o, given := r.ini.find(rule.Section, "continue"); given {
		rule.Continue, ok = r.boolean(rule, o)
	}
	return ok
}

// why is what is wrong with an expression, which is shown in quotes.
func why(err error) string {
	if e, ok := errors.AsType[*pyregex.Error](err); ok && len(e.Text) > 200 {
		short := *e
		short.Text = strings.ToValidUTF8(e.Text[:200], "") + "…"
		return short.Error()
	}
	return err.Error()
}

// destinations reads where a rule sends.
func (r *ruleReader) destinations(rule *Rule) bool {
	o, ok := r.ini.find(rule.Section, "destinations")
	if !ok {
		r.problem(r.ini.file, rule.Line, BadRule, "[%s] has no destinations; write destinations = HOST:PORT:INSTANCE, as DESTINATIONS has it", rule.Section)
		return false
	}
	text, ok := r.value(rule, o)
	if !ok {
		return false
	}
	for _, entry := range strings.Split(text, ",") {
		d, err := ParseDestination(entry)
		if err != nil {
			r.problem(r.ini.file, o.line, BadDestination, "[%s] %v", rule.Section, err)
			ok = false
			continue
		}
		r.sendTo(rule, d, o.line)
	}
	return ok
}

func (r *ruleReader) sendTo(rule *Rule, d Destination, line int) {
	switch {
	case slices.Contains(rule.Destinations, d) || slices.Contains(rule.Unknown, d):
	case slices.Contains(r.relay.Destinations, d):
		rule.Destinations = append(rule.Destinations, d)
	default:
		rule.Unknown = append(rule.Unknown, d)
		if r.unsure {
			return // what is wrong there has been told
		}
		r.harmless(r.ini.file, line, UnknownDestination, "[%s] sends to %q, which is not in DESTINATIONS of %s; %s", rule.Section, d, r.relay.Settings.Paths.Config, r.unknownCure(d))
	}
}

func (r *ruleReader) unknownCure(d Destination) string {
	var names []string
	for _, known := range r.relay.Destinations {
		names = append(names, known.String())
	}
	if n := nearest.Word(d.String(), names); n != "" {
		return "did you mean \"" + n + "\"? Write it here as it is there, port and instance included"
	}
	return "add it there, or take it out here"
}
