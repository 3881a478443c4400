package route

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/plumbago/plumbago/internal/nearest"
)

// RuleError says what is wrong with a rule, and the cure.
type RuleError struct {
	Rule int    // counted from 1
	To   int    // the place in To of the destination that is wrong, or -1 for the rule as a whole, or its expression
	Why  string // without the rule's number
}

func (e *RuleError) Error() string { return fmt.Sprintf("route: rule %d: %s", e.Rule, e.Why) }

// Check returns all that is wrong with rules whose To should be among
// destinations, in the order of the rules.
func Check(rules []Rule, destinations []string) []*RuleError {
	var errs []*RuleError
	for i, r := range rules {
		if why := checkMatch(r.Match); why != "" {
			errs = append(errs, &RuleError{i + 1, -1, why})
		}
		if len(r.To) == 0 {
			errs = append(errs, &RuleError{i + 1, -1, "it sends nowhere: name at least one destination in \"to\""})
		}
		for j, name := range r.To {
			if !slices.Contains(destinations, name) {
				errs = append(errs, &RuleError{i + 1, j, unknownDestination(name, destinations)})
			}
		}
	}
	return errs
}

// checkMatch says what RE2 has against an expression.
func checkMatch(expr string) string {
	_, err := compile(expr)
	if err == nil {
		return ""
	}
	why := err.Error()
	if e, ok := errors.AsType[*syntax.Error](err); ok {
		why = fmt.Sprintf("%s: %q", e.Code, e.Expr)
	}
	return fmt.Sprintf("match: %q is not an RE2 expression: %s%s", expr, why, hint(expr))
}

// hint tells what to do instead of what other engines have and RE2 has not.
func hint(expr string) string {
	if _, behind, ok := strings.Cut(expr, "(?"); ok && strings.IndexAny(strings.TrimPrefix(behind, "<"), "!=") == 0 {
		return " (RE2 has no look-around; let an earlier rule take the names that this one should not)"
	}
	for i := '1'; i <= '9'; i++ {
		if strings.Contains(expr, `\`+string(i)) {
			return " (RE2 has no back-references)"
		}
	}
	return ""
}

func unknownDestination(name string, known []string) string {
	if n := nearest.Word(name, known); n != "" {
		return fmt.Sprintf("no destination is named %q; did you mean %q?", name, n)
	}
	return fmt.Sprintf("no destination is named %q; there are: %s", name, strings.Join(known, ", "))
}

// Warnings tells of rules that can never be reached.
func (t *Table) Warnings() []string {
	for i, r := range t.rules {
		if r.pattern.everything && !r.Continue && i+1 < len(t.rules) {
			return []string{fmt.Sprintf("rule %d matches every name and does not continue: the rules behind it are never reached", i+1)}
		}
	}
	return nil
}
