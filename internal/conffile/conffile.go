// Package conffile is what the readers of other programs' configuration share: places
// in files, what is wrong there, and files that are not larger than a person writes.
package conffile

import (
	"fmt"
	"os"
	"strings"
)

// Place is where something stands.
type Place struct {
	File string
	Line int // from 1
}

// String returns FILE:LINE.
func (p Place) String() string { return fmt.Sprintf("%s:%d", p.File, p.Line) }

// Problem is one thing that is wrong with a file.
type Problem struct {
	Place
	Text string
}

// Error returns the place and what is wrong there, in one line.
func (p Problem) Error() string { return fmt.Sprintf("%s: %s", p.Place, p.Text) }

// Errors is all that is wrong.
type Errors []Problem

// Error returns a line for each problem.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, p := range e {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// maxBytes bounds a file: far more than a person writes.
const maxBytes = 16 << 20

// MaxIncludes bounds how many files can be read in the places of others: files may
// include each other.
const MaxIncludes = 1000

// Read returns the text of a file.
func Read(path string) (string, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "", err
	case info.Size() > maxBytes:
		return "", fmt.Errorf("%s is larger than %d bytes", path, maxBytes)
	}
	text, err := os.ReadFile(path)
	return string(text), err
}
