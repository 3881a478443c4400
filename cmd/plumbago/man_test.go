package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// printed is what a command prints.
func printed(t *testing.T, args ...string) string {
	t.Helper()
	var out, said bytes.Buffer
	if err := run(context.Background(), args, strings.NewReader(""), &out, &said); err != nil {
		t.Fatalf("plumbago %q: %v\n%s", args, err, &said)
	}
	return out.String()
}

// model is the command line's own definition.
func model(t *testing.T) *kong.Application {
	t.Helper()
	k, err := kong.New(&commandLine{}, kong.Name("plumbago"), kong.Vars{"carbon_instance": "a", "version": "of the test"})
	if err != nil {
		t.Fatal(err)
	}
	return k.Model
}

// everyWord calls use with each command and each of its flags.
func everyWord(t *testing.T, use func(command string, flags []string)) {
	t.Helper()
	leaves := model(t).Leaves(true)
	if len(leaves) < 15 {
		t.Fatalf("got %d commands, want all", len(leaves))
	}
	for _, leaf := range leaves {
		var names []string
		for _, flags := range leaf.AllFlags(true) {
			for _, f := range flags {
				if f.Name != "help" && f.Name != "version" { // which every command has
					names = append(names, f.Name)
				}
			}
		}
		use(strings.TrimPrefix(leaf.FullPath(), "plumbago "), names)
	}
}

func TestTheManualNamesEveryCommandAndFlag(t *testing.T) {
	page := printed(t, "man")
	everyWord(t, func(command string, flags []string) {
		_, of, found := strings.Cut(page, `.Ss "plumbago `+escaped(command)+"\"\n")
		if !found {
			t.Errorf("plumbago(1) has no section of %q", command)
			return
		}
		of, _, _ = strings.Cut(of, "\n.S")
		for _, f := range flags {
			if !regexp.MustCompile(`(?m)^\.It .*Fl \\-` + regexp.QuoteMeta(escaped(f)) + `( |$)`).MatchString(of) {
				t.Errorf("plumbago(1) does not name --%s of %q", f, command)
			}
		}
	})
}

func TestTheManualOfTheFileHasEveryLineOfIt(t *testing.T) {
	page := printed(t, "man", "plumbago.yml")
	words := unwrapped(strings.ReplaceAll(page, `\&`, ""))
	text, err := os.ReadFile("../../config/default.yml")
	if err != nil {
		t.Fatal(err)
	}
	for l := range strings.Lines(string(text)) {
		l = strings.TrimPrefix(strings.TrimSpace(l), "# ")
		want := strings.Join(strings.Fields(escaped(l)), " ")
		if !strings.Contains(words, want) {
			t.Errorf("plumbago.yml(5) lacks %q", l)
		}
	}
}

// unwrapped is a page's text in one line.
func unwrapped(page string) string { return strings.Join(strings.Fields(page), " ") }

func TestManualPagesAreMandocs(t *testing.T) {
	mandoc, err := exec.LookPath("mandoc")
	if err != nil {
		t.Logf("without mandoc only the words of the pages are checked: %v", err)
		return
	}
	t.Setenv("SOURCE_DATE_EPOCH", "1700000000")
	for _, page := range []string{"plumbago", "plumbago.yml"} {
		file := filepath.Join(t.TempDir(), page+".man")
		text := printed(t, "man", page)
		if !strings.HasPrefix(text, ".Dd November 14, 2023\n") {
			t.Errorf("%s: begins with %.40q, want the date of the source", page, text)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		out, _ := exec.Command(mandoc, "-T", "lint", "-W", "style", file).CombinedOutput()
		for l := range strings.Lines(string(out)) {
			if !strings.Contains(l, "referenced manual not found") { // each other, as they are not installed
				t.Errorf("%s: %s", page, l)
			}
		}
	}
}

func TestTheDateOfTheSourceMustBeANumber(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "yesterday")
	var out bytes.Buffer
	err := run(context.Background(), []string{"man"}, strings.NewReader(""), &out, &out)
	if err == nil || exitStatus(err, &out) != 2 {
		t.Errorf("got %v, want an error of status 2", err)
	}
}
