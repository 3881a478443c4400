package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with a file.
type Problem struct {
	File         string
	Line, Column int // from 1; the column counts characters
	Text         string
}

// Error returns the place and what is wrong there, in one line.
func (p Problem) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Text)
}

// Errors is all that is wrong with a file, in the order of the places.
type Errors []Problem

// maxProblems bounds what is told about a file that is something else altogether.
const maxProblems = 100

// Error returns a line for each problem.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, p := range e {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// tidy sorts the problems by place and cuts what is too much.
func (e Errors) tidy() Errors {
	slices.SortStableFunc(e, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	e = slices.Compact(e)
	if more := len(e) - maxProblems; more > 0 {
		last := e[maxProblems]
		last.Text = fmt.Sprintf("and %d more", more)
		e = append(e[:maxProblems:maxProblems], last)
	}
	return e
}
