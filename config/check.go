package config

import (
	"fmt"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/plumbago/plumbago/internal/nearest"
	"github.com/plumbago/plumbago/route"
)

// check looks at what single values cannot tell: what belongs together, and
// what must not be twice. Values that were wrong already are left out.
func (d *decoder) check() {
	listens := map[string]int{} // the line that listens on an address
	for i := range d.config.Receive {
		path := fmt.Sprintf("receive[%d]", i)
		d.checkListen(path, d.config.Receive[i], listens)
		d.checkUse(path, d.config.Receive[i])
	}
	if s, ok := d.spots["admin.listen"]; ok && d.config.Admin.Listen != "" {
		d.checkAddress("listen", s, d.config.Admin.Listen, "tcp")
		d.checkOnce(s, d.config.Admin.Listen, listens)
	}
	d.checkDestinations()
	d.checkRoute()
}

func (d *decoder) checkListen(path string, r Receiver, listens map[string]int) {
	s, ok := d.spots[path+".listen"]
	if !ok {
		return
	}
	if _, known := d.spots[path+".protocol"]; known && r.Protocol == "pickle" {
		d.checkAddress("listen", s, r.Listen, "tcp")
	} else {
		d.checkAddress("listen", s, r.Listen, "tcp", "udp")
	}
	d.checkOnce(s, r.Listen, listens)
}

// checkOnce notes an address that is listened on already. Port 0 is a new one each time.
func (d *decoder) checkOnce(s spot, address string, listens map[string]int) {
	a, why := split(address)
	if why != "" || a.port == 0 {
		return
	}
	key := a.String()
	if line, twice := listens[key]; twice {
		d.problem(s, "listen: %s is listened on already, by line %d; choose another port", s.show(), line)
		return
	}
	listens[key] = s.line
}

// checkUse notes keys that do nothing for this kind of listener.
func (d *decoder) checkUse(path string, r Receiver) {
	udp := strings.HasPrefix(r.Listen, "udp://")
	uses := []struct {
		key, what string
		used      bool
	}{
		{"max_line", "protocol line", r.Protocol != "pickle"},
		{"max_frame", "protocol pickle", r.Protocol != "line"},
		{"max_connections", "tcp", !udp}, {"idle_timeout", "tcp", !udp}, {"max_held", "tcp", !udp},
		{"accept_unterminated", "protocol line on tcp", !udp && r.Protocol != "pickle"},
		{"udp_buffer", "udp", udp || r.Listen == ""}, {"udp_sockets", "udp", udp || r.Listen == ""},
	}
	for _, u := range uses {
		if s, given := d.spots[path+"."+u.key]; given && !u.used {
			d.problem(s, "%s: is for %s only; leave it out", u.key, u.what)
		}
	}
}

var validName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

func (d *decoder) checkDestinations() {
	first := map[string]int{}
	for i, dest := range d.config.Deliver {
		path := fmt.Sprintf("deliver[%d]", i)
		if s, ok := d.spots[path+".name"]; ok {
			d.checkName(s, dest.Name, first)
		}
		if s, ok := d.spots[path+".address"]; ok {
			d.checkTarget(s, dest.Address)
		}
		if s, ok := d.spots[path+".instance"]; ok && strings.ContainsFunc(dest.Instance, unicode.IsControl) {
			d.problem(s, "instance: it has a control character in it")
		}
		if s, ok := d.spots[path+".prefix"]; ok {
			d.checkPrefix(s, dest.Prefix.Reveal())
		}
	}
}

func (d *decoder) checkName(s spot, name string, first map[string]int) {
	line, twice := first[name]
	switch {
	case !validName.MatchString(name):
		d.problem(s, "name: want lower-case letters, digits, - _ and dots, at most 64, a letter or digit first, got %s", s.show())
	case twice:
		d.problem(s, "name: %s is the name of another destination, in line %d; choose another", s.show(), line)
	default:
		first[name] = s.line
	}
}

// checkTarget checks an address to connect to, which needs a host and a port.
func (d *decoder) checkTarget(s spot, address string) {
	if !d.checkAddress("address", s, address, "tcp") {
		return
	}
	if a, _ := split(address); a.host == "" || a.port == 0 {
		d.problem(s, "address: want a host and a port, like tcp://127.0.0.1:2003, got %s", s.show())
	}
}

// checkPrefix never shows what it checks.
func (d *decoder) checkPrefix(s spot, prefix string) {
	odd := func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == ';' }
	switch {
	case strings.ContainsFunc(prefix, odd):
		d.problem(s, "prefix: it has a blank, a control character or a semicolon in it, which a name cannot begin with")
	case strings.HasPrefix(prefix, ".") || strings.HasSuffix(prefix, "."):
		d.problem(s, "prefix: it begins or ends with a dot; the dot behind it is put there anyway")
	}
}

// checkRoute lets the rules be checked where they are used. Without rules,
// everything goes everywhere.
func (d *decoder) checkRoute() {
	names, shown := d.names()
	if len(d.config.Route) == 0 {
		d.config.Route = []Rule{{To: names}}
		return
	}
	for i := range d.config.Route {
		d.checkSpread(fmt.Sprintf("route[%d]", i), &d.config.Route[i])
	}
	for _, e := range route.Check(d.config.Rules(), names) {
		d.ruleProblem(e, shown)
	}
}

// names returns the destinations' names, and how they stand in the file, which
// is nil if one of them is not known: a rule may mean that one.
func (d *decoder) names() (names, shown []string) {
	unsure := false
	for i, dest := range d.config.Deliver {
		s, ok := d.spots[fmt.Sprintf("deliver[%d].name", i)]
		if !ok {
			unsure = true
			continue
		}
		names, shown = append(names, dest.Name), append(shown, s.raw)
	}
	if unsure {
		return names, nil
	}
	return names, shown
}

// checkSpread sets what goes with by, and notes it where there is no by.
func (d *decoder) checkSpread(path string, r *Rule) {
	for _, key := range []string{"replicas", "diverse"} {
		if s, given := d.spots[path+"."+key]; given && r.By == "" {
			d.problem(s, "%s: is for rules with by only; leave it out, or add by, like by: carbon_ch", key)
		}
	}
	if r.By == "" {
		return
	}
	r.Replicas = max(r.Replicas, 1)
	if _, given := d.spots[path+".diverse"]; !given {
		r.Diverse = true
	}
}

// ruleProblem notes what is wrong with a rule, without values that must not be shown.
func (d *decoder) ruleProblem(e *route.RuleError, shown []string) {
	path := fmt.Sprintf("route[%d]", e.Rule-1)
	if e.To < 0 {
		s, ok := d.spots[path+".match"]
		switch {
		case !ok || !strings.HasPrefix(e.Why, "match:"): // told already
		case s.replaced:
			d.problem(s, "match: %s is not an RE2 expression", s.show())
		default:
			d.problem(s, "%s", e.Why)
		}
		return
	}
	if s, ok := d.spots[fmt.Sprintf("%s.to[%d]", path, e.To)]; ok {
		d.targetProblem(s, d.config.Route[e.Rule-1].To[e.To], shown)
	}
}

// targetProblem notes what is wrong with a destination of a rule.
func (d *decoder) targetProblem(s spot, name string, shown []string) {
	if dest, ok := d.config.destination(name); ok {
		if _, lacks := split(dest.Address); lacks == "" {
			d.problem(s, "to: %s has the host and instance of another destination in this list, so that a ring cannot tell them apart; "+
				"give it another instance", s.show())
		}
		return
	}
	if len(shown) == 0 {
		return // what is unknown cannot be told
	}
	cure := "there are: " + strings.Join(shown, ", ")
	if n := nearest.Word(s.raw, shown); n != "" {
		cure = fmt.Sprintf("did you mean %q?", n)
	}
	d.problem(s, "to: no destination is named %s; %s", s.show(), cure)
}

// address is a URL taken apart.
type address struct {
	scheme, host string
	port         int
}

// String writes the address in one way.
func (a address) String() string {
	return a.scheme + "://" + net.JoinHostPort(strings.ToLower(a.host), strconv.Itoa(a.port))
}

// split takes scheme://host:port apart, or says what it lacks.
func split(text string) (a address, lacks string) {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		return a, "scheme"
	}
	host, port, err := net.SplitHostPort(rest)
	if err != nil || strings.ContainsAny(host, "/@?# \t") {
		return address{scheme: scheme}, "port"
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return address{scheme: scheme}, "port"
	}
	return address{scheme, host, int(n)}, ""
}

// checkAddress checks the form of an address and its scheme.
func (d *decoder) checkAddress(key string, s spot, text string, schemes ...string) bool {
	a, lacks := split(text)
	want := strings.Join(schemes, ":// or ") + "://"
	switch {
	case lacks == "scheme" && !s.replaced:
		d.problem(s, "%s: want an address like %s://host:port, got %s; did you mean %q?",
			key, schemes[0], s.show(), schemes[0]+"://"+shorten(text))
	case lacks == "scheme":
		d.problem(s, "%s: want an address like %s://host:port, got %s", key, schemes[0], s.show())
	case !slices.Contains(schemes, a.scheme) && !s.replaced:
		d.problem(s, "%s: %s:// is not supported by this version: want %s", key, shorten(a.scheme), want)
	case !slices.Contains(schemes, a.scheme):
		d.problem(s, "%s: want an address that begins with %s, got %s", key, want, s.show())
	case lacks != "":
		d.problem(s, "%s: want a host and a port from 0 to 65535, like %s://127.0.0.1:2003, got %s", key, schemes[0], s.show())
	default:
		return true
	}
	return false
}
