package main

import (
	"fmt"
	"math"
	"net"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/plumbago/plumbago/config"
	"github.com/plumbago/plumbago/config/carbonconf"
	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/deliver/carbon"
	"github.com/plumbago/plumbago/internal/certs"
	"github.com/plumbago/plumbago/internal/hashring"
	"github.com/plumbago/plumbago/queue"
	"github.com/plumbago/plumbago/receive"
	"github.com/plumbago/plumbago/relay"
	"github.com/plumbago/plumbago/route"
)

// carbonFiles are carbon's own files, and what only plumbago's command line says.
type carbonFiles struct {
	carbonconf.Options
	dataDir string // "": a folder of its own in STORAGE_DIR
	admin   string
	lf      bool // lines end by LF instead of carbon's CR LF
	log     config.Log
}

// folder is where the relay's data is.
func (f carbonFiles) folder(s carbonconf.Settings) string {
	if f.dataDir != "" {
		return f.dataDir
	}
	return filepath.Join(s.Paths.Storage, "plumbago-"+s.Instance)
}

// running finds the relay of the files by carbon.conf alone: mistakes in the
// others do not keep it from being stopped, or looked at.
func (f carbonFiles) running() (runningFiles, error) {
	s, err := carbonconf.ReadSettings(f.Options)
	if s == nil {
		return runningFiles{}, usageError{fmt.Errorf("read %s: %w", f.Path, layOut(err))}
	}
	return runningFiles{dir: f.folder(*s)}, nil
}

// fromCarbon reads a carbon relay's files.
func fromCarbon(f carbonFiles) (*setup, error) {
	c, err := carbonconf.Load(f.Options)
	if c == nil {
		return nil, usageError{fmt.Errorf("read %s: %w", f.Path, layOut(err))}
	}
	s := &setup{file: f.Path, dataDir: f.folder(c.Settings), admin: f.admin, log: f.log, notes: c.Notes, flaws: err, database: &database{}}
	s.relay.Rules = carbonRules(c)
	s.relay.Receivers = carbonReceivers(c.Settings)
	for _, d := range c.Destinations {
		part, err := carbonDestination(s.dataDir, c.Settings, d, f.lf)
		if err != nil {
			return nil, usageError{fmt.Errorf("read %s: destination %s: %w", f.Path, d, err)}
		}
		s.relay.Destinations = append(s.relay.Destinations, part)
	}
	s.usePools(c)
	s.useLists(c)
	s.pidFile, s.logDir = c.Settings.Paths.PIDFile, c.Settings.Paths.Log
	if c.Settings.DynamicRouter {
		s.relay.Dynamic = max(1, c.Settings.DynamicMaxRetries)
	}
	s.relay.Own = ownPoints(c.Settings)
	return s, nil
}

// usePools makes a pool of destinations with one host and port, which
// DESTINATION_POOL_REPLICAS has share what goes to any of them.
func (s *setup) usePools(c *carbonconf.Relay) {
	if !c.Settings.PoolReplicas {
		return
	}
	pool := map[string]string{} // by member
	for _, d := range c.Destinations {
		name := d.Address() + ":*"
		pool[d.String()] = name
		i := slices.IndexFunc(s.relay.Pools, func(p route.Pool) bool { return p.Name == name })
		if i < 0 {
			s.relay.Pools, i = append(s.relay.Pools, route.Pool{Name: name}), len(s.relay.Pools)
		}
		s.relay.Pools[i].Members = append(s.relay.Pools[i].Members, d.String())
	}
	s.relay.Pools = slices.DeleteFunc(s.relay.Pools, func(p route.Pool) bool { return len(p.Members) < 2 })
	for i, r := range s.relay.Rules {
		for j, name := range r.To {
			if slices.ContainsFunc(s.relay.Pools, func(p route.Pool) bool { return p.Name == pool[name] }) {
				s.relay.Rules[i].To[j] = pool[name]
			}
		}
	}
}

func (s *setup) useLists(c *carbonconf.Relay) {
	if c.Blacklist != nil {
		s.relay.Blacklist = c.Blacklist.Match
		s.lists = append(s.lists, c.Blacklist)
	}
	if c.Whitelist != nil {
		s.relay.Whitelist = func(name []byte) bool { return !c.Whitelist.Misses(name) }
		s.lists = append(s.lists, c.Whitelist)
	}
}

// carbonRules turns RELAY_METHOD into rules.
func carbonRules(c *carbonconf.Relay) []route.Rule {
	switch {
	case c.Settings.Method == carbonconf.RulesMethod:
		return relayRules(c.Rules)
	case !c.Settings.Method.Hashing():
		return []route.Rule{{Label: string(c.Settings.Method), To: carbonNames(c.Destinations)}}
	}
	return []route.Rule{{
		Label: string(c.Settings.Method), To: carbonNames(c.Destinations), By: carbonRing(c),
	}}
}

func relayRules(rules []carbonconf.Rule) (list []route.Rule) {
	for _, r := range rules {
		rule := route.Rule{Label: r.Section, Match: r.Pattern, To: carbonNames(r.Destinations), Continue: r.Continue}
		if r.Match != nil {
			rule.Pattern = r.Match
		}
		list = append(list, rule)
	}
	return list
}

// carbonRing is the ring of the hashing methods.
func carbonRing(c *carbonconf.Relay) *route.Ring {
	kind := string(c.Settings.HashType)
	if m := c.Settings.Method; m == carbonconf.FastHashing || m == carbonconf.FastAggregatedHashing {
		kind = "fast_" + kind
	}
	ring := &route.Ring{Kind: kind, Replicas: c.Settings.Replicas, Diverse: c.Settings.DiverseReplicas}
	for _, d := range c.Destinations {
		ring.Nodes = append(ring.Nodes, hashring.Node{Host: d.Host, Instance: d.Instance, HasInstance: d.HasInstance})
	}
	if c.Settings.Method.Aggregated() {
		ring.Keys = func(name []byte) [][]byte { return aggregateNames(c.Aggregation, name) }
	}
	return ring
}

func aggregateNames(rules carbonconf.Aggregation, name []byte) (keys [][]byte) {
	for _, n := range rules.Names(nil, name) {
		keys = append(keys, []byte(n))
	}
	return keys
}

func carbonNames(list []carbonconf.Destination) []string {
	var names []string
	for _, d := range list {
		names = append(names, d.String())
	}
	return names
}

func carbonReceivers(s carbonconf.Settings) (list []receive.Options) {
	var limit *receive.ConnectionLimit
	if s.MaxConnections > 0 {
		limit = receive.NewConnectionLimit(s.MaxConnections)
	}
	for _, l := range []struct {
		protocol, scheme string
		listen           carbonconf.Listen
	}{
		{"line", "tcp", s.LineReceiver}, {"line", "udp", s.UDPReceiver},
		{"pickle", "tcp", s.PickleReceiver}, {"protobuf", "tcp", s.ProtobufReceiver},
	} {
		if l.listen.Port == 0 {
			continue
		}
		o := receive.Options{
			Protocol: l.protocol,
			Address:  l.scheme + "://" + hostAndPort(l.listen),
			KeepTags: !s.NormalizeTags, Resolution: resolution(s.TimestampResolution),
		}
		if l.scheme == "tcp" {
			o.Limit, o.IdleTimeout, o.MaxConnections = limit, s.IdleTimeout, math.MaxInt32
			o.KeepAlive = &net.KeepAliveConfig{
				Enable: s.KeepAlive.On, Idle: s.KeepAlive.Idle, Interval: s.KeepAlive.Interval, Count: s.KeepAlive.Count,
			}
		}
		if l.protocol == "pickle" {
			o.MaxFrame = s.PickleMaxLength
		}
		list = append(list, o)
	}
	return list
}

func hostAndPort(l carbonconf.Listen) string {
	return net.JoinHostPort(l.Interface, strconv.Itoa(l.Port))
}

// ownPoints are those that a carbon relay makes of itself.
func ownPoints(s carbonconf.Settings) relay.Own {
	return relay.Own{Prefix: s.MetricPrefix, Host: hostname(), Instance: s.Instance, Interval: s.MetricInterval}
}

func resolution(seconds float64) int {
	if seconds <= 0 {
		return 0
	}
	return int(max(1, min(seconds, math.MaxInt32)))
}

func carbonDestination(dataDir string, s carbonconf.Settings, d carbonconf.Destination, lf bool) (relay.Destination, error) {
	o := carbon.Options{Address: "tcp://" + d.Address(), Protocol: s.Protocol, MaxPoints: s.MaxMessage}
	if s.TLS {
		o.Address, o.TLS = "tls://"+d.Address(), &certs.Client{CAFile: s.CA}
	}
	if s.Protocol == "line" && !lf {
		o.LineEnd = "\r\n"
	}
	if _, err := carbon.New(o); err != nil {
		return relay.Destination{}, err
	}
	return relay.Destination{
		Name: d.String(), Address: o.Address, Kind: "carbon by " + s.Protocol, Far: carbonFar(o),
		QueueDir: queueDir(dataDir, folderOf(d.String())),
		Queue:    queue.Options{MaxBytes: carbonQueueBytes(s)},
		Worker:   deliver.Options{ReplayMargin: deliver.DefaultReplayMargin},
		Version:  fmt.Sprintf("%+v %+v %s", o, o.TLS, stateOf(s.CA)),
	}, nil
}

// carbonQueueBytes is the bound of a queue: MAX_QUEUE_SIZE says how many points
// carbon is to keep in memory through an outage. On disk there is room for
// more, so it is a lower bound here, at a generous size for a line.
func carbonQueueBytes(s carbonconf.Settings) int64 {
	const lineBytes, ordinary, most = 128, 10 << 30, 1 << 40
	wanted := s.MaxQueue * max(1, s.QueueHardPct) * lineBytes
	return int64(min(max(wanted, ordinary), most))
}
