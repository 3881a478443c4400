package main

import (
	"context"
	"fmt"
)

// serveCommand runs the gateway until it is told to stop.
type serveCommand struct {
	Config string `short:"c" placeholder:"FILE" help:"The configuration, such as plumbago.yml."`
}

func (c *serveCommand) Run(ctx context.Context, s streams) error {
	g, err := openGateway(func() (*setup, error) { return fromYML(c.Config) }, s.err)
	if err != nil {
		return err
	}
	if c.Config == "" {
		fmt.Fprint(s.out, welcome)
	}
	return g.run(ctx)
}

// welcome is printed where the gateway runs on its default configuration.
const welcome = `
plumbago runs on its default configuration: lines on 127.0.0.1:2003 (TCP and UDP), pickles on 127.0.0.1:2004,
everything to a carbon on 127.0.0.1:2013, which may be absent: what it does not take waits in ./plumbago-data.

Try, in another terminal:

  printf 'a.b 1\n' | nc -q0 127.0.0.1 2003     # send a point
  bin/plumbago queue cat                       # see it wait
  bin/plumbago queue ls                        # how much waits, and since when

and look at http://127.0.0.1:8090/ for what flows. Ctrl-C stops it; nothing that was read is lost.

`
