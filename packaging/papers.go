package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// papers are the texts that go with every binary.
type papers struct {
	man, manYML      []byte
	bash, zsh, fish  []byte
	thirdParty       []byte
	licence, changes []byte
}

// readPapers makes the texts. Those that the binary itself prints are printed by this
// machine's.
func (w *workshop) readPapers() (p papers, err error) {
	binary, err := w.build(here())
	if err != nil {
		return p, err
	}
	for _, print := range []struct {
		to   *[]byte
		args []string
	}{
		{&p.man, []string{"man"}}, {&p.manYML, []string{"man", "plumbago.yml"}},
		{&p.bash, []string{"completion", "bash"}}, {&p.zsh, []string{"completion", "zsh"}}, {&p.fish, []string{"completion", "fish"}},
	} {
		if *print.to, err = w.output(nil, binary, print.args...); err != nil {
			return p, err
		}
	}
	if p.licence, err = os.ReadFile(w.path("LICENSE")); err != nil {
		return p, err
	}
	if p.changes, err = os.ReadFile(w.path("CHANGELOG.md")); err != nil {
		return p, err
	}
	p.thirdParty, err = w.thirdParty()
	return p, err
}

// thirdParty is the licences of all modules that are in a binary, and of Go.
func (w *workshop) thirdParty() ([]byte, error) {
	const form = `{{with .Module}}{{if not .Main}}{{.Path}}{{"\t"}}{{.Version}}{{"\t"}}{{.Dir}}{{end}}{{end}}`
	out, err := w.output(nil, "go", "list", "-deps", "-f", form, "./cmd/plumbago")
	if err != nil {
		return nil, err
	}
	root, err := w.output(nil, "go", "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	modules := append(strings.Fields(strings.ReplaceAll(string(out), "\t", "|")), "go|its standard library|"+strings.TrimSpace(string(root)))
	slices.Sort(modules)
	var text bytes.Buffer
	for _, m := range slices.Compact(modules) {
		part := strings.SplitN(m, "|", 3)
		if err := appendLicences(&text, part[0]+" "+part[1], part[2]); err != nil {
			return nil, err
		}
	}
	return text.Bytes(), nil
}

// appendLicences adds what a folder says of rights: one file at least.
func appendLicences(text *bytes.Buffer, module, dir string) error {
	var files []string
	for _, pattern := range []string{"LICEN[SC]E*", "COPYING*", "NOTICE*", "License*"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return err
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		return fmt.Errorf("%s has no licence in its folder", module)
	}
	for _, f := range files {
		words, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		fmt.Fprintf(text, "==== %s: %s\n\n%s\n\n", module, filepath.Base(f), bytes.TrimSpace(words))
	}
	return nil
}
