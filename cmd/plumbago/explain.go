package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/plumbago/plumbago/internal/name"
	"github.com/plumbago/plumbago/route"
)

// explainCommand says where metrics go, and why.
type explainCommand struct {
	Config   string   `short:"c" placeholder:"FILE" help:"The configuration: plumbago.yml or carbon.conf; without it, the default one."`
	Instance string   `default:"${carbon_instance}" help:"For carbon.conf: the instance."`
	Tenant   string   `placeholder:"NAME" help:"Whose points they are, where there are tenants. Without it a key in front of a name tells."`
	JSON     bool     `help:"One JSON object a line, with every rule's verdict."`
	Names    []string `arg:"" optional:"" name:"name" help:"Metric names; without any, from standard input, one a line."`
}

// explanation is what --json prints of a name.
type explanation struct {
	Name         string          `json:"name"`
	Tenant       string          `json:"tenant,omitempty"`
	RoutedAs     string          `json:"routed_as,omitempty"` // if its tags are put in order first, or it is named for its tenant
	Refused      string          `json:"refused,omitempty"`   // why no line can carry the name
	Dropped      string          `json:"dropped,omitempty"`   // why its points would go nowhere
	Destinations []string        `json:"destinations"`
	Rules        []route.Verdict `json:"rules"`
}

func (c *explainCommand) Run(_ context.Context, s streams) error {
	found, err := readInstance(c.Config, c.Instance)
	if err != nil {
		return err
	}
	table, err := found.table()
	if err != nil {
		return err
	}
	entrance, err := found.entrance(c.Tenant)
	if err != nil {
		return usageError{fmt.Errorf("explain: %w", err)}
	}
	if known := tenantNames(found.relay); len(known) > 0 && c.Tenant == "" {
		fmt.Fprintf(s.err, "plumbago: note: without --tenant and without a key a name is taken for nobody's; the tenants are %s\n", strings.Join(known, ", "))
	}
	x := explaining{table, entrance, c.Tenant, found.relay.Quarantine, found.keepsTags()}
	out := bufio.NewWriter(s.out)
	defer out.Flush()
	for n, err := range eachName(c.Names, s.in) {
		if err != nil {
			return fmt.Errorf("read names: %w", err)
		}
		if err := c.print(out, x.explain(n)); err != nil {
			return err
		}
	}
	return out.Flush()
}

// tables tells how the routing looks to a tenant's points.
type tables interface {
	For(tenant string) *route.View
}

// explaining is what names are explained by.
type explaining struct {
	table      tables
	entrance   *entrance
	tenant     string // that was asked for
	quarantine string
	keepTags   bool
}

func (x explaining) explain(n string) explanation {
	e := explanation{Name: n, Tenant: x.tenant, Destinations: []string{}, Rules: []route.Verdict{}}
	if why := name.Check([]byte(n)); why != "" {
		e.Refused = string(why)
		return e
	}
	canonical := n
	if !x.keepTags {
		canonical = string(name.AppendCanonical(nil, []byte(n)))
	}
	inside := x.entrance.pass(canonical)
	if canonical = inside.name; canonical != n {
		e.RoutedAs = canonical
	}
	if inside.tenant != "" {
		e.Tenant = inside.tenant
	}
	switch {
	case inside.refused != "":
		e.Dropped = string(inside.refused)
		return e
	case inside.quarantined:
		e.Destinations = append(e.Destinations, x.quarantine)
		return e
	}
	view := x.table.For(inside.tenant)
	e.Dropped = string(view.Drops(canonical))
	e.Destinations = append(e.Destinations, view.Destinations(canonical)...)
	e.Rules = view.Explain(canonical)
	return e
}

// print writes one line: the plain form is the name, a tab, and the
// destinations joined by commas, or - for none.
func (c *explainCommand) print(w io.Writer, e explanation) error {
	if c.JSON {
		return json.NewEncoder(w).Encode(e)
	}
	to := strings.Join(e.Destinations, ",")
	if to == "" {
		to = "-"
	}
	_, err := fmt.Fprintf(w, "%s\t%s\n", e.Name, to)
	return err
}

// eachName yields names, or the lines of r if there are none.
func eachName(names []string, r io.Reader) func(yield func(string, error) bool) {
	return func(yield func(string, error) bool) {
		for _, n := range names {
			if !yield(n, nil) {
				return
			}
		}
		if len(names) > 0 {
			return
		}
		lines := bufio.NewScanner(r)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			if n := strings.TrimSuffix(lines.Text(), "\r"); n != "" && !yield(n, nil) {
				return
			}
		}
		if err := lines.Err(); err != nil {
			yield("", err)
		}
	}
}
