package crngconf

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/plumbago/plumbago/internal/conffile"
)

// reader makes values of what TOML says, with their lines.
type reader struct {
	config  Config
	spots   spots
	problem error // the first: a conffile.Problem
}

func (r *reader) fail(line int, format string, args ...any) {
	if r.problem == nil {
		r.problem = conffile.Problem{Place: conffile.Place{File: r.config.File, Line: line}, Text: fmt.Sprintf(format, args...)}
	}
}

func (r *reader) settings(f file) {
	c := &r.config
	c.Listen = Setting{f.ListenAddr, r.spots.key("", 0, "listen_addr")}
	c.Pickle = Setting{f.PickleAddr, r.spots.key("", 0, "pickle_addr")}
	c.Instrumented = Setting{f.Instrumentation.Addr, r.spots.key("instrumentation", 0, "graphite_addr")}
	c.ReadTimeout, c.PickleIdle = f.PlainReadTimeout.Duration, f.PickleReadTimeout.Duration
	c.SpoolDir, c.FirstOnly = f.SpoolDir, f.FirstOnly
}

func (r *reader) blacklist(f file) {
	from := r.spots.key("", 0, "blacklist")
	for _, text := range f.Blacklist {
		from = r.spots.text(from, text)
		r.black(from, text)
	}
}

// black reads an entry like: prefix collectd.localhost.
func (r *reader) black(line int, text string) {
	method, value, ok := strings.Cut(text, " ")
	b := Black{Setting: Setting{text, line}}
	if !ok || !b.Matcher.set(method, value) {
		r.fail(line, "blacklist: %q: want prefix, sub or regex, a blank, and what to match", text)
		return
	}
	r.config.Blacklist = append(r.config.Blacklist, b)
}

func (r *reader) routes(f file) {
	for i, t := range f.Route {
		line := r.spots.table("route", i)
		route := Route{Line: line, Key: t.Key, Type: t.Type, Matcher: Matcher{
			t.Prefix, t.NotPrefix, t.Sub + t.Substr, t.NotSub, t.Regex, t.NotRegex,
		}}
		at := r.spots.key("route", i, "destinations")
		for _, text := range t.Destinations {
			at = r.spots.text(at, text)
			route.Destinations = append(route.Destinations, r.destination(at, text))
		}
		r.add(route)
		if len(t.RoutingMutations) > 0 {
			r.other(line, fmt.Sprintf("route %s: routing_mutations", t.Key))
		}
	}
}

// add notes a route after a look at it.
func (r *reader) add(route Route) {
	carbon := route.Type == SendAll || route.Type == SendFirst || route.Type == Hashing || route.Type == HashingFix
	if carbon && len(route.Destinations) == 0 {
		r.fail(route.Line, "route %s: it has no destinations", route.Key)
	}
	r.check(route.Line, route.Matcher)
	r.config.Routes = append(r.config.Routes, route)
}

// check looks at the expressions of a matcher.
func (r *reader) check(line int, m Matcher) {
	if err := m.check(); err != nil {
		r.fail(line, "%v", err)
	}
}

// destination reads: host:port[:instance] [option=value ...].
func (r *reader) destination(line int, text string) Destination {
	d := Destination{Line: line}
	words := strings.Fields(text)
	if len(words) == 0 {
		r.fail(line, "destination %q: want host:port", text)
		return d
	}
	parts := strings.Split(words[0], ":")
	if strings.HasPrefix(words[0], "[") { // an IPv6 address
		i := strings.LastIndexByte(words[0], ']')
		parts = append([]string{words[0][1:max(i, 1)]}, strings.Split(words[0][i+1:], ":")[1:]...)
	}
	if d.Host = parts[0]; len(parts) > 2 {
		d.Instance = parts[2]
	}
	var err error
	if len(parts) < 2 || len(parts) > 3 || d.Host == "" {
		err = strconv.ErrSyntax
	} else {
		d.Port, err = strconv.Atoi(parts[1])
	}
	if err != nil || d.Port < 1 || d.Port > 65535 {
		r.fail(line, "destination %q: want host:port or host:port:instance", text)
	}
	for _, option := range words[1:] {
		key, value, _ := strings.Cut(option, "=")
		d.Pickle = d.Pickle || key == "pickle" && value == "true"
		d.Matcher.set(key, value)
	}
	r.check(line, d.Matcher)
	return d
}

func (r *reader) other(line int, what string) {
	r.config.Others = append(r.config.Others, Other{line, what})
}

func (r *reader) others(f file) {
	for i, a := range f.Aggregation {
		r.other(r.spots.table("aggregation", i), fmt.Sprintf("aggregation %v of %v", a["function"], a["regex"]))
	}
	for i, w := range f.Rewriter {
		r.other(r.spots.table("rewriter", i), fmt.Sprintf("rewriter of %v to %v", w["old"], w["new"]))
	}
	if f.AMQP.Enabled {
		r.other(r.spots.table("amqp", 0), "input by AMQP")
	}
	if f.Kafka.Enabled {
		r.other(r.spots.table("kafka", 0), "input by Kafka")
	}
	if f.ValidateOrder {
		r.other(r.spots.key("", 0, "validate_order"), "validate_order: points out of order are taken")
	}
	at := r.spots.key("init", 0, "cmds")
	for _, text := range f.Init.Commands {
		at = r.spots.text(at, text)
		r.command(at, text)
	}
}

// command reads an imperative. Its parts are divided by two blanks: a route, and
// each of its destinations.
func (r *reader) command(line int, text string) {
	parts := strings.Split(text, "  ")
	words := strings.Fields(parts[0])
	switch {
	case len(words) > 2 && words[0] == "addBlack":
		r.black(line, strings.Join(words[1:], " "))
	case len(words) > 2 && words[0] == "addRoute":
		route := Route{Line: line, Type: words[1], Key: words[2]}
		for _, option := range words[3:] {
			key, value, _ := strings.Cut(option, "=")
			route.Matcher.set(key, value)
		}
		for _, d := range parts[1:] {
			if strings.TrimSpace(d) != "" {
				route.Destinations = append(route.Destinations, r.destination(line, d))
			}
		}
		r.add(route)
	default:
		r.other(line, "the command "+text)
	}
}
