package carbonconf

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Kind says what sort of mistake a problem is.
type Kind string

// The kinds of problems. Carbon starts in spite of those that are Harmless, and
// ends at once with any other, but for a rule that takes points and sends them
// nowhere (see Options.SendNowhere).
const (
	Unreadable         Kind = "unreadable"          // a file that is not there, or not text
	Syntax             Kind = "syntax"              // a line that is no section, option or comment
	Duplicate          Kind = "duplicate"           // a section, option or destination that is there already
	Percent            Kind = "percent"             // a lone %, or a %(name)s that leads nowhere
	Value              Kind = "value"               // a value of the wrong type, or none of those possible
	BadDestination     Kind = "destination"         // a text that is no HOST:PORT[:INSTANCE]
	BadPattern         Kind = "pattern"             // not a regular expression
	BadRule            Kind = "rule"                // a rule that lacks something, or has too much
	NoDefault          Kind = "no default"          // relay rules without a default, or with two
	UnknownDestination Kind = "unknown destination" // a rule's destination that is not in DESTINATIONS
	BadReplacement     Kind = "replacement"         // a replacement that cannot be filled in
)

// Problem is one thing that is wrong with a file.
type Problem struct {
	File string
	Line int // from 1, or 0 for the file as a whole
	Kind Kind
	// Text says what is wrong, and what to do about it.
	Text string
	// Harmless tells that carbon would start all the same: it would leave out
	// what is wrong, without a word or with one in its log. A rule that takes
	// points and sends them nowhere is not harmless, though carbon would start.
	Harmless bool
}

// Error returns the place and what is wrong there, in one line.
func (p Problem) Error() string {
	if p.Line == 0 {
		return p.File + ": " + p.Text
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text)
}

// Errors is all that is wrong, file by file in the order they are read, line by line.
type Errors []Problem

// Error returns a line for each problem.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, p := range e {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Harmless reports whether carbon would start in spite of all of them.
func (e Errors) Harmless() bool {
	return !slices.ContainsFunc(e, func(p Problem) bool { return !p.Harmless })
}

// tidy sorts what is told by line, and leaves the files in the order they are in.
func tidy[T any](told []T, place func(T) (file string, line int)) {
	order := map[string]int{}
	for _, t := range told {
		if file, _ := place(t); order[file] == 0 {
			order[file] = len(order) + 1
		}
	}
	slices.SortStableFunc(told, func(a, b T) int {
		fileA, lineA := place(a)
		fileB, lineB := place(b)
		return cmp.Or(cmp.Compare(order[fileA], order[fileB]), cmp.Compare(lineA, lineB))
	})
}
