package crelayconf

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

// RE2 returns an RE2 expression that is found in the same names, "" for all of
// them, or an error that says which expression has no such translation. Of what
// the regular expression libraries that c-relay can be built with disagree on,
// like \d, it takes the meaning of those that know it.
func (s *Statement) RE2() (string, error) {
	if s.All {
		return "", nil
	}
	var parts []string
	for _, p := range s.Patterns {
		text := openRepeat.ReplaceAllString(p, "$1{0,$2")
		if _, err := syntax.Parse(text, syntax.Perl); err != nil {
			return "", fmt.Errorf("RE2 cannot say %s: %s", p, reason(err))
		}
		parts = append(parts, text)
	}
	if len(parts) == 1 {
		return parts[0], nil
	}
	return "(?:" + strings.Join(parts, ")|(?:") + ")", nil
}

func reason(err error) string {
	if e, ok := errors.AsType[*syntax.Error](err); ok {
		return string(e.Code)
	}
	return err.Error()
}

// openRepeat is a repeat without a least number, which RE2 takes for plain text.
var openRepeat = regexp.MustCompile(`([^\\])\{,(\d)`)
