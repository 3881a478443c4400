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
	Rule  int    // counted from 1
	Label string // of the rule
	To    int    // the place in To of the destination that is wrong, or -1 for the rule as a whole, or its expression
	Why   string // without the rule's number
}

// Error returns the rule and what is wrong with it.
func (e *RuleError) Error() string {
	return fmt.Sprintf("route: %s: %s", called(e.Rule, e.Label), e.Why)
}

// called is what messages call a rule.
func called(number int, label string) string {
	if label == "" {
		return fmt.Sprintf("rule %d", number)
	}
	return fmt.Sprintf("rule %d [%s]", number, label)
}

// Check returns all that is wrong with rules whose To should be among
// destinations, in the order of the rules.
func Check(rules []Rule, destinations []string) []*RuleError {
	var errs []*RuleError
	for i, r := range rules {
		note := func(to int, why string) {
			if why != "" {
				errs = append(errs, &RuleError{i + 1, r.Label, to, why})
			}
		}
		note(-1, checkMatch(r))
		if len(r.To) == 0 {
			note(-1, "it sends nowhere: name at least one destination in \"to\"")
		}
		for j, name := range r.To {
			if !slices.Contains(destinations, name) {
				note(j, unknownDestination(name, destinations))
			}
		}
		if r.By != nil {
			note(r.By.check(r.To))
		}
	}
	return errs
}

// checkMatch says what RE2 has against an expression.
func checkMatch(r Rule) string {
	_, err := patternOf(r)
	if err == nil {
		return ""
	}
	expr := r.Match
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

// Warnings tells of rules that can never be reached, and of replicas that there
// can never be.
func (t *Table) Warnings() (list []string) {
	for i, r := range t.rules {
		if r.By != nil {
			if why := r.By.warning(); why != "" {
				list = append(list, called(i+1, r.Label)+" "+why)
			}
		}
		if r.pattern.everything && len(r.Tenants) == 0 && !r.Continue && i+1 < len(t.rules) {
			return append(list, called(i+1, r.Label)+" matches every name and does not continue: the rules behind it are never reached")
		}
	}
	return list
}
