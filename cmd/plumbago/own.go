package main

import (
	"os"
	"strings"

	"github.com/plumbago/plumbago/config"
	"github.com/plumbago/plumbago/relay"
)

// ownMetrics is where the gateway's metrics go as points.
func ownMetrics(c *config.Config) relay.OwnMetrics {
	if c.Own == nil {
		return relay.OwnMetrics{}
	}
	o := relay.OwnMetrics{Prefix: c.Own.Prefix, Interval: c.Own.Interval, To: c.Own.To}
	if o.Prefix == "" {
		o.Prefix = "plumbago." + strings.ReplaceAll(hostname(), ".", "_")
	}
	return o
}

func hostname() string {
	host, err := os.Hostname()
	if err != nil {
		return "localhost"
	}
	return host
}
