package main

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/plumbago/plumbago/config/crelayconf"
	"github.com/plumbago/plumbago/internal/pyregex"
)

// cRelayPlaces is where carbon-c-relay sends names. Of a cluster any of whose
// members may get a name, it is the member that it gets here.
func cRelayPlaces(c *crelayconf.Config) (places, error) {
	clusters := map[string]places{}
	for _, cluster := range c.Clusters {
		clusters[cluster.Name] = clusterPlaces(cluster)
	}
	patterns := make([]func([]byte) bool, len(c.Statements))
	for i, st := range c.Statements {
		var err error
		if patterns[i], err = matches(st); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", st.File, st.Line, err)
		}
	}
	return func(name string) (to []string) {
		for i, st := range c.Statements {
			if st.Verb != crelayconf.Match || len(st.To) == 0 || !patterns[i]([]byte(name)) {
				continue
			}
			for _, cluster := range st.To {
				if find := clusters[cluster]; find != nil {
					to = append(to, find(name)...)
				}
			}
			if st.Stop {
				break
			}
		}
		return to
	}, nil
}

// matches returns what tells whether a match is for a name. What RE2 cannot say
// is nearer to Python's language than to any other here.
func matches(st crelayconf.Statement) (func(name []byte) bool, error) {
	text, err := st.RE2()
	if err == nil {
		return regexp.MustCompile(text).Match, nil
	}
	var all []*pyregex.Regexp
	for _, p := range st.Patterns {
		re, err := pyregex.Compile(p, pyregex.Options{})
		if err != nil {
			return nil, err
		}
		all = append(all, re)
	}
	return func(name []byte) bool {
		return slices.ContainsFunc(all, func(re *pyregex.Regexp) bool { return re.Match(name) })
	}, nil
}

func clusterPlaces(c crelayconf.Cluster) places {
	var all []string
	var members []ringMember
	for _, m := range c.Members {
		all = append(all, m.Address())
		members = append(members, ringMember{m.Host, m.Instance, ringInstance(c.Kind, m)})
	}
	pick := func(picked []int) (to []string) {
		for _, i := range picked {
			to = append(to, all[i])
		}
		return to
	}
	switch c.Kind {
	case crelayconf.Failover:
		return func(string) []string { return all[:1] }
	case crelayconf.JumpCH, crelayconf.AnyOf:
		return func(name string) []string { return pick(jumpPick(name, len(all), c.Replicas)) }
	case crelayconf.CarbonCH:
		ring := carbonStaying.ring(members)
		return func(name string) []string { return pick(ring.pick(name, c.Replicas)) }
	case crelayconf.FNV1aCH:
		ring := fnvStaying.ring(members)
		return func(name string) []string { return pick(ring.pick(name, c.Replicas)) }
	}
	return func(string) []string { return all }
}
