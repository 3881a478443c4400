package main

import (
	"fmt"
	"os"
	"strings"
)

// page is a Markdown file that people write, with sections that programs write:
// what stands between two lines that name the section.
type page string

// replace puts text in the place of a section, and leaves all else as it is.
func (p page) replace(section, text string) error {
	b, err := os.ReadFile(string(p))
	if err != nil {
		return err
	}
	before, rest, found := strings.Cut(string(b), opening(section))
	_, after, ended := strings.Cut(rest, closing(section))
	if !found || !ended {
		return fmt.Errorf("write section %q of %s: no lines %q and %q in it", section, p, opening(section), closing(section))
	}
	return os.WriteFile(string(p), []byte(before+opening(section)+"\n\n"+strings.TrimSpace(text)+"\n\n"+closing(section)+after), 0o644)
}

func opening(section string) string {
	return "<!-- " + section + ": made by the command, not by hand -->"
}
func closing(section string) string { return "<!-- end of " + section + " -->" }
