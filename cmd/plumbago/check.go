package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/plumbago/plumbago/config"
	"github.com/plumbago/plumbago/config/carbonconf"
	"github.com/plumbago/plumbago/internal/pyregex"
	"github.com/plumbago/plumbago/route"
)

// checkCommand validates a file of either kind and says what would run.
type checkCommand struct {
	File     string `arg:"" help:"The configuration: plumbago.yml or carbon.conf."`
	Instance string `default:"${carbon_instance}" help:"For carbon.conf: the instance."`
	Connect  bool   `help:"Also connect to the far ends that can say how they are set up, and compare."`
}

func (c *checkCommand) Run(ctx context.Context, s streams) error {
	found, err := readInstance(c.File, c.Instance)
	if err != nil {
		return err
	}
	if found.flaws != nil { // carbon would start with them, and lose points
		return usageError{fmt.Errorf("check %s: %w", c.File, layOut(found.flaws))}
	}
	table, err := found.table()
	if err != nil {
		return err
	}
	for _, w := range table.Warnings() {
		fmt.Fprintf(s.err, "plumbago: warning: %s: route: %s\n", c.File, w)
	}
	if err := describe(s.out, found); err != nil || !c.Connect {
		return err
	}
	return ask(ctx, s.out, found)
}

// describe says what would run.
func describe(w io.Writer, s *setup) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "%s is fine. It would run:\n", s.file)
	for _, r := range s.relay.Receivers {
		fmt.Fprintf(t, "receive\t%s\ton %s%s\n", r.Protocol, r.Address, circumstances(r))
	}
	for _, o := range s.relay.Sources {
		fmt.Fprintf(t, "receive\t%s\tfrom %s\n", o.Protocol, o.Address)
	}
	describeTenants(t, s.relay)
	for i, r := range s.relay.Rules {
		fmt.Fprintf(t, "route\t%d\t%s\tto %s%s\n", i+1, matching(r), target(r), ifContinue(r))
	}
	for _, d := range s.relay.Destinations {
		fmt.Fprintf(t, "deliver\t%s\t%s at %s\tqueue of %s in %s\n", d.Name, d.Kind, d.Address, config.Size(d.Queue.MaxBytes), d.QueueDir)
	}
	if s.admin != "" {
		fmt.Fprintf(t, "admin\t\ton %s\n", s.admin)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	return notes(w, s.notes)
}

func matching(r route.Rule) string {
	text := r.Match
	if text == "" && r.Pattern == nil {
		text = "everything"
	}
	if r.Label != "" {
		text = "[" + r.Label + "] " + text
	}
	if len(r.Tenants) > 0 {
		text += " of " + strings.Join(r.Tenants, ", ")
	}
	if p, ok := r.Pattern.(*pyregex.Regexp); ok {
		text += " (" + p.Engine() + ")"
	}
	return text
}

func target(r route.Rule) string {
	to := strings.Join(r.To, ", ")
	if r.By == nil {
		return to
	}
	return fmt.Sprintf("%d of %s by %s", max(1, r.By.Replicas), to, r.By.Kind)
}

func ifContinue(r route.Rule) string {
	if r.Continue {
		return ", and on to the next rule"
	}
	return ""
}

func notes(w io.Writer, list []carbonconf.Note) error {
	for _, n := range list {
		place := n.File
		if n.Line > 0 {
			place = fmt.Sprintf("%s:%d", n.File, n.Line)
		}
		if _, err := fmt.Fprintf(w, "%s: %s: %s\n", place, n.Setting, n.Text); err != nil {
			return err
		}
	}
	return nil
}
