package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/plumbago/plumbago/config"
)

// migrateCommand makes a plumbago.yml of another relay's configuration.
type migrateCommand struct {
	From     string `enum:"auto,carbon,c-relay,relay-ng" default:"auto" help:"What wrote the file's language: carbon, c-relay or relay-ng; auto tells by the content."`
	Instance string `default:"${carbon_instance}" help:"For carbon.conf: the instance."`
	Stunnel  string `placeholder:"FILE" help:"The stunnel.conf of a stunnel beside the relay: what goes through it goes by TLS without it."`
	Verify   string `placeholder:"NAMES" type:"existingfile" help:"Do not print it, but compare where both send the names in this file, one a line."`
	File     string `arg:"" help:"carbon.conf, or the configuration of carbon-c-relay or carbon-relay-ng."`
}

// Help is what --help says besides.
func (migrateCommand) Help() string {
	return `The equivalent plumbago.yml goes to standard output. What has no equivalent in it goes to standard error, each with its place, and makes the exit status 1; it is 0 if everything has one, and 2 if the file cannot be read. With --verify the status is 1 if any name would go elsewhere.`
}

func (c *migrateCommand) Run(_ context.Context, s streams) error {
	d, err := c.draft()
	if err != nil {
		return usageError{fmt.Errorf("migrate %s: %w", c.File, err)}
	}
	text, written, err := d.text()
	if err != nil {
		d.complain(s.err)
		return fmt.Errorf("migrate %s: %w", c.File, err)
	}
	if c.Verify != "" {
		return c.verify(s.out, d, written)
	}
	if _, err := s.out.Write(text); err != nil {
		return err
	}
	if d.complain(s.err); len(d.left) > 0 {
		return errTold
	}
	return nil
}

// draft reads the files.
func (c *migrateCommand) draft() (*draft, error) {
	t, err := loadTunnels(c.Stunnel)
	if err != nil {
		return nil, err
	}
	d, err := c.draftFrom(t)
	if err == nil {
		t.finish()
		d.explain()
	}
	return d, err
}

// draftFrom reads the relay's file as what it is.
func (c *migrateCommand) draftFrom(t *tunnels) (*draft, error) {
	from := c.From
	if from == "auto" {
		text, err := os.ReadFile(c.File)
		if err != nil {
			return nil, err
		}
		if from = recognise(text); from == "" {
			return nil, fmt.Errorf("it is not clear whose configuration this is; say it with --from carbon, c-relay or relay-ng")
		}
	}
	switch from {
	case "carbon":
		return draftFromCarbon(c.File, c.Instance, t)
	case "c-relay":
		return draftFromCRelay(c.File, t)
	}
	return draftFromRelayNG(c.File, t)
}

var (
	carbonSection = regexp.MustCompile(`(?m)^\[(cache|relay|aggregator)[:\]]`)
	relayNGLine   = regexp.MustCompile(`(?m)^\s*(\[\[(route|aggregation|rewriter)\]\]|(listen_addr|admin_addr|spool_dir|blacklist)\s*=)`)
)

// recognise returns whose configuration a text is, or "".
func recognise(text []byte) string {
	statements := []string{"cluster", "match", "rewrite", "aggregate", "send", "statistics", "listen", "include"}
	switch {
	case carbonSection.Match(text):
		return "carbon"
	case relayNGLine.Match(text):
		return "relay-ng"
	case slices.Contains(statements, firstWord(text)):
		return "c-relay"
	}
	return ""
}

// firstWord returns the first word that is not in a comment.
func firstWord(text []byte) string {
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		line, _, _ := strings.Cut(lines.Text(), "#")
		if words := strings.Fields(line); len(words) > 0 {
			return words[0]
		}
	}
	return ""
}

// text returns the file, and what is read out of it again.
func (d *draft) text() ([]byte, *config.Config, error) {
	if len(d.config.Route) == 0 {
		return nil, nil, fmt.Errorf("no rule of it has an equivalent")
	}
	var b bytes.Buffer
	if err := config.Write(&b, d.config, d.comments); err != nil {
		return nil, nil, err
	}
	c, err := config.Parse("plumbago.yml", b.Bytes(), config.Lookup{})
	if err != nil {
		return nil, nil, fmt.Errorf("what it comes to cannot be read: %w", layOut(err))
	}
	return b.Bytes(), c, nil
}
