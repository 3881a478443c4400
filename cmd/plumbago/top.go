package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/plumbago/plumbago/admin"
)

// topCommand shows of what most of the points are.
type topCommand struct {
	By    string `enum:"source,prefix,tenant,reason" default:"prefix" help:"source: who sends them; prefix: how their names begin; tenant: whose they are; reason: why they were dropped (${default})."`
	N     int    `name:"number" short:"n" default:"20" help:"How many (${default})."`
	Depth int    `default:"2" help:"How many nodes a prefix has, 1 to 4 (${default})."`
	JSON  bool   `help:"As JSON."`
	gatewayChoice
}

func (c *topCommand) Run(ctx context.Context, s streams) error {
	o, err := c.operator(ctx)
	if err != nil {
		return err
	}
	query := url.Values{"by": {c.By}, "n": {strconv.Itoa(c.N)}, "depth": {strconv.Itoa(c.Depth)}}
	var top admin.Top
	if err := o.ask(ctx, "/top", query, &top); err != nil {
		return fmt.Errorf("top: %w", err)
	}
	if c.JSON {
		return json.NewEncoder(s.out).Encode(top)
	}
	t := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	if top.By == "reason" {
		fmt.Fprintln(t, "REASON\tDROPPED\tLAST SAMPLE")
	} else {
		fmt.Fprintf(t, "%s\tPOINTS/S\tPOINTS\tFIRST SEEN\tLAST SEEN\n", strings.ToUpper(top.By))
	}
	for _, e := range top.Entries {
		if top.By == "reason" {
			fmt.Fprintf(t, "%s\t%d\t%s\n", e.Key, e.Points, clock(e.Last))
			continue
		}
		fmt.Fprintf(t, "%s\t%.1f\t%s\t%s\t%s\n", shownKey(e.Key), e.Rate, pointsOf(e), clock(e.First), clock(e.Last))
	}
	return t.Flush()
}

// pointsOf is how many there were: between two numbers, where it is not known.
func pointsOf(e admin.TopEntry) string {
	if e.Error == 0 {
		return strconv.FormatUint(e.Points, 10)
	}
	return fmt.Sprintf("%d-%d", e.Points-min(e.Error, e.Points), e.Points)
}

func shownKey(key string) string {
	if key == "" {
		return "-"
	}
	return key
}

func clock(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format(time.DateTime)
}
