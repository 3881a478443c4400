package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/plumbago/plumbago/deliver"
)

// remote is a far end that can be asked whether it is as the configuration says.
type remote struct {
	what  string
	check func(ctx context.Context) (differences []string, err error)
}

// remotes lists those of a configuration.
func remotes(s *setup) (list []remote, err error) {
	for _, o := range s.relay.Sources {
		if o.Check != nil {
			list = append(list, remote{"receiver " + o.Name, o.Check})
		}
	}
	for _, d := range s.relay.Destinations {
		far, err := d.Far(slog.New(slog.DiscardHandler), nil)
		if err != nil {
			return nil, fmt.Errorf("destination %q: %w", d.Name, err)
		}
		if c, ok := far.(deliver.Checker); ok {
			list = append(list, remote{"destination " + d.Name, c.Check})
		}
		if c, ok := far.(io.Closer); ok {
			c.Close()
		}
	}
	return list, nil
}

// asking bounds what one far end takes to answer.
const asking = 15 * time.Second

// ask says how the far ends are set up that can tell. It returns an error if one
// cannot be asked, or is another than the configuration says.
func ask(ctx context.Context, w io.Writer, s *setup) error {
	list, err := remotes(s)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		fmt.Fprintln(w, "connect: no far end here can say how it is set up")
	}
	var failed []error
	for _, r := range list {
		if err := askOne(ctx, w, r); err != nil {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

func askOne(ctx context.Context, w io.Writer, r remote) error {
	ctx, cancel := context.WithTimeout(ctx, asking)
	defer cancel()
	differences, err := r.check(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("connect: %s: %w", r.what, err)
	case len(differences) == 0:
		fmt.Fprintf(w, "connect: %s: as configured\n", r.what)
		return nil
	}
	for _, d := range differences {
		fmt.Fprintf(w, "connect: %s: %s\n", r.what, d)
	}
	return fmt.Errorf("connect: %s is not as configured", r.what)
}
