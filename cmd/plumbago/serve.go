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
	db := &database{}
	g, err := openGateway(func() (*setup, error) { return fromYML(c.Config, db) }, s.err)
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
everything into the Graphite database in ./plumbago-data/whisper.

Open http://127.0.0.1:8090/ and try, in another terminal:

  printf 'hello.world 42\n' | nc -q0 127.0.0.1 2003                               # send a point
  while sleep 1; do echo "hello.load $(cut -d' ' -f1 /proc/loadavg)"; done | nc 127.0.0.1 2003    # draw a line
  curl -s '127.0.0.1:8090/render?target=hello.*&from=-5min&format=json'            # ask for both, as Grafana does

Ctrl-C stops it; nothing that was read is lost.

`
