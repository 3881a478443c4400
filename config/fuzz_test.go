package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/config"
)

// hostile are files that are made to keep a parser busy, or to break it.
var hostile = []struct{ name, yaml, want string }{
	{"brackets", strings.Repeat("[", 20_000), "nested too deeply"},
	{"braces", strings.Repeat("{a: ", 20_000), "nested too deeply"},
	{"entries in entries", strings.Repeat("- ", 20_000), "nested too deeply"},
	{"keys in keys", strings.Repeat("? ", 20_000), "nested too deeply"},
	{"tags", "a: " + strings.Repeat("!a ", 20_000), "nested too deeply"},
	{"anchors", "a: " + strings.Repeat("&a ", 20_000), "nested too deeply"},
	{"deep indentation", deep(300), "unknown key"},
	{"too many keys", strings.Repeat("a: 1\n", 100_000), "too much in this file"},
	{"too large", strings.Repeat("#\n", 1<<19) + "#", "larger than 1MiB"},
	{"an alias of itself", "receive: &a [*a, *a]\n" + destination, "got a list"},
	{"an alias of an alias", "receive: &a *a\n" + destination, "not YAML"},
	{"aliases of aliases", "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n" + receiver + "deliver: [*c, *c, *c]\nroute: *c\n", "got a list"},
	{"many of one alias", receiver + "deliver: [&d {a: 1, b: 2, c: 3}" + strings.Repeat(", *d", 3_000) + "]\n", "and "},
	{"zeros", "receive: \x00\x00", "receive"},
	{"control characters", "\"a\\nb\": 1\n\"a\\nb\": 1\n\"\\u001b[2J\": \"\\e\"\n", "is given twice"},
}

// deep nests n sections.
func deep(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func TestHostileFiles(t *testing.T) {
	for _, tt := range hostile {
		t.Run(tt.name, func(t *testing.T) {
			begun := time.Now()
			_, err := config.Parse("p.yml", []byte(tt.yaml), config.Lookup{Env: emptyEnv, File: noFile})
			checkErrors(t, err)
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %.1000v, want something with %q", err, tt.want)
			}
			if len(err.Error()) > 100_000 {
				t.Errorf("got %d bytes of errors", len(err.Error()))
			}
			if took := time.Since(begun); took > 20*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// checkErrors checks that err is Errors in their form: each in a line, with a
// place, in the order of the places.
func checkErrors(t *testing.T, err error) {
	t.Helper()
	var errs config.Errors
	if !errors.As(err, &errs) || len(errs) == 0 {
		t.Fatalf("got %T (%v), want Errors", err, err)
	}
	last := errs[0]
	for _, p := range errs {
		switch {
		case p.File != "p.yml" || p.Line < 1 || p.Column < 1:
			t.Errorf("got no place for %q", p.Text)
		case p.Text == "" || strings.ContainsAny(p.Text, "\n\r\x1b"):
			t.Errorf("got %q, want a line", p.Text)
		case p.Line < last.Line || p.Line == last.Line && p.Column < last.Column:
			t.Errorf("got %v behind %v", p, last)
		}
		last = p
	}
}

// FuzzParse holds that no file makes Parse panic, and that every error has a place.
func FuzzParse(f *testing.F) {
	f.Add(config.DefaultYAML)
	for _, tt := range allErrorCases() {
		f.Add([]byte(tt.yaml))
	}
	for _, tt := range hostile {
		if len(tt.yaml) < 1000 {
			f.Add([]byte(tt.yaml))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := config.Parse("p.yml", data, config.Lookup{Env: emptyEnv, File: noFile})
		if err != nil {
			checkErrors(t, err)
		} else if len(c.Receive) == 0 || len(c.Deliver) == 0 || len(c.Route) == 0 || c.DataDir == "" {
			t.Errorf("got a configuration that does nothing: %+v", c)
		}
	})
}

// A prefix of a good file is good or has an error with a place.
func TestCutFiles(t *testing.T) {
	for n := 0; n < len(config.DefaultYAML); n += 3 {
		if _, err := config.Parse("p.yml", config.DefaultYAML[:n], config.Lookup{}); err != nil {
			checkErrors(t, err)
		}
	}
}

// The files of testdata are of other people's making: they must load.
func TestKnownFilesLoad(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatalf("got %d files and %v", len(files), err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := config.Parse(path, data, config.Lookup{}); err != nil {
				t.Error(err)
			}
		})
	}
}
