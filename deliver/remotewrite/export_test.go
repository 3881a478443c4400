package remotewrite

import (
	"strings"

	"github.com/plumbago/plumbago/internal/mapping"
	"github.com/plumbago/plumbago/metric"
)

// Identify returns the tenant and the series that a name means, as Prometheus writes
// it, or why there is none.
func Identify(rules *mapping.Rules, o Options, name string) (tenant, series, fate string) {
	id := namer{rules: rules, strict: o.Strict, tenants: o.Tenants}.identify(name)
	var labels []string
	for _, l := range id.labels {
		labels = append(labels, l.Name+"="+l.Value)
	}
	return id.tenant, strings.Join(labels, " "), string(id.fate)
}

// Share does what Post does before anything is sent, and returns how many points each
// shard has.
func (d *Destination) Share(b metric.Batch) (points []int) {
	d.ShareOnly(b)
	for _, s := range d.shards {
		n := 0
		for _, l := range s.lanes {
			n += len(l.points)
		}
		points = append(points, n)
	}
	return points
}

// ShareOnly is Share without the count.
func (d *Destination) ShareOnly(b metric.Batch) {
	d.begun.forget()
	d.begun.resume(b)
	session{d}.share(b)
}

// Encode has each shard write the message of its points.
func (d *Destination) Encode() {
	for _, s := range d.shards {
		for i := range s.lanes {
			all, _ := s.group(s.lanes[i].points)
			s.encode(all)
			s.encoder.Message()
		}
	}
}

// CacheBytes is what the cache takes.
func (d *Destination) CacheBytes() int { return d.cache.young.bytes + d.cache.old.bytes }
