package route

import (
	"fmt"
	"slices"
	"strings"

	"github.com/plumbago/plumbago/internal/hashring"
	"github.com/plumbago/plumbago/internal/nearest"
)

// Ring spreads names over the destinations of a rule, by their hash.
type Ring struct {
	Kind     string          // one of hashring.Kinds
	Nodes    []hashring.Node // what the ring knows each of To by, in the same order; no two are equal
	Replicas int             // how many nodes a name is placed on; 1 if 0
	Diverse  bool            // no two of them on one host; fewer if there are not enough hosts

	// Keys returns what is hashed for a name: the name goes where any of the keys
	// does, those of the first key first. nil: the name itself. It may be called at
	// once, does not keep name, and always answers alike.
	Keys func(name []byte) [][]byte
}

// ring is a Ring made ready.
type ring struct {
	*hashring.Ring
	to   []int // the destination of each node
	keys func(name []byte) [][]byte
}

// make makes a ring whose nodes stand for the destinations named in names.
func (r *Ring) make(names, destinations []string) (*ring, error) {
	h, err := hashring.New(r.Kind, r.Nodes, hashring.Options{Replicas: r.Replicas, Diverse: r.Diverse})
	if err != nil {
		return nil, err
	}
	ready := &ring{Ring: h, keys: r.Keys}
	for _, n := range names {
		ready.to = append(ready.to, slices.Index(destinations, n))
	}
	return ready, nil
}

// send appends the destinations that a name is placed on.
func (r *ring) send(to []int, name []byte) []int {
	if r.keys == nil {
		return r.place(to, name)
	}
	for _, key := range r.keys(name) {
		to = r.place(to, key)
	}
	return to
}

// keysOf returns what is hashed for a name.
func (r *ring) keysOf(name []byte) [][]byte {
	if r.keys == nil {
		return [][]byte{name}
	}
	return r.keys(name)
}

// place appends the destinations of a key.
func (r *ring) place(to []int, key []byte) []int {
	var buf [8]int
	for _, node := range r.Pick(buf[:0], key) {
		to = appendOnce(to, r.to[node])
	}
	return to
}

// check returns what is wrong with the ring of a rule that sends to so many
// destinations, and at which of them, or -1.
func (r *Ring) check(names []string) (at int, why string) {
	switch {
	case !slices.Contains(hashring.Kinds, r.Kind):
		return -1, "by: " + unknownKind(r.Kind)
	case r.Replicas < 0:
		return -1, fmt.Sprintf("replicas: want 1 or more, got %d", r.Replicas)
	case len(r.Nodes) != len(names):
		return -1, fmt.Sprintf("by: its ring has %d nodes for %d destinations", len(r.Nodes), len(names))
	}
	for i, n := range r.Nodes {
		if first := slices.Index(r.Nodes, n); first < i {
			return i, fmt.Sprintf("%q has the same host and instance as %q, so that the ring cannot tell them apart: give one of them another instance",
				names[i], names[first])
		}
	}
	return -1, ""
}

func unknownKind(kind string) string {
	if n := nearest.Word(kind, hashring.Kinds); n != "" {
		return fmt.Sprintf("no ring is called %q; did you mean %q?", kind, n)
	}
	return fmt.Sprintf("no ring is called %q; there are: %s", kind, strings.Join(hashring.Kinds, ", "))
}

// warning tells of replicas that there can never be.
func (r *Ring) warning() string {
	hosts := map[string]bool{}
	for _, n := range r.Nodes {
		hosts[n.Host] = true
	}
	switch {
	case r.Replicas > len(r.Nodes):
		return fmt.Sprintf("asks for %d replicas and has only %d destinations", r.Replicas, len(r.Nodes))
	case r.Diverse && r.Replicas > len(hosts):
		return fmt.Sprintf("asks for %d replicas on different hosts, and its destinations are on %d", r.Replicas, len(hosts))
	}
	return ""
}
