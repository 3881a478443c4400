package carbonconf

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"unicode/utf8"
)

// loader collects what the files say and all that is wrong with them.
type loader struct {
	o        Options
	relay    Relay
	problems Errors
	missing  bool // there is no section [relay]
	unsure   bool // something is wrong with DESTINATIONS
}

func newLoader(o Options) *loader { return &loader{o: o} }

func (l *loader) load() {
	if !l.loadSettings() {
		return
	}
	l.checkCA()
	l.loadDestinations()
	switch s := l.relay.Settings; {
	case s.Method == RulesMethod:
		l.loadRules()
	case s.Method.Aggregated():
		l.loadAggregation()
	}
	l.loadRewrite()
	l.loadLists()
}

// result is the relay, if one can be made of the files, and the problems.
func (l *loader) result() (*Relay, error) {
	tidy(l.relay.Notes, func(n Note) (string, int) { return n.File, n.Line })
	if len(l.problems) == 0 {
		return &l.relay, nil
	}
	tidy(l.problems, func(p Problem) (string, int) { return p.File, p.Line })
	errs := slices.Compact(l.problems)
	if !errs.Harmless() {
		return nil, errs
	}
	return &l.relay, errs
}

func (l *loader) problem(file string, line int, k Kind, format string, args ...any) {
	l.problems = append(l.problems, Problem{File: file, Line: line, Kind: k, Text: fmt.Sprintf(format, args...)})
}

// harmless notes what carbon would start with.
func (l *loader) harmless(file string, line int, k Kind, format string, args ...any) {
	l.problem(file, line, k, format, args...)
	l.problems[len(l.problems)-1].Harmless = true
}

func (l *loader) note(setting, file string, line int, format string, args ...any) {
	l.relay.Notes = append(l.relay.Notes, Note{setting, file, line, fmt.Sprintf(format, args...)})
}

// maxFile bounds a configuration file.
const maxFile = 16 << 20

// read returns a file's text. Of one that is not there it says what to do.
func (l *loader) read(path, cure string) (string, bool) {
	text, err := readText(path)
	switch {
	case err == nil:
		return text, true
	case errors.Is(err, fs.ErrNotExist):
		l.problem(path, 0, Unreadable, "there is no such file; %s", cure)
	default:
		l.problem(path, 0, Unreadable, "%v", err)
	}
	return "", false
}

// readIfThere returns a file's text; one that is not there is no problem.
func (l *loader) readIfThere(path string) (string, bool) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return "", false
	}
	return l.read(path, "")
}

func readText(path string) (string, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "", err
	case info.IsDir():
		return "", errors.New("it is a directory, not a file")
	case info.Size() > maxFile:
		return "", fmt.Errorf("it is larger than %d bytes", maxFile)
	}
	text, err := os.ReadFile(path)
	if err == nil && !utf8.Valid(text) {
		return "", fmt.Errorf("line %d is not UTF-8; save the file as UTF-8", badLine(text))
	}
	return string(text), err
}

// badLine returns the first line that is not UTF-8.
func badLine(text []byte) int {
	line := 1
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if r == utf8.RuneError && n == 1 {
			break
		}
		if r == '\n' {
			line++
		}
		text = text[n:]
	}
	return line
}

// loadDestinations reads DESTINATIONS.
func (l *loader) loadDestinations() {
	s := &l.relay.Settings
	file, line := s.Paths.Config, s.lines["DESTINATIONS"]
	entries, _ := s.Values["DESTINATIONS"].([]string)
	if len(entries) == 0 {
		l.unsure = true
		l.noDestinations(file, line)
	}
	for _, entry := range entries {
		d, err := ParseDestination(entry)
		if err != nil {
			l.unsure = true
			l.problem(file, line, BadDestination, "DESTINATIONS: %v", err)
			continue
		}
		l.addDestination(d, file, line)
	}
}

func (l *loader) noDestinations(file string, line int) {
	if l.missing {
		l.problem(file, 0, BadDestination, "there is no section [%s]; write one, and in it where to send: DESTINATIONS = HOST:PORT, HOST:PORT:INSTANCE", sectionName)
		return
	}
	l.problem(file, line, BadDestination, "DESTINATIONS is missing; name in [relay] where to send: DESTINATIONS = HOST:PORT, HOST:PORT:INSTANCE")
}

func (l *loader) addDestination(d Destination, file string, line int) {
	for _, other := range l.relay.Destinations {
		switch {
		case d == other:
			l.note("DESTINATIONS", file, line, "%s is named more than once; it counts once", d)
			return
		case l.relay.Settings.Method.Hashing() && d.node() == other.node():
			l.problem(file, line, Duplicate, "DESTINATIONS: to RELAY_METHOD %s, %s and %s are the same, since ports do not count; give them different instances, as in HOST:PORT:INSTANCE",
				l.relay.Settings.Method, other, d)
		}
	}
	if d.Port < 1 || d.Port > 65535 {
		l.harmless(file, line, BadDestination, "DESTINATIONS: %s has the port %d; want 1 to 65535", d, d.Port)
	}
	l.relay.Destinations = append(l.relay.Destinations, d)
}

// node is what a ring knows of a destination.
func (d Destination) node() Destination {
	d.Port = 0
	return d
}

// checkCA looks for the certificates of DESTINATION_SSL_CA.
func (l *loader) checkCA() {
	s := &l.relay.Settings
	if !s.TLS || s.CA == "" {
		return
	}
	const name = "DESTINATION_SSL_CA"
	pem, err := os.ReadFile(s.CA)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		l.problem(s.Paths.Config, s.lines[name], Unreadable, "%s: there is no file %q; name a PEM file of certificates, or leave the setting out for the system's", name, s.CA)
	case err != nil:
		l.problem(s.Paths.Config, s.lines[name], Unreadable, "%s: %v", name, err)
	case !x509.NewCertPool().AppendCertsFromPEM(pem):
		l.problem(s.Paths.Config, s.lines[name], Value, "%s: there is no certificate in %q; name a PEM file of certificates", name, s.CA)
	}
}

// loadLists reads the blacklist and the whitelist.
func (l *loader) loadLists() {
	s := l.relay.Settings
	if !s.UseLists {
		return
	}
	for _, list := range []struct {
		path string
		to   **List
	}{{s.Paths.Blacklist, &l.relay.Blacklist}, {s.Paths.Whitelist, &l.relay.Whitelist}} {
		opened, problems := OpenList(list.path)
		*list.to = opened
		l.problems = append(l.problems, problems...)
	}
}
