package main

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/plumbago/plumbago/config"
	"github.com/plumbago/plumbago/config/carbonconf"
)

// carbonDraft makes a draft of a carbon relay.
type carbonDraft struct {
	*draft
	relay    *carbonconf.Relay
	settings carbonconf.Settings
	lines    map[string]int // where settings are set
}

func draftFromCarbon(file, instance string, t *tunnels) (*draft, error) {
	options := carbonconf.Options{Path: file, Instance: instance, Env: os.Getenv, SendNowhere: true}
	c, err := carbonconf.Load(options)
	if c == nil {
		return nil, layOut(err)
	}
	dataDir := filepath.Join(c.Settings.Paths.Storage, "plumbago-"+c.Settings.Instance)
	d := &carbonDraft{newDraft(dataDir, file, t), c, c.Settings, settingLines(file, instance)}
	if problems, ok := errors.AsType[carbonconf.Errors](err); ok {
		for _, p := range problems { // carbon passes over them without a word
			d.leave(p.File, p.Line, "%s", p.Text)
		}
	}
	d.receivers()
	d.queue()
	d.routes()
	d.own()
	d.old = func() (places, error) { return carbonPlaces(options) }
	return d.draft, nil
}

// carbonPlaces is where the relay itself sends names.
func carbonPlaces(o carbonconf.Options) (places, error) {
	s, err := fromCarbon(carbonFiles{Options: o})
	if err != nil {
		return nil, err
	}
	t, err := s.table()
	return placing{s, t}.of, err
}

// setting leaves out what a setting says.
func (d *carbonDraft) setting(name, format string, args ...any) {
	d.leave(d.settings.Paths.Config, d.lines[name], name+": "+format, args...)
}

func (d *carbonDraft) receivers() {
	s := d.settings
	for _, l := range []struct {
		protocol, scheme string
		listen           carbonconf.Listen
	}{{"line", "tcp", s.LineReceiver}, {"line", "udp", s.UDPReceiver}, {"pickle", "tcp", s.PickleReceiver}, {"protobuf", "tcp", s.ProtobufReceiver}} {
		if l.listen.Port == 0 {
			continue
		}
		r := config.NewReceiver(l.protocol, l.scheme+"://"+hostAndPort(l.listen))
		if l.scheme == "tcp" {
			r.IdleTimeout, r.MaxConnections = s.IdleTimeout, connections(s.MaxConnections)
		}
		if l.protocol == "pickle" {
			r.MaxFrame = config.Size(max(64, min(s.PickleMaxLength, 256<<20)))
		}
		d.receive(r)
	}
	if s.TimestampResolution > 0 {
		d.setting("MIN_TIMESTAMP_RESOLUTION", "timestamps stay as they are sent")
	}
	if s.MaxConnections > 0 {
		d.remark("receive", "max_connections bounds each receiver; MAX_RECEIVER_CONNECTIONS all of them together.")
	}
	if !s.NormalizeTags {
		d.remark("receive", "Names with tags are put in carbon's order before they are routed; TAG_RELAY_NORMALIZED was off.")
	}
}

// connections is MAX_RECEIVER_CONNECTIONS, which is without a bound in carbon.
func connections(limit int) int {
	const most = 1_000_000
	if limit == 0 {
		return most
	}
	return min(limit, most)
}

func (d *carbonDraft) queue() {
	const gib = 1 << 30
	if bytes := config.Size(carbonQueueBytes(d.settings)); bytes > d.config.Queue.MaxBytes {
		d.config.Queue.MaxBytes = (bytes + gib - 1) / gib * gib
		d.remark("queue", "Room on disk for what MAX_QUEUE_SIZE had in memory.")
	}
}

func (d *carbonDraft) routes() {
	var to []string
	for _, dest := range d.relay.Destinations {
		to = append(to, d.carbon(dest))
	}
	switch method := d.settings.Method; {
	case method == carbonconf.RulesMethod:
		d.rules()
	case method.Hashing():
		ring := carbonRing(d.relay)
		d.rule("", config.Rule{By: ring.Kind, To: to, Replicas: ring.Replicas, Diverse: ring.Diverse})
	default:
		d.rule("", config.Rule{To: to})
	}
	if d.settings.Protocol == "line" {
		d.remark("deliver", "Lines end by LF; carbon ends them by CR LF. Receivers take both.")
	}
	d.unlike()
}

// carbon returns the name of a destination here.
func (d *carbonDraft) carbon(c carbonconf.Destination) string {
	f := far{called: c.String(), host: strings.TrimSpace(c.Host), port: c.Port, protocol: d.settings.Protocol, instance: c.Instance}
	f.anyRing = !d.settings.Method.Hashing() && d.alone(c)
	if f.secure = d.settings.TLS; f.secure {
		f.tls.CA = d.settings.CA
	}
	if f.host != c.Host {
		d.setting("DESTINATIONS", "%s: a host with a blank at its end, which makes it another to carbon", c)
	}
	if c.HasInstance && c.Instance == "" {
		d.setting("DESTINATIONS", "%s: an instance that is empty, and not the same to a ring as none", c)
	}
	return d.draft.destination(f)
}

// alone reports whether no other destination has the host and port of this one.
func (d *carbonDraft) alone(c carbonconf.Destination) bool {
	return !slices.ContainsFunc(d.relay.Destinations, func(other carbonconf.Destination) bool {
		return other != c && other.Address() == c.Address()
	})
}

// rules are those of relay-rules.conf.
func (d *carbonDraft) rules() {
	for _, r := range d.relay.Rules {
		match, ok := d.match(r)
		switch {
		case !ok:
		case len(r.Destinations) == 0:
			d.leave(d.settings.Paths.Rules, r.Line, "[%s]: a rule that sends nowhere; its points go on to the rules below", r.Section)
		default:
			rule := config.Rule{Match: match, Continue: r.Continue}
			for _, dest := range r.Destinations {
				rule.To = append(rule.To, d.carbon(dest))
			}
			d.rule("["+r.Section+"]", rule)
		}
	}
}

// match says a rule's pattern in RE2, if that can be done.
func (d *carbonDraft) match(r carbonconf.Rule) (string, bool) {
	if r.Match == nil {
		return "", true
	}
	text, ok := r.Match.RE2()
	if !ok {
		if text, ok = r.Match.Plain(); ok {
			d.leave(d.settings.Paths.Rules, r.Line, "[%s]: pattern %s for names beyond ASCII; others match alike", r.Section, r.Pattern)
		}
	}
	if !ok {
		d.leave(d.settings.Paths.Rules, r.Line, "[%s]: RE2 cannot say the pattern %s; its points go on to the rules below", r.Section, r.Pattern)
		d.remark(nextRule(d.draft), "Left out: [%s] %s", r.Section, r.Pattern)
	}
	return strings.ReplaceAll(text, `(?:\n?\z)`, "$"), ok // no name has a line end in it
}

// unlike tells of what routes and delivers otherwise.
func (d *carbonDraft) unlike() {
	s := d.settings
	if s.Method.Aggregated() && len(d.relay.Aggregation) > 0 {
		d.setting("RELAY_METHOD", "%s: names are hashed as they are, not as what %s aggregates them to", s.Method, s.Paths.Aggregation)
	}
	if s.PoolReplicas {
		d.setting("DESTINATION_POOL_REPLICAS", "destinations on one host and port do not share their points")
	}
	if s.DynamicRouter {
		d.setting("DYNAMIC_ROUTER", "points for a destination that is down wait on disk for it")
	}
	if d.relay.Blacklist.Len() > 0 {
		d.leave(s.Paths.Blacklist, 0, "a blacklist")
	}
	if d.relay.Whitelist.Len() > 0 {
		d.leave(s.Paths.Whitelist, 0, "a whitelist")
	}
	if s.FlowControl {
		d.remark("deliver", "A full queue drops what is oldest in it; to hold the senders back instead, as USE_FLOW_CONTROL does, set queue: {when_full: block}.")
	}
}

// own tells of the rest: points about itself, and settings that are only tuning.
func (d *carbonDraft) own() {
	if d.settings.MetricInterval > 0 {
		d.setting("CARBON_METRIC_INTERVAL", "no points named %s.relays.* about itself; there is a page of metrics for Prometheus, by the section admin",
			d.settings.MetricPrefix)
	}
	var idle []string
	for _, name := range []string{
		"MAX_DATAPOINTS_PER_MESSAGE", "QUEUE_LOW_WATERMARK_PCT", "TIME_TO_DEFER_SENDING", "TCP_KEEPALIVE", "TCP_KEEPIDLE",
		"TCP_KEEPINTVL", "TCP_KEEPCNT", "LOG_LISTENER_CONN_SUCCESS", "LOG_LISTENER_CONN_LOST", "USER", "LOG_DIR", "PID_DIR",
	} {
		if d.lines[name] > 0 {
			idle = append(idle, name)
		}
	}
	if len(idle) > 0 {
		d.remark("", "Not needed here: %s.", strings.Join(idle, ", "))
	}
}

var (
	iniSection = regexp.MustCompile(`^\[([^]]*)\]`)
	iniOption  = regexp.MustCompile(`^([^=:\s#;][^=:]*?)\s*[=:]`)
)

// settingLines finds the lines of carbon.conf that set a relay's settings.
func settingLines(file, instance string) map[string]int {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	lines, ours := map[string]int{}, false
	for i, line := range strings.Split(string(text), "\n") {
		if m := iniSection.FindStringSubmatch(line); m != nil {
			ours = slices.Contains([]string{"relay", "relay:" + instance}, m[1])
		} else if m := iniOption.FindStringSubmatch(line); m != nil && ours {
			lines[strings.ToUpper(m[1])] = i + 1
		}
	}
	return lines
}
