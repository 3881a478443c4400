package main

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// healthCommand says whether a gateway runs, and is ready: for checks of containers.
type healthCommand struct {
	Ready bool `help:"Whether it takes points, and none waits for longer than admin.ready_max_age; otherwise only whether it runs."`
	gatewayChoice
}

// healthPatience is how long a gateway may take to answer.
const healthPatience = 5 * time.Second

func (c *healthCommand) Run(ctx context.Context, s streams) error {
	ctx, cancel := context.WithTimeout(ctx, healthPatience)
	defer cancel()
	o, err := c.operator(ctx)
	if err != nil {
		return err
	}
	path := "/healthz"
	if c.Ready {
		path = "/readyz"
	}
	answer, err := o.get(ctx, path, nil)
	if r, ok := err.(refused); ok && r.code == http.StatusServiceUnavailable {
		return fmt.Errorf("not ready: %s", r.text)
	}
	if err != nil {
		return fmt.Errorf("health: %w", err)
	}
	defer answer.Body.Close()
	_, err = fmt.Fprintln(s.out, "ok")
	return err
}
