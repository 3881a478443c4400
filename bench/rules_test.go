package main

import (
	"regexp"
	"testing"
)

// TestRulesMatchASeventh: about as many names as the rules of installations match,
// where most go to the default.
func TestRulesMatchASeventh(t *testing.T) {
	var rules []*regexp.Regexp
	for _, e := range expressions() {
		rules = append(rules, regexp.MustCompile(e))
	}
	all, names, matched := newStream(10_000).names, 0, 0
	for i := 0; i < len(all); i += 7 { // some of every kind, of every host
		name := all[i]
		names++
		for _, r := range rules {
			if r.MatchString(name) {
				matched++
				break
			}
		}
	}
	if part := float64(matched) / float64(names); len(rules) != 19 || part < 0.13 || part > 0.15 {
		t.Errorf("%d rules match %.1f %% of the names, want 19 and about 14 %%", len(rules), 100*part)
	}
}
