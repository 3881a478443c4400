package carbonconf

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/plumbago/plumbago/internal/space"
)

// ini is a file as Python's configparser understands it: sections of options,
// whole-line comments, values that go on in lines further in, nothing twice.
type ini struct {
	file     string
	sections map[string]*section
	defaults *section // [DEFAULT]: what every section inherits
	// headers is the lines that look like a section's header and like nothing
	// else, continued values included: what carbon takes for the list of rules.
	headers []header
}

type header struct {
	name string
	line int
}

type section struct {
	name    string
	line    int
	options map[string]*option
	order   []string
}

// option is a setting, its value as it is written.
type option struct {
	name  string // in lower case
	line  int
	lines []string
}

func (o *option) raw() string {
	return strings.TrimRightFunc(strings.Join(o.lines, "\n"), space.Is)
}

// defaultSection is the name of the section that the others inherit from.
const defaultSection = "DEFAULT"

// parseINI reads all of a file; what it cannot make sense of is left out and told.
func parseINI(file, text string) (*ini, Errors) {
	r := iniReader{
		ini:    &ini{file: file, sections: map[string]*section{}, defaults: newSection(defaultSection, 0)},
		indent: 0,
	}
	for i, line := range lines(text) {
		r.at = i + 1
		if bare := trim(line); strings.HasPrefix(bare, "[") && strings.HasSuffix(bare, "]") && len(bare) > 1 {
			r.ini.headers = append(r.ini.headers, header{bare[1 : len(bare)-1], r.at})
		}
		r.line(line)
	}
	return r.ini, r.problems
}

func newSection(name string, line int) *section {
	return &section{name: name, line: line, options: map[string]*option{}}
}

// lines splits text at the line ends that Python knows in files.
func lines(text string) []string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	list := strings.Split(strings.ReplaceAll(text, "\r", "\n"), "\n")
	if n := len(list); list[n-1] == "" {
		list = list[:n-1]
	}
	return list
}

type iniReader struct {
	ini      *ini
	problems Errors
	at       int // the line
	section  *section
	option   *option // whose value may go on
	indent   int     // how far in the option's line begins
	lost     bool    // a line before any section was told of
}

func (r *iniReader) problem(k Kind, format string, args ...any) {
	r.problems = append(r.problems, Problem{File: r.ini.file, Line: r.at, Kind: k, Text: fmt.Sprintf(format, args...)})
}

func (r *iniReader) line(line string) {
	text := trim(line)
	indent := indentation(line)
	switch {
	case strings.HasPrefix(text, "#") || strings.HasPrefix(text, ";"):
	case text == "":
		if r.option != nil {
			r.option.lines = append(r.option.lines, "")
		}
	case r.option != nil && indent > r.indent:
		r.option.lines = append(r.option.lines, text)
	default:
		r.indent = indent
		r.begin(text)
	}
}

// indentation counts the characters before the first that is not white space.
func indentation(line string) int {
	return utf8.RuneCountInString(line) - utf8.RuneCountInString(strings.TrimLeftFunc(line, space.Is))
}

// begin reads a line that begins something.
func (r *iniReader) begin(text string) {
	if end := strings.LastIndexByte(text, ']'); text[0] == '[' && end > 1 {
		r.option = nil
		r.header(text[1:end])
		return
	}
	if r.section == nil {
		r.stray(text)
		return
	}
	i := strings.IndexAny(text, "=:")
	if i <= 0 || trim(text[:i]) == "" {
		r.problem(Syntax, "%q is no option; write NAME = VALUE, or # before a comment, or blanks before it if it continues the line above", text)
		return
	}
	r.set(lower(trim(text[:i])), trim(text[i+1:]))
}

func (r *iniReader) stray(text string) {
	if !r.lost {
		cure := "write a header like [relay] above it"
		if strings.HasPrefix(text, "\ufeff") {
			cure = "save the file without a byte order mark"
		}
		r.problem(Syntax, "%q stands before the first section; %s", strings.TrimPrefix(text, "\ufeff"), cure)
	}
	r.lost = true
}

func (r *iniReader) header(name string) {
	if name == defaultSection {
		r.section = r.ini.defaults
		return
	}
	if first, twice := r.ini.sections[name]; twice {
		r.problem(Duplicate, "section [%s] is there already, in line %d; put both into one, or rename this", name, first.line)
		r.section = newSection(name, r.at) // its options are read, and forgotten
		return
	}
	r.section = newSection(name, r.at)
	r.ini.sections[name] = r.section
}

func (r *iniReader) set(name, value string) {
	o := &option{name: name, line: r.at, lines: []string{value}}
	r.option = o
	if first, twice := r.section.options[name]; twice {
		r.problem(Duplicate, "option %s is there already, in line %d; remove one of them", strings.ToUpper(name), first.line)
		return
	}
	r.section.options[name] = o
	r.section.order = append(r.section.order, name)
}

// find returns an option of a section, or the one it inherits.
func (f *ini) find(section, name string) (*option, bool) {
	s, ok := f.sections[section]
	if section == defaultSection {
		s, ok = f.defaults, true
	}
	if !ok {
		return nil, false
	}
	if o, ok := s.options[name]; ok {
		return o, true
	}
	o, ok := f.defaults.options[name]
	return o, ok
}

// options returns all options of a section, inherited ones first.
func (f *ini) options(section string) []*option {
	s, ok := f.sections[section]
	if !ok {
		return nil
	}
	var list []*option
	for _, name := range f.defaults.order {
		if _, own := s.options[name]; !own {
			list = append(list, f.defaults.options[name])
		}
	}
	for _, name := range s.order {
		list = append(list, s.options[name])
	}
	return list
}
