package carbonconf

import (
	"fmt"
	"strings"

	"github.com/plumbago/plumbago/internal/pyregex"
)

// Rewrite is rewrite-rules.conf: what is applied to names, in order, before
// aggregating and after.
type Rewrite struct {
	Pre, Post []RewriteRule
}

// RewriteRule replaces every match of Pattern.
type RewriteRule struct {
	Line        int
	Pattern     string // searched with regard to case
	Replacement string

	match    *pyregex.Regexp
	template *pyregex.Template
	bad      error // what is wrong with the replacement
}

// ParseRewrite reads the text of a file. The problems are lines that are left
// out, and replacements that cannot be filled in.
func ParseRewrite(path, text string) (Rewrite, Errors) {
	r := rewriteReader{path: path, sections: map[string][]RewriteRule{}}
	for i, line := range lines(text) {
		r.at = i + 1
		r.line(trim(line))
	}
	return Rewrite{Pre: r.sections["pre"], Post: r.sections["post"]}, r.problems
}

type rewriteReader struct {
	path     string
	at       int
	section  string
	sections map[string][]RewriteRule
	problems Errors
}

func (r *rewriteReader) problem(k Kind, format string, args ...any) {
	r.problems = append(r.problems, Problem{File: r.path, Line: r.at, Kind: k, Text: fmt.Sprintf(format, args...), Harmless: true})
}

func (r *rewriteReader) line(line string) {
	switch {
	case line == "" || line[0] == '#':
	case line[0] == '[' && strings.HasSuffix(line, "]"):
		r.section = strings.ToLower(strings.TrimSuffix(line[1:], "]"))
		r.sections[r.section] = nil // what such a section held before is forgotten
	default:
		r.rule(line)
	}
}

func (r *rewriteReader) rule(line string) {
	pattern, replacement, ok := strings.Cut(line, "=")
	if !ok {
		r.problem(Syntax, "it is no rule, and is left out; write PATTERN = REPLACEMENT")
		return
	}
	rule := RewriteRule{Line: r.at, Pattern: trim(pattern), Replacement: trim(replacement)}
	if rule.match, rule.bad = pyregex.Compile(rule.Pattern, pyregex.Options{}); rule.bad != nil {
		r.problem(BadPattern, "%s; the rule is left out", why(rule.bad))
		return
	}
	if rule.template, rule.bad = rule.match.Template(rule.Replacement); rule.bad != nil {
		r.problem(BadReplacement, "replacement %s", why(rule.bad))
	}
	r.sections[r.section] = append(r.sections[r.section], rule)
}

// loadRewrite reads rewrite-rules.conf, if there is one.
func (l *loader) loadRewrite() {
	path := l.relay.Settings.Paths.Rewrite
	text, ok := l.readIfThere(path)
	if !ok {
		return
	}
	var problems Errors
	l.relay.Rewrite, problems = ParseRewrite(path, text)
	l.problems = append(l.problems, problems...)
	if n := len(l.relay.Rewrite.Pre) + len(l.relay.Rewrite.Post); n > 0 {
		l.note("REWRITE_RULES", path, 0, "accepted, no effect: %s", forAggregator)
	}
}
