package crelayconf

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/plumbago/plumbago/internal/conffile"
	"github.com/plumbago/plumbago/internal/nearest"
)

// Load reads the file at path, and those that it includes in their places. What
// is wrong with their content is a conffile.Errors.
func Load(path string) (*Config, error) {
	r := reader{}
	if err := r.load(path); err != nil {
		return nil, err
	}
	return r.result()
}

// Parse reads a text, without including anything. name is what problems call it.
func Parse(name, text string) (*Config, error) {
	r := reader{alone: true}
	r.read(name, text)
	return r.result()
}

type reader struct {
	config   Config
	problems conffile.Errors
	alone    bool // nothing is included
	included int
}

func (r *reader) result() (*Config, error) {
	if len(r.problems) == 0 {
		r.check()
	}
	if len(r.problems) > 0 {
		return nil, r.problems
	}
	return &r.config, nil
}

func (r *reader) load(path string) error {
	text, err := conffile.Read(path)
	if err == nil {
		r.read(path, text)
	}
	return err
}

func (r *reader) read(file, text string) {
	tokens, open := lex(text)
	if open > 0 {
		r.problem(conffile.Place{File: file, Line: open}, `a " begins here and does not end`)
	}
	for len(tokens) > 0 {
		end := slices.IndexFunc(tokens, token.ends)
		if end < 0 {
			r.problem(conffile.Place{File: file, Line: tokens[0].line}, "the statement %q does not end; write a ; behind it", tokens[0].text)
			return
		}
		if end > 0 {
			r.statement(&statement{reader: r, file: file, tokens: tokens[:end]})
		}
		tokens = tokens[end+1:]
	}
}

func (r *reader) problem(at conffile.Place, format string, args ...any) {
	r.problems = append(r.problems, conffile.Problem{Place: at, Text: fmt.Sprintf(format, args...)})
}

// statement is the words of one, and how far they are read.
type statement struct {
	*reader
	file   string
	tokens []token
	next   int
}

// failure ends the reading of a statement.
type failure struct {
	at  conffile.Place
	why string
}

var words = []string{"cluster", "match", "rewrite", "aggregate", "send", "statistics", "listen", "include"}

func (r *reader) statement(s *statement) {
	place, text := s.place(), s.text()
	var failed *failure
	switch verb := s.take(); verb {
	case "cluster":
		failed = s.cluster(place)
	case "match":
		failed = s.match(Statement{Place: place, Verb: Match, Text: text})
	case "rewrite", "aggregate", "statistics":
		r.config.Statements = append(r.config.Statements, s.foreign(Statement{Place: place, Verb: Verb(verb), Text: text}))
	case "send":
		r.config.Statements = append(r.config.Statements, s.foreign(Statement{Place: place, Verb: Statistics, Text: text}))
	case "listen":
		failed = s.listen()
	case "include":
		failed = s.include(place)
	default:
		failed = &failure{place, unknown("statement", verb, words)}
	}
	if failed != nil {
		r.problem(failed.at, "%s", failed.why)
	}
}

// unknown says that there is no such thing, and what there is.
func unknown(thing, word string, known []string) string {
	if n := nearest.Word(word, known); n != "" {
		return fmt.Sprintf("unknown %s %q; did you mean %q?", thing, word, n)
	}
	return fmt.Sprintf("unknown %s %q; there are: %s", thing, word, strings.Join(known, ", "))
}

// foreign notes whether a statement that is not taken apart stops.
func (s *statement) foreign(st Statement) Statement {
	last := s.tokens[len(s.tokens)-1]
	st.Stop = last.text == "stop" && !last.quoted
	return st
}

// peek returns the next word that is not in quotes, or "".
func (s *statement) peek() string {
	if s.next < len(s.tokens) && !s.tokens[s.next].quoted {
		return s.tokens[s.next].text
	}
	return ""
}

// take returns the next word, or "" at the end.
func (s *statement) take() string {
	if s.next == len(s.tokens) {
		return ""
	}
	s.next++
	return s.tokens[s.next-1].text
}

// accept takes the next word if it is this one.
func (s *statement) accept(word string) bool {
	if s.peek() != word {
		return false
	}
	s.next++
	return true
}

func (s *statement) more() bool { return s.next < len(s.tokens) }

// place returns where the next word stands, or the last one at the end.
func (s *statement) place() conffile.Place {
	return conffile.Place{File: s.file, Line: s.tokens[min(s.next, len(s.tokens)-1)].line}
}

func (s *statement) text() string {
	var parts []string
	for _, t := range s.tokens {
		parts = append(parts, t.text)
	}
	return strings.Join(parts, " ")
}

func (s *statement) fail(format string, args ...any) *failure {
	return &failure{s.place(), fmt.Sprintf(format, args...)}
}

// match reads: <* | expression ...> [validate expression else <log | drop>]
// [route using key] send to cluster ... [stop].
func (s *statement) match(m Statement) *failure {
	if m.All = s.accept("*"); !m.All {
		for s.more() && !slices.Contains([]string{"validate", "route", "send", "stop"}, s.peek()) {
			m.Patterns = append(m.Patterns, s.take())
		}
	}
	if !m.All && len(m.Patterns) == 0 {
		return s.fail("match what? Write an expression, or * for every name")
	}
	if failed := s.uses(&m); failed != nil {
		return failed
	}
	m.Stop = s.accept("stop") || m.Drops()
	switch {
	case s.more():
		return s.fail("%q is not expected here", s.take())
	case len(m.To) == 0 && m.Validate == "":
		return s.fail("the match sends nowhere; write send to CLUSTER")
	}
	s.config.Statements = append(s.config.Statements, m)
	return nil
}

// uses reads what becomes of the names that match.
func (s *statement) uses(m *Statement) *failure {
	if s.accept("validate") {
		m.Validate = s.take()
		if !s.accept("else") || !s.accept("log") && !s.accept("drop") {
			return s.fail("validate: want else log, or else drop, behind the expression")
		}
	}
	if s.accept("route") {
		if !s.accept("using") {
			return s.fail("want route using KEY")
		}
		m.RouteBy = s.take()
	}
	if s.accept("send") {
		if !s.accept("to") {
			return s.fail("want send to CLUSTER")
		}
		for s.more() && s.peek() != "stop" {
			m.To = append(m.To, s.take())
		}
	}
	return nil
}

// include reads other files in this place.
func (s *statement) include(at conffile.Place) *failure {
	pattern := s.take()
	if s.alone {
		return &failure{at, "include: there are no other files here"}
	}
	paths, err := filepath.Glob(pattern)
	if len(paths) == 0 && !filepath.IsAbs(pattern) {
		paths, err = filepath.Glob(filepath.Join(filepath.Dir(s.file), pattern))
	}
	if err != nil || len(paths) == 0 {
		return &failure{at, fmt.Sprintf("include: there is no file %s", pattern)}
	}
	for _, path := range paths {
		if s.included++; s.included > conffile.MaxIncludes {
			return &failure{at, "include: the files include each other"}
		}
		if err := s.load(path); err != nil {
			return &failure{at, fmt.Sprintf("include: %v", err)}
		}
	}
	return nil
}

// check looks at what single statements cannot tell.
func (r *reader) check() {
	var names []string
	for _, c := range r.config.Clusters {
		if slices.Contains(names, c.Name) {
			r.problem(c.Place, "cluster %s is there already", c.Name)
		}
		names = append(names, c.Name)
	}
	for _, st := range r.config.Statements {
		for _, to := range st.To {
			if to != Blackhole && !slices.Contains(names, to) {
				r.problem(st.Place, "%s", unknown("cluster", to, names))
			}
		}
	}
}
