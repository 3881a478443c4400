package carbonconf

import (
	"fmt"
	"slices"
	"strings"

	"github.com/plumbago/plumbago/internal/number"
	"github.com/plumbago/plumbago/internal/pyregex"
	"github.com/plumbago/plumbago/internal/schema"
)

// storageReader reads one of the two files.
type storageReader struct {
	ini      *ini
	problems Errors
}

func newStorageReader(path, text string) *storageReader {
	f, problems := parseINI(path, text)
	return &storageReader{f, problems}
}

// storageSection is a section of it.
type storageSection struct {
	*storageReader
	name string
	line int
}

// each calls f with the sections in the order of the file.
func (r *storageReader) each(f func(*storageSection)) {
	sections := make([]*section, 0, len(r.ini.sections))
	for _, s := range r.ini.sections {
		sections = append(sections, s)
	}
	slices.SortFunc(sections, func(a, b *section) int { return a.line - b.line })
	for _, s := range sections {
		f(&storageSection{r, s.name, s.line})
	}
}

// problem tells of what carbon would not start with, or would find fault with at
// each new series.
func (s *storageSection) problem(line int, k Kind, format string, args ...any) {
	text := fmt.Sprintf("[%s] %s", s.name, fmt.Sprintf(format, args...))
	s.problems = append(s.problems, Problem{File: s.ini.file, Line: line, Kind: k, Text: text})
}

// leaveOut tells of a rule that carbon leaves out.
func (s *storageSection) leaveOut(line int, k Kind, format string, args ...any) {
	s.problem(line, k, format+"; the rule is left out", args...)
	s.problems[len(s.problems)-1].Harmless = true
}

// value returns an option and its line. Without it, or with one that cannot be read,
// which is told, it returns false.
func (s *storageSection) value(name string) (text string, line int, ok bool) {
	o, ok := s.ini.find(s.name, name)
	if !ok {
		return "", s.line, false
	}
	text, err := s.ini.value(s.name, o)
	if err != nil {
		s.problem(o.line, Percent, "%v", err)
		return "", 0, false
	}
	return text, o.line, true
}

func (s *storageSection) pattern() (*pyregex.Regexp, bool) {
	text, line, ok := s.value("pattern")
	if !ok || text == "" {
		if line > 0 {
			s.leaveOut(line, BadRule, "there is no pattern; write pattern = .* for all series")
		}
		return nil, false
	}
	re, err := pyregex.Compile(text, pyregex.Options{})
	if err != nil {
		s.problem(line, BadPattern, "pattern %s", why(err))
		return nil, false
	}
	return re, true
}

// archives reads retentions, which may be in any order.
func (s *storageSection) archives() ([]schema.Archive, bool) {
	text, line, ok := s.value("retentions")
	if !ok {
		if line > 0 {
			s.leaveOut(line, BadRule, "there are no retentions; write retentions = STEP:LENGTH, as in 60s:7d")
		}
		return nil, false
	}
	var archives []schema.Archive
	for one := range strings.SplitSeq(text, ",") {
		a, err := schema.ParseArchive(one)
		if err != nil {
			s.problem(line, Value, "retentions: %v", err)
			return nil, false
		}
		archives = append(archives, a)
	}
	schema.Sort(archives)
	if err := schema.Check(archives); err != nil {
		s.leaveOut(line, Value, "retentions: %v", err)
		return nil, false
	}
	return archives, true
}

func (s *storageSection) xFilesFactor() (float64, bool) {
	text, line, ok := s.value("xfilesfactor")
	if !ok {
		return schema.DefaultXFilesFactor, line > 0
	}
	factor, ok := number.Parse([]byte(trim(text)))
	switch {
	case !ok:
		s.leaveOut(line, Value, "xFilesFactor: %q is no number", text)
	case !(factor >= 0 && factor <= 1):
		s.problem(line, Value, "xFilesFactor: want a number from 0 to 1, got %s", text)
		ok = false
	}
	return factor, ok
}

func (s *storageSection) method() (schema.Method, bool) {
	text, line, ok := s.value("aggregationmethod")
	if !ok {
		return schema.DefaultMethod, line > 0
	}
	m, ok := schema.ParseMethod(text)
	if !ok {
		s.problem(line, Value, "aggregationMethod: want one of %s, got %q", strings.Join(schema.Methods(), ", "), text)
	}
	return m, ok
}
