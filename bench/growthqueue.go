package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// queueTrend grows what waits in the queue.
func queueTrend() trend {
	return trend{name: "queue", heading: "A backlog in the queue", axis: "GiB", private: true,
		sizes: []int64{0, 1, 10, 100}, small: []int64{0, 1}, costs: []string{"appending", "delivering"},
		note: "Start is from the start of the process until it is ready; then points are appended behind the backlog while the destination " +
			"is down, and then it comes back and is delivered as many points of the backlog. The lines of the backlog share their blocks on " +
			"a file system that can do that, since only their number is of interest.",
		run: func(ctx context.Context, g *growth, size int64) (sample, error) { return g.measureQueue(ctx, size<<30) }}
}

const growthQueueConfiguration = `
queue: {max_bytes: 1000GiB, replay_rate: unlimited}
data_dir: '{{data}}'
receive:
  - {protocol: line, listen: '{{line}}'}
deliver:
  - {name: sink, type: carbon, address: '{{out}}', protocol: line}
admin: {socket: '{{socket}}'}
log: {level: warn}
`

func (g *growth) measureQueue(ctx context.Context, bytes int64) (s sample, err error) {
	if err := roomFor(g.Dir, bytes, int64(g.Points)*200); err != nil {
		return s, err
	}
	t, err := g.newGrowthTrial(growthQueueConfiguration)
	if err != nil {
		return s, err
	}
	defer t.over()
	t.drain.down()
	if bytes > 0 {
		begun := time.Now()
		points, err := makeBacklog(ctx, filepath.Join(t.dir, "data", "sink"), bytes)
		if err != nil {
			return s, err
		}
		fmt.Fprintf(g.progress, "queue: %s points in %d GiB made in %.1f s\n", thousands(points), bytes>>30, time.Since(begun).Seconds())
	}
	if s.Start, err = t.begin(ctx); err != nil {
		return s, err
	}
	s.Costs = make([]float64, 2)
	if s.Costs[0], err = t.append(ctx, g.Points); err != nil {
		return s, err
	}
	s.Costs[1], err = t.deliver(ctx, g.Points)
	s.Peak = t.usage().Peak
	return s, err
}

// append sends points while the destination is down, and returns what a million cost.
func (t *growthTrial) append(ctx context.Context, points int) (float64, error) {
	before := t.usage()
	if err := t.send(ctx, hostNames(10_000), points); err != nil {
		return 0, err
	}
	const appended = `plumbago_queue_appended_points_total{dest="sink"}`
	err := t.until(ctx, "the points to be appended", func(now counters) (bool, error) { return now[appended] >= float64(points), nil })
	return (t.usage().CPU - before.CPU).Seconds() / float64(points) * 1e6, err
}

// deliver lets the destination come back, and waits until it has so many points.
func (t *growthTrial) deliver(ctx context.Context, points int) (float64, error) {
	before := t.usage()
	if err := t.drain.up(); err != nil {
		return 0, err
	}
	err := t.wait(ctx, func() bool { return t.came.n.Load() >= int64(points) })
	return (t.usage().CPU - before.CPU).Seconds() / float64(max(1, t.came.n.Load())) * 1e6, err
}

// growthImage is the file that holds a file system while it is mounted.
func growthImage(dir string) string { return filepath.Join(dir, "image") }

// growthMount is where it is.
func growthMount(dir string) (string, error) {
	at := filepath.Join(dir, "disk")
	return at, os.MkdirAll(at, 0o755)
}
