package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/plumbago/plumbago/config"
	"github.com/plumbago/plumbago/internal/name"
	"github.com/plumbago/plumbago/route"
)

// maxUnlike bounds the names that are shown.
const maxUnlike = 20

// verify compares where the old file and the new one send names.
func (c *migrateCommand) verify(w io.Writer, d *draft, written *config.Config) error {
	f, err := os.Open(c.Verify)
	if err != nil {
		return usageError{fmt.Errorf("verify: %w", err)}
	}
	defer f.Close()
	before, err := d.old()
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	after, err := d.placesOf(written)
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	alike, unlike, err := compare(w, f, before, after)
	if err != nil {
		return fmt.Errorf("verify: read names: %w", err)
	}
	fmt.Fprintf(w, "%d of %s placed alike\n", alike, plural(alike+unlike, "name"))
	if unlike > 0 {
		return errTold
	}
	return nil
}

// placesOf returns where the new file sends names, by what the old one calls
// the destinations.
func (d *draft) placesOf(c *config.Config) (places, error) {
	var names []string
	for _, dest := range c.Deliver {
		names = append(names, dest.Name)
	}
	t, err := route.New(route.Options{Rules: c.Rules(), Destinations: names})
	if err != nil {
		return nil, err
	}
	return func(n string) []string {
		return d.names(t.Destinations(string(name.AppendCanonical(nil, []byte(n)))))
	}, nil
}

// compare counts the names of r that are placed alike and those that are not,
// of which it shows the first.
func compare(w io.Writer, r io.Reader, before, after places) (alike, unlike int, err error) {
	out := bufio.NewWriter(w)
	for n, err := range eachName(nil, r) {
		if err != nil {
			return alike, unlike, err
		}
		was, is := before(n), after(n)
		slices.Sort(was)
		if was = slices.Compact(was); slices.Equal(was, is) {
			alike++
			continue
		}
		if unlike++; unlike <= maxUnlike {
			fmt.Fprintf(out, "%s\t%s\t%s\n", n, orNone(was), orNone(is))
		}
	}
	if more := unlike - maxUnlike; more > 0 {
		fmt.Fprintf(out, "and %d more\n", more)
	}
	return alike, unlike, out.Flush()
}

func orNone(destinations []string) string {
	if len(destinations) == 0 {
		return "-"
	}
	return strings.Join(destinations, ",")
}
