package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// releaseCommand makes all that a release has.
type releaseCommand struct{}

func (releaseCommand) Run(c *commandLine) error { return c.each(systems, (*workshop).release) }

// release makes what there is for one system.
func (w *workshop) release(s system) error {
	binary, err := w.build(s)
	if err != nil {
		return err
	}
	bill, err := w.bill(binary)
	if err != nil {
		return err
	}
	if err := os.WriteFile(w.named(s, "cdx.json"), bill, 0o644); err != nil {
		return err
	}
	if err := w.archive(s, binary); err != nil || s.os != "linux" {
		return err
	}
	if err := w.packages(s, bill); err != nil {
		return err
	}
	return w.image(s)
}

// named is the file for a system of what users get.
func (w *workshop) named(s system, kind string) string {
	return filepath.Join(w.out, fmt.Sprintf("plumbago_%s_%s_%s.%s", w.version, s.os, s.arch, kind))
}

// archive is what one can unpack anywhere.
func (w *workshop) archive(s system, binary string) error {
	p := w.papers
	top := fmt.Sprintf("plumbago_%s_%s_%s/", w.version, s.os, s.arch)
	entries := []entry{
		{name: top, mode: 0o755},
		{name: top + "plumbago", mode: 0o755, file: binary},
		{name: top + "LICENSE", mode: 0o644, text: p.licence},
		{name: top + "THIRD-PARTY", mode: 0o644, text: p.thirdParty},
		{name: top + "CHANGELOG.md", mode: 0o644, text: p.changes},
		{name: top + "default.yml", mode: 0o644, file: w.path("config/default.yml")},
		{name: top + "man/plumbago.1", mode: 0o644, text: p.man},
		{name: top + "man/plumbago.yml.5", mode: 0o644, text: p.manYML},
		{name: top + "completion/plumbago.bash", mode: 0o644, text: p.bash},
		{name: top + "completion/_plumbago", mode: 0o644, text: p.zsh},
		{name: top + "completion/plumbago.fish", mode: 0o644, text: p.fish},
	}
	if s.os == "linux" {
		entries = append(entries,
			entry{name: top + "systemd/plumbago.service", mode: 0o644, file: w.path("packaging/linux/plumbago.service")},
			entry{name: top + "systemd/plumbago.socket", mode: 0o644, file: w.path("packaging/linux/plumbago.socket")})
	}
	return writeZipped(w.named(s, "tar.gz"), func(out io.Writer) error { return writeTar(out, w.date, entries) })
}

// sums writes the digests of all that users get.
func (w *workshop) sums() error {
	const name = "SHA256SUMS"
	files, err := os.ReadDir(w.out)
	if err != nil {
		return err
	}
	var text strings.Builder
	for _, f := range files {
		if f.IsDir() || f.Name() == name {
			continue
		}
		bytes, err := os.ReadFile(filepath.Join(w.out, f.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(&text, "%x  %s\n", sha256.Sum256(bytes), f.Name())
	}
	return os.WriteFile(filepath.Join(w.out, name), []byte(text.String()), 0o644)
}
