package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/plumbago/plumbago/config"
	"github.com/plumbago/plumbago/route"
)

// checkCommand validates a file and says what would run.
type checkCommand struct {
	File string `arg:"" help:"The configuration, such as plumbago.yml."`
}

func (c *checkCommand) Run(_ context.Context, s streams) error {
	settings, err := load(c.File)
	if err != nil {
		return err
	}
	if _, err := parts(settings); err != nil {
		return err
	}
	table, err := route.New(rules(settings), destinationNames(settings))
	if err != nil {
		return usageError{fmt.Errorf("read configuration %s: route: %w", c.File, err)}
	}
	for _, w := range table.Warnings() {
		fmt.Fprintf(s.err, "plumbago: warning: %s: route: %s\n", c.File, w)
	}
	return describe(s.out, c.File, settings)
}

// describe says what would run.
func describe(w io.Writer, file string, c *config.Config) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "%s is fine. It would run:\n", file)
	for _, r := range c.Receive {
		fmt.Fprintf(t, "receive\t%s\ton %s\n", r.Protocol, r.Listen)
	}
	for i, r := range rules(c) {
		fmt.Fprintf(t, "route\t%d\t%s\tto %s%s\n", i+1, matching(r.Match), strings.Join(r.To, ", "), ifContinue(r))
	}
	for _, d := range c.Deliver {
		fmt.Fprintf(t, "deliver\t%s\t%s by %s at %s\tqueue of %s in %s\n",
			d.Name, d.Type, d.Protocol, d.Address, d.Queue.MaxBytes, queueDir(c.DataDir, d.Name))
	}
	if c.Admin.Listen != "" {
		fmt.Fprintf(t, "admin\t\ton %s\n", c.Admin.Listen)
	}
	return t.Flush()
}

func matching(pattern string) string {
	if pattern == "" {
		return "everything"
	}
	return pattern
}

func ifContinue(r route.Rule) string {
	if r.Continue {
		return ", and on to the next rule"
	}
	return ""
}
