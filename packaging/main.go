// Command packaging makes what is given to users: archives, packages and images for
// every system, with their digests and what is in them. The same source gives the
// same bytes.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/alecthomas/kong"
)

// commandLine is what can be typed; its tags are the help.
type commandLine struct {
	Source  string `default:"." placeholder:"DIR" help:"The source."`
	Out     string `default:"dist" placeholder:"DIR" help:"Where it goes."`
	Version string `required:"" help:"The version, as git describes it."`
	Only    string `placeholder:"SYSTEM" help:"One system alone, such as linux/amd64."`

	Release releaseCommand `cmd:"" help:"Archives, packages, images, and lists of what is in them."`
	Image   imageCommand   `cmd:"" help:"Images of containers alone, each a layout of the OCI in a tar file."`
}

func main() {
	var cli commandLine
	parsed := kong.Parse(&cli, kong.Name("packaging"))
	err := parsed.Run(&cli)
	if err != nil {
		fmt.Fprintln(os.Stderr, "packaging:", err)
		os.Exit(1)
	}
}

// workshop is a place to build in, and what all that is built has in common.
type workshop struct {
	source
	out      string // what users get
	aside    string // what is only needed on the way
	systems  []system
	binaries map[system]string // those that are built
	papers   papers
}

// each has a workshop make something for each system, and then the digests of all.
func (c *commandLine) each(all []system, work func(*workshop, system) error) error {
	w, err := c.open(all)
	if err != nil {
		return err
	}
	defer os.RemoveAll(w.aside)
	if w.papers, err = w.readPapers(); err != nil {
		return err
	}
	for _, s := range w.systems {
		if err := work(w, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return w.sums()
}

func (c *commandLine) open(all []system) (*workshop, error) {
	src, err := readSource(c.Source, c.Version)
	if err != nil {
		return nil, err
	}
	chosen, err := only(all, c.Only)
	if err != nil {
		return nil, err
	}
	out, err := filepath.Abs(c.Out)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return nil, err
	}
	aside, err := os.MkdirTemp("", "plumbago-packaging-")
	return &workshop{source: src, out: out, aside: aside, systems: chosen, binaries: map[system]string{}}, err
}
