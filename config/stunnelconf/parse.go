package stunnelconf

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/plumbago/plumbago/internal/conffile"
)

// Load reads the file at path, and those of the folders that it includes in their
// places. What is wrong with their content is a conffile.Errors.
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
	for i := range r.config.Services {
		r.settle(&r.config.Services[i])
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

// read takes a file line by line. A comment has a line of its own: behind a value
// it would belong to it, as it does in stunnel.
func (r *reader) read(file, text string) {
	line := 0
	for text := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		line++
		at, text := conffile.Place{File: file, Line: line}, strings.TrimSpace(text)
		switch {
		case text == "" || text[0] == ';' || text[0] == '#':
		case text[0] == '[' && text[len(text)-1] == ']':
			s := Service{Place: at, Name: text[1 : len(text)-1], Options: append([]Option(nil), r.config.Defaults...)}
			r.config.Services = append(r.config.Services, s)
		default:
			r.option(at, text)
		}
	}
}

// problem notes what is wrong, once: a default is looked at for each service.
func (r *reader) problem(at conffile.Place, format string, args ...any) {
	if p := (conffile.Problem{Place: at, Text: fmt.Sprintf(format, args...)}); !slices.Contains(r.problems, p) {
		r.problems = append(r.problems, p)
	}
}

func (r *reader) foreign(at conffile.Place, format string, args ...any) {
	r.config.Foreign = append(r.config.Foreign, conffile.Problem{Place: at, Text: fmt.Sprintf(format, args...)})
}

// option reads: name = value.
func (r *reader) option(at conffile.Place, text string) {
	name, value, ok := strings.Cut(text, "=")
	if !ok { // it may hold a secret
		r.problem(at, "want NAME = VALUE or [SERVICE], got a line without =, that begins with %q", shorten(strings.Fields(text)[0]))
		return
	}
	o := Option{at, strings.TrimSpace(name), strings.TrimSpace(value)}
	var inService, inGlobal bool
	if o.Name, inService = spell(o.Name, perService); !inService {
		o.Name, inGlobal = spell(o.Name, global)
	}
	services := r.config.Services
	switch {
	case o.Name == "include":
		r.include(o)
	case inService && len(services) > 0:
		last := &services[len(services)-1]
		last.Options = append(last.Options, o)
	case inGlobal && len(services) > 0:
		r.foreign(at, "%s is about the whole of stunnel, and cannot stand in [%s]", o, services[len(services)-1].Name)
	case inGlobal || isProcess(o.Name):
		r.config.Options = append(r.config.Options, o)
	case inService:
		r.config.Defaults = append(r.config.Defaults, o)
	default:
		r.unknown(o)
	}
}

func isProcess(name string) bool {
	_, ok := spell(name, process)
	return ok
}

func (r *reader) unknown(o Option) {
	if n := meant(o.Name); n != "" {
		r.foreign(o.Place, "unknown option %q; did you mean %q?", shorten(o.Name), n)
		return
	}
	r.foreign(o.Place, "unknown option %q", shorten(o.Name))
}

// include reads the files of a folder in this place, by the order of their names.
// Folders in it are passed over; hidden files are not, as in stunnel.
func (r *reader) include(o Option) {
	if r.alone {
		r.problem(o.Place, "include: there are no other files here")
		return
	}
	entries, err := os.ReadDir(o.Value)
	if errors.Is(err, fs.ErrNotExist) && !filepath.IsAbs(o.Value) {
		o.Value = filepath.Join(filepath.Dir(o.File), o.Value)
		entries, err = os.ReadDir(o.Value)
	}
	if err != nil {
		r.problem(o.Place, "include: want a folder: %v", err)
		return
	}
	for _, e := range entries {
		path := filepath.Join(o.Value, e.Name())
		if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
			continue
		}
		if r.included++; r.included > conffile.MaxIncludes {
			r.problem(o.Place, "include: the folders include each other")
			return
		}
		if err := r.load(path); err != nil {
			r.problem(o.Place, "include: %v", err)
		}
	}
}

// shorten cuts a text for a message.
func shorten(text string) string {
	if r := []rune(text); len(r) > 100 {
		return string(r[:100]) + "…"
	}
	return text
}
