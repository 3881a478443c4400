package config

import (
	"slices"
	"strings"
	"time"
)

// Own has the gateway tell of itself: its metrics, as points.
type Own struct {
	// Prefix is what their names begin with. Default: plumbago, and behind a dot the
	// machine's name, its own dots made underscores.
	Prefix string `yaml:"prefix" like:"plumbago.edge-1"`

	// Interval is how often. Default 10s.
	Interval time.Duration `yaml:"interval" like:"10s" min:"1s" max:"1h"`

	// To lists the destinations. Rules are not asked about these points, and a queue
	// that is nearly full does without them.
	To []string `yaml:"to" like:"carbon" need:"yes"`
}

func (o *Own) defaults(*Config) { o.Interval = 10 * time.Second }

func (d *decoder) checkOwn() {
	o := d.config.Own
	if o == nil {
		return
	}
	if s, ok := d.spots["own.prefix"]; ok && strings.ContainsAny(o.Prefix, " \t\r\n;") {
		d.problem(s, "prefix: want what names can begin with, like %q, got %s", "plumbago.edge-1", s.show())
	}
	names, shown := d.destinationNames()
	for i, to := range o.To {
		s, ok := d.spots[entry("own.to", i)]
		switch {
		case !ok:
		case !slices.Contains(names, to):
			d.unknownName(s, "to: no destination", shown)
		case slices.Index(o.To, to) < i:
			d.problem(s, "to: %s is there twice; leave one out", s.show())
		}
	}
}
