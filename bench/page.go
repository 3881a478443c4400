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
	before, after, err := p.around(section)
	if err != nil {
		return err
	}
	return os.WriteFile(string(p), []byte(before+opening(section)+"\n\n"+strings.TrimSpace(text)+"\n\n"+closing(section)+after), 0o644)
}

// around is what stands before and after a section.
func (p page) around(section string) (before, after string, err error) {
	b, err := os.ReadFile(string(p))
	if err != nil {
		return "", "", err
	}
	before, rest, found := strings.Cut(string(b), opening(section))
	_, after, ended := strings.Cut(rest, closing(section))
	if !found || !ended {
		return "", "", fmt.Errorf("find section %q of %s: no lines %q and %q in it", section, p, opening(section), closing(section))
	}
	return before, after, nil
}

func opening(section string) string {
	return "<!-- " + section + ": made by the command, not by hand -->"
}
func closing(section string) string { return "<!-- end of " + section + " -->" }
