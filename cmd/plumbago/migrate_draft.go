package main

import (
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/plumbago/plumbago/config"
)

// draft is a plumbago.yml in the making.
type draft struct {
	config   *config.Config
	comments config.Comments
	left     []loss
	called   map[string]string // what the old file calls a destination, by its name here

	// old makes out where the old relay sends names, by what its file calls them.
	old func() (places, error)
}

// places returns the destinations of a name.
type places func(name string) []string

// loss is something that has no equivalent.
type loss struct {
	file string
	line int // 0 for the file as a whole
	what string
}

func (l loss) String() string {
	if l.line == 0 {
		return fmt.Sprintf("%s: no equivalent: %s", l.file, l.what)
	}
	return fmt.Sprintf("%s:%d: no equivalent: %s", l.file, l.line, l.what)
}

func newDraft(dataDir, file string) *draft {
	d := &draft{config: config.New(dataDir), comments: config.Comments{}, called: map[string]string{}}
	d.remark("", "Made of %s by plumbago migrate.", file)
	return d
}

// leave notes what has no equivalent.
func (d *draft) leave(file string, line int, format string, args ...any) {
	if l := (loss{file, line, fmt.Sprintf(format, args...)}); !slices.Contains(d.left, l) {
		d.left = append(d.left, l)
	}
}

// complain tells what was left out.
func (d *draft) complain(w io.Writer) {
	for _, l := range d.left {
		fmt.Fprintln(w, l)
	}
}

// remark puts a comment above an entry.
func (d *draft) remark(path, format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(d.comments[path], text) {
		d.comments[path] = append(d.comments[path], text)
	}
}

// receive adds a receiver.
func (d *draft) receive(r config.Receiver) { d.config.Receive = append(d.config.Receive, r) }

// rule adds a rule, under a comment if there is one.
func (d *draft) rule(comment string, r config.Rule) {
	if comment != "" {
		d.remark(nextRule(d), "%s", comment)
	}
	d.config.Route = append(d.config.Route, r)
}

// nextRule is the path of the rule that comes next.
func nextRule(d *draft) string { return fmt.Sprintf("route[%d]", len(d.config.Route)) }

// far is a destination of the old file.
type far struct {
	called   string // by the old file
	host     string // without brackets
	port     int
	protocol string
	instance string // for rings
	anyRing  bool   // the instance does not matter, since no ring is asked
}

func (f far) address() string { return net.JoinHostPort(f.host, strconv.Itoa(f.port)) }

// destination returns the name of a destination, which is added if it is new.
func (d *draft) destination(f far) string {
	address := "tcp://" + f.address()
	for _, old := range d.config.Deliver {
		same := old.Instance == f.instance || f.anyRing && d.called[old.Name] == f.called
		if old.Address == address && old.Protocol == f.protocol && same {
			return old.Name
		}
	}
	dest := d.config.NewDestination(d.freeName(f), address, f.protocol)
	dest.Instance = f.instance
	d.config.Deliver = append(d.config.Deliver, dest)
	d.called[dest.Name] = f.called
	return dest.Name
}

// prune drops destinations that no rule sends to.
func (d *draft) prune() {
	d.config.Deliver = slices.DeleteFunc(d.config.Deliver, func(dest config.Destination) bool {
		return !slices.ContainsFunc(d.config.Route, func(r config.Rule) bool { return slices.Contains(r.To, dest.Name) })
	})
}

// finish ends a list of rules that all but say continue.
func (d *draft) finish() {
	if n := len(d.config.Route); n > 0 {
		d.config.Route[n-1].Continue = false // nothing is behind it
	}
	d.prune()
}

// freeName makes a name of what the old file calls a destination.
func (d *draft) freeName(f far) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' || r == '_' {
			return r
		}
		return '-'
	}, strings.ToLower(f.called))
	name = strings.TrimLeft(name, "-._")
	name = name[:min(len(name), 60)]
	free := name
	for n := 2; d.called[free] != "" || free == ""; n++ {
		free = strings.TrimSuffix(name+"-"+strconv.Itoa(n), "-")
	}
	return strings.TrimLeft(free, "-._")
}

// names returns what the old file calls destinations, sorted.
func (d *draft) names(destinations []string) []string {
	var names []string
	for _, n := range destinations {
		names = append(names, d.called[n])
	}
	slices.Sort(names)
	return slices.Compact(names)
}
