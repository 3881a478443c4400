package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/plumbago/plumbago/config"
)

// statusCommand shows what a running gateway does.
type statusCommand struct {
	JSON bool `help:"As the gateway says it, as JSON."`
	gatewayChoice
}

func (c *statusCommand) Run(ctx context.Context, s streams) error {
	o, err := c.operator(ctx)
	if err != nil {
		return err
	}
	answer, err := o.get(ctx, "/status", nil)
	if err != nil {
		return fmt.Errorf("status: %w", err)
	}
	defer answer.Body.Close()
	if c.JSON {
		_, err := io.Copy(s.out, answer.Body)
		return err
	}
	var now gatewayStatus
	if err := json.NewDecoder(answer.Body).Decode(&now); err != nil {
		return fmt.Errorf("status: read what the gateway says: %w", err)
	}
	return now.print(s.out)
}

// gatewayStatus is as much of what the gateway says as is shown.
type gatewayStatus struct {
	Time         unixTime            `json:"time"`
	Started      unixTime            `json:"started"`
	Accepting    bool                `json:"accepting"`
	Received     uint64              `json:"received"`
	Dropped      reasons             `json:"dropped"`
	Receivers    []receiverStatus    `json:"receivers"`
	Destinations []destinationStatus `json:"destinations"`
	Tenants      []tenantStatus      `json:"tenants"`
}

type receiverStatus struct {
	Name        string  `json:"name"`
	Address     string  `json:"address"`
	Connections int     `json:"connections"`
	Points      uint64  `json:"points"`
	Rejected    reasons `json:"rejected"`
}

type destinationStatus struct {
	Name       string   `json:"name"`
	Address    string   `json:"address"`
	Removed    bool     `json:"removed"`
	Connected  bool     `json:"connected"`
	Since      unixTime `json:"since"`
	LastError  string   `json:"last_error"`
	Waiting    uint64   `json:"waiting"`
	Confirming uint64   `json:"confirming"`
	Delivered  uint64   `json:"delivered"`
	Dropped    reasons  `json:"dropped"`
	Bytes      int64    `json:"bytes"`
	Oldest     unixTime `json:"oldest"`
	DiskError  string   `json:"disk_error"`
}

type tenantStatus struct {
	Name    string            `json:"name"`
	Points  map[string]uint64 `json:"points"`
	Dropped reasons           `json:"dropped"`
	Live    int               `json:"live_metrics"`
}

// print writes tables.
func (g gatewayStatus) print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	state := "accepting points"
	if !g.Accepting {
		state = "not accepting points"
	}
	fmt.Fprintf(t, "%s, up %s, %d points routed, went nowhere: %s\n\n", state, g.since(g.Started), g.Received, g.Dropped)
	fmt.Fprintln(t, "RECEIVER\tADDRESS\tCONNECTIONS\tPOINTS\tREJECTED")
	for _, r := range g.Receivers {
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%s\n", r.Name, r.Address, r.Connections, r.Points, r.Rejected)
	}
	fmt.Fprintln(t, "\nDESTINATION\tADDRESS\tSTATE\tWAITING\tOLDEST\tBYTES\tDELIVERED\tDROPPED")
	for _, d := range g.Destinations {
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%s\t%s\t%d\t%s\n", d.Name, d.Address, g.stateOf(d), d.Waiting,
			g.since(d.Oldest), config.Size(d.Bytes), d.Delivered+d.Confirming, d.Dropped)
	}
	if len(g.Tenants) > 0 {
		fmt.Fprintln(t, "\nTENANT\tPOINTS\tLIVE METRICS\tDROPPED")
	}
	for _, x := range g.Tenants {
		sum := uint64(0)
		for _, n := range x.Points {
			sum += n
		}
		fmt.Fprintf(t, "%s\t%d\t%d\t%s\n", shownKey(x.Name), sum, x.Live, x.Dropped)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	return g.printTrouble(w)
}

// printTrouble writes why destinations are down, and disks full.
func (g gatewayStatus) printTrouble(w io.Writer) error {
	for _, d := range g.Destinations {
		for _, why := range []string{d.DiskError, d.LastError} {
			if why == "" || why == d.LastError && d.Connected {
				continue
			}
			if _, err := fmt.Fprintf(w, "\n%s: %s\n", d.Name, why); err != nil {
				return err
			}
		}
	}
	return nil
}

func (g gatewayStatus) stateOf(d destinationStatus) string {
	state := "down"
	if d.Connected {
		state = "connected"
	}
	if d.Removed {
		state = "removed, " + state
	}
	return state + " " + g.since(d.Since)
}

// since is how long ago a time is by the gateway's clock.
func (g gatewayStatus) since(t unixTime) string {
	if t == 0 {
		return "-"
	}
	return max(0, time.Duration(float64(g.Time-t)*float64(time.Second))).Round(time.Second).String()
}

// unixTime is a time in Unix seconds; 0 is none.
type unixTime float64

// reasons is how many points were lost, by why.
type reasons map[string]uint64

// String has the most frequent first.
func (r reasons) String() string {
	var list []string
	for _, why := range slices.SortedFunc(maps.Keys(r), func(a, b string) int {
		return cmp.Or(cmp.Compare(r[b], r[a]), strings.Compare(a, b))
	}) {
		if r[why] > 0 {
			list = append(list, fmt.Sprintf("%d %s", r[why], why))
		}
	}
	return cmp.Or(strings.Join(list, ", "), "-")
}
