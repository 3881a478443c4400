package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/plumbago/plumbago/admin"
	"github.com/plumbago/plumbago/relay"
)

// tapCommand shows a live sample of what flows.
type tapCommand struct {
	Match   string `short:"m" placeholder:"RE" help:"Only names in which this RE2 expression finds something."`
	Tenant  string `placeholder:"NAME" help:"Only points of this tenant."`
	Dest    string `placeholder:"NAME" help:"Only points that go to this destination."`
	Dropped bool   `help:"Points that are dropped, and why, instead of those that go somewhere."`
	Rate    int    `default:"100" help:"Points a second at most, up to 10000 (${default}). What is beyond is passed over, and told of on standard error."`
	Count   int    `short:"n" help:"End after so many points."`
	JSON    bool   `help:"One JSON object a line."`
	gatewayChoice
}

func (c *tapCommand) Run(ctx context.Context, s streams) error {
	o, err := c.operator(ctx)
	if err != nil {
		return err
	}
	query := url.Values{"rate": {strconv.Itoa(c.Rate)}}
	for key, value := range map[string]string{"match": c.Match, "tenant": c.Tenant, "dest": c.Dest} {
		if value != "" {
			query.Set(key, value)
		}
	}
	if c.Dropped {
		query.Set("dropped", "1")
	}
	answer, err := o.get(ctx, "/tap", query)
	if err != nil {
		return fmt.Errorf("tap: %w", err)
	}
	defer answer.Body.Close()
	if err = c.print(s, answer.Body); ctx.Err() != nil {
		return nil // asked to end
	}
	return err
}

// tapped is a line of the gateway's answer.
type tapped struct {
	relay.Seen
	admin.Passed
}

// print prints what the gateway shows until it ends, or there is enough.
func (c *tapCommand) print(s streams, from io.Reader) error {
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 1<<20)
	for shown := 0; lines.Scan(); {
		var t tapped
		if err := json.Unmarshal(lines.Bytes(), &t); err != nil {
			return fmt.Errorf("tap: read what the gateway shows: %w", err)
		}
		if t.Over > 0 && !c.JSON {
			fmt.Fprintf(s.err, "plumbago: %s passed over\n", plural(int(t.Over), "point"))
			continue
		}
		text := lines.Text()
		if !c.JSON {
			text = t.String()
		}
		if _, err := fmt.Fprintln(s.out, text); err != nil {
			return err
		}
		if t.Over == 0 {
			shown++
		}
		if shown == c.Count && c.Count > 0 {
			return nil
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("tap: %w", err)
	}
	return errors.New("tap: the gateway has ended")
}

// String is what a point is shown as: its line, a tab, and where it goes; behind a
// further tab whose it is, or who sent it.
func (t tapped) String() string {
	fields := []string{t.Line, strings.Join(t.To, ",")}
	if t.Points > 0 {
		fields[0] = fmt.Sprintf("(%s in the queue)", plural(int(t.Points), "point"))
	}
	if t.Dropped != "" {
		fields[1] = strings.TrimPrefix(fields[1]+" dropped: "+string(t.Dropped), " ")
	}
	if t.Tenant != "" {
		fields = append(fields, "of "+t.Tenant)
	}
	if t.Peer != "" {
		fields = append(fields, "from "+t.Peer)
	}
	return strings.Join(fields, "\t")
}
