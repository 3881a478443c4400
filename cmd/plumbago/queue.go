package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/plumbago/plumbago/config"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/queue"
)

// queueCommand shows and drops what waits on disk.
type queueCommand struct {
	List   queueListCommand   `cmd:"" name:"ls" help:"How much waits for each destination, and since when. For some seconds after its delivery, until it is confirmed, a point counts as waiting."`
	Stat   queueStatCommand   `cmd:"" help:"Segments, ranges and quarantine of each queue."`
	Cat    queueCatCommand    `cmd:"" help:"Print the waiting points as lines, oldest first."`
	Verify queueVerifyCommand `cmd:"" help:"Read everything and say what is damaged."`
	Drop   queueDropCommand   `cmd:"" help:"Drop all that waits for a destination."`
}

// queueChoice says which queues are meant.
type queueChoice struct {
	Config       string   `short:"c" placeholder:"FILE" xor:"where" help:"The gateway's configuration: plumbago.yml or carbon.conf."`
	Instance     string   `default:"${carbon_instance}" help:"For carbon.conf: the instance."`
	DataDir      string   `placeholder:"DIR" xor:"where" help:"The gateway's data_dir, instead of its configuration. Without either: ./plumbago-data, or else that of a default installation."`
	Destinations []string `arg:"" optional:"" name:"destination" help:"Only these."`
}

// named is a queue's folder with its destination's name.
type named struct{ name, dir string }

// queues lists the queues that are meant, by name.
func (c *queueChoice) queues() ([]named, error) {
	dir, err := c.dataDir()
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(queuesDir(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usageError{fmt.Errorf("no queues in %s: name the gateway's file by --config, or its folder by --data-dir", dir)}
	}
	if err != nil {
		return nil, err
	}
	var found []named
	for _, e := range entries {
		name := destinationOf(e.Name())
		if e.IsDir() && (len(c.Destinations) == 0 || slices.Contains(c.Destinations, name)) {
			found = append(found, named{name, queueDir(dir, e.Name())})
		}
	}
	for _, want := range c.Destinations {
		if !slices.ContainsFunc(found, func(n named) bool { return n.name == want }) {
			return nil, usageError{fmt.Errorf("no queue of %q in %s", want, queuesDir(dir))}
		}
	}
	return found, nil
}

func (c *queueChoice) dataDir() (string, error) {
	switch {
	case c.DataDir != "":
		return c.DataDir, nil
	case c.Config != "":
		return dataDirOf(c.Config, c.Instance)
	}
	if _, err := os.Stat(defaultDataDir); err == nil {
		return defaultDataDir, nil
	}
	return config.DefaultDataDir, nil
}

type queueListCommand struct{ queueChoice }

func (c *queueListCommand) Run(s streams) error {
	found, err := c.queues()
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "DESTINATION\tPOINTS\tBYTES\tOLDEST\tGATEWAY")
	for _, q := range found {
		sum, err := queue.Inspect(q.dir)
		if err != nil {
			return fmt.Errorf("queue of %q: %w", q.name, err)
		}
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%s\n", q.name, sum.Points, config.Size(sum.Bytes), age(sum.Oldest), running(sum.InUse))
	}
	return t.Flush()
}

func age(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return max(0, time.Since(t)).Round(time.Second).String()
}

func running(inUse bool) string {
	if inUse {
		return "running"
	}
	return "stopped"
}

type queueStatCommand struct{ queueChoice }

func (c *queueStatCommand) Run(s streams) error {
	found, err := c.queues()
	if err != nil {
		return err
	}
	for _, q := range found {
		sum, err := queue.Inspect(q.dir)
		if err != nil {
			return fmt.Errorf("queue of %q: %w", q.name, err)
		}
		fmt.Fprintf(s.out, "%s: %s, %s, oldest %s, gateway %s, in %s\n",
			q.name, plural(int(sum.Points), "point"), config.Size(sum.Bytes), age(sum.Oldest), running(sum.InUse), q.dir)
		printSummary(s, sum)
	}
	return nil
}

func printSummary(s streams, sum queue.Summary) {
	for _, r := range sum.Ranges {
		kind := "live"
		if r.Backlog {
			kind = "backlog"
		}
		fmt.Fprintf(s.out, "  to deliver: points %d to %d (%s)\n", r.First, r.End, kind)
	}
	for _, seg := range sum.Segments {
		fmt.Fprintf(s.out, "  segment: %s, %s, points %d to %d\n", seg.Name, config.Size(seg.Bytes), seg.First, seg.End)
	}
	for _, name := range sum.Quarantined {
		fmt.Fprintf(s.out, "  in quarantine: %s\n", name)
	}
	if sum.CursorError != "" {
		fmt.Fprintf(s.out, "  cursor: %s\n", sum.CursorError)
	}
}

type queueCatCommand struct{ queueChoice }

func (c *queueCatCommand) Run(s streams) error {
	found, err := c.queues()
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(s.out, 64<<10)
	for _, q := range found {
		if err := queue.Cat(q.dir, out); err != nil {
			return fmt.Errorf("queue of %q: %w", q.name, err)
		}
	}
	return out.Flush()
}

type queueVerifyCommand struct{ queueChoice }

func (c *queueVerifyCommand) Run(s streams) error {
	found, err := c.queues()
	if err != nil {
		return err
	}
	damaged := 0
	for _, q := range found {
		damages, err := queue.Verify(q.dir)
		if err != nil {
			return fmt.Errorf("queue of %q: %w", q.name, err)
		}
		for _, d := range damages {
			fmt.Fprintf(s.out, "%s: %s\n", q.name, d)
		}
		if len(damages) == 0 {
			fmt.Fprintf(s.out, "%s: fine\n", q.name)
		}
		damaged += len(damages)
	}
	if damaged > 0 {
		return fmt.Errorf("verify: %s: what is readable is delivered all the same", plural(damaged, "damage"))
	}
	return nil
}

type queueDropCommand struct {
	queueChoice
	All bool `help:"Drop what waits for every destination."`
}

// dropPatience is how long a running gateway may take to obey.
const dropPatience = 10 * time.Second

func (c *queueDropCommand) Run(ctx context.Context, s streams) error {
	if c.All == (len(c.Destinations) > 0) {
		return usageError{errors.New("drop: name the destinations whose points are to be dropped, or say --all")}
	}
	found, err := c.queues()
	if err != nil {
		return err
	}
	for _, q := range found {
		dropped, err := dropQueue(ctx, q)
		if err != nil {
			return fmt.Errorf("drop what waits for %q: %w", q.name, err)
		}
		fmt.Fprintf(s.out, "%s: dropped what waited of %s\n", q.name, plural(int(dropped), "point"))
	}
	return nil
}

// dropQueue drops all of a queue: by itself, or by asking the gateway that has
// it open.
func dropQueue(ctx context.Context, q named) (dropped uint64, err error) {
	sum, err := queue.Inspect(q.dir)
	if err != nil {
		return 0, err
	}
	if sum.InUse {
		return sum.Points, askToDrop(ctx, q.dir)
	}
	open, err := queue.Open(q.dir, queue.Options{Name: q.name})
	if err != nil {
		return 0, err
	}
	dropped = open.DropAll(metric.Operator)
	return dropped, open.Close()
}

func askToDrop(ctx context.Context, dir string) error {
	if err := queue.RequestDrop(dir); err != nil {
		return err
	}
	for deadline := time.Now().Add(dropPatience); time.Now().Before(deadline); {
		if !queue.DropRequested(dir) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	return fmt.Errorf("the gateway has not obeyed within %s", dropPatience)
}
