package main

import (
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/plumbago/plumbago/config"
	"github.com/plumbago/plumbago/config/stunnelconf"
)

// draft is a plumbago.yml in the making.
type draft struct {
	config   *config.Config
	comments config.Comments
	left     []loss
	called   map[string]string // what the old file calls a destination, by its name here
	fars     map[string]far    // by names here
	tunnels  *tunnels          // a stunnel's beside the relay, or nil

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

func newDraft(dataDir, file string, t *tunnels) *draft {
	d := &draft{config: config.New(dataDir), comments: config.Comments{}, called: map[string]string{}, fars: map[string]far{}}
	d.remark("", "Made of %s by plumbago migrate.", file)
	t.beside(d)
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
	d.moved(r)
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

	udp     bool
	secure  bool // by TLS
	tls     config.ClientTLS
	timeout time.Duration // to connect; 0 for the default

	via    *stunnelconf.Service // by which it was reached, or nil
	before string               // the host that led to the service
	notes  []string             // what became of the service
}

func (f far) address() string {
	scheme := "tcp://"
	switch {
	case f.secure:
		scheme = "tls://"
	case f.udp:
		scheme = "udp://"
	}
	return scheme + net.JoinHostPort(f.host, strconv.Itoa(f.port))
}

// title is what people call the destination.
func (f far) title() string {
	if f.via != nil && f.via.Name != "" {
		return f.via.Name
	}
	return f.called
}

// destination returns the name of a destination, which is added if it is new.
func (d *draft) destination(f far) string {
	f = d.tunnels.through(f)
	for _, old := range d.config.Deliver {
		same := old.Instance == f.instance || f.anyRing && d.called[old.Name] == f.called
		if old.Address == f.address() && old.Protocol == f.protocol && old.TLS == f.tls && same {
			return old.Name
		}
	}
	dest := d.config.NewDestination(d.freeName(f.title()), f.address(), f.protocol)
	dest.Instance, dest.TLS = f.instance, f.tls
	if f.timeout > 0 {
		dest.DialTimeout = f.timeout
	}
	d.config.Deliver = append(d.config.Deliver, dest)
	d.called[dest.Name], d.fars[dest.Name] = f.called, f
	return dest.Name
}

// explain puts comments above destinations that have some.
func (d *draft) explain() {
	for i, dest := range d.config.Deliver {
		for _, text := range d.fars[dest.Name].notes {
			d.remark(fmt.Sprintf("deliver[%d]", i), "%s", text)
		}
	}
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

// freeName makes a name of what an old file calls a destination.
func (d *draft) freeName(called string) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' || r == '_' {
			return r
		}
		return '-'
	}, strings.ToLower(called))
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
