// Package crelayconf reads the configuration of carbon-c-relay into plain values:
// clusters of servers, listeners, and statements in the order in which names meet
// them, each with its place in the files.
package crelayconf

import (
	"fmt"
	"slices"

	"github.com/plumbago/plumbago/internal/conffile"
)

// Config is all that the files say.
type Config struct {
	Listeners  []Listener
	Clusters   []Cluster
	Statements []Statement // in their order
}

// Cluster returns the cluster of a name.
func (c *Config) Cluster(name string) (Cluster, bool) {
	i := slices.IndexFunc(c.Clusters, func(c Cluster) bool { return c.Name == name })
	if i < 0 {
		return Cluster{}, false
	}
	return c.Clusters[i], true
}

// Kind is the kind of a cluster.
type Kind string

// The kinds of clusters.
const (
	Forward  Kind = "forward"       // every member gets everything
	AnyOf    Kind = "any_of"        // each name goes to one member that is up
	Failover Kind = "failover"      // the first member that is up gets everything
	CarbonCH Kind = "carbon_ch"     // carbon's ring, without its way with collisions
	FNV1aCH  Kind = "fnv1a_ch"      // such a ring by FNV-1a, of members with their ports
	JumpCH   Kind = "jump_fnv1a_ch" // jump hash over the members, sorted by instance
	Files    Kind = "file"          // files are written to
)

var kinds = []Kind{Forward, AnyOf, Failover, CarbonCH, FNV1aCH, JumpCH, Files}

// Hashing reports whether a cluster of this kind spreads names by a ring.
func (k Kind) Hashing() bool { return k == CarbonCH || k == FNV1aCH || k == JumpCH }

// Cluster is a group of servers.
type Cluster struct {
	conffile.Place
	Name     string
	Kind     Kind
	UseAll   bool // members are all addresses of their names
	Replicas int  // of the hashing kinds: 1 or more
	Dynamic  bool // members that are down are replaced by others
	Members  []Server
}

// Server is a member of a cluster. Of a cluster of files only Host is set: a path.
type Server struct {
	conffile.Place
	Host      string // without brackets
	Port      int
	Instance  string // may be ""
	UDP       bool
	Transport Transport
}

// Address returns host:port as c-relay prints it.
func (s Server) Address() string { return fmt.Sprintf("%s:%d", s.Host, s.Port) }

// Transport is what lies between lines and a socket.
type Transport struct {
	Compression string // "" is none
	TLS         bool
	PEM         string // certificate and key of a listener
	MTLS        string // certificates of clients, or for them
}

// Listener is an address to listen on.
type Listener struct {
	conffile.Place
	Protocol  string // tcp, udp or unix
	Host      string // "" is all addresses; the path of a unix socket
	Port      int
	Transport Transport
}

// Verb says what a statement does.
type Verb string

// The verbs there are.
const (
	Match      Verb = "match"
	Rewrite    Verb = "rewrite"
	Aggregate  Verb = "aggregate"
	Statistics Verb = "statistics"
)

// Blackhole is the cluster that throws away what it gets. A match that sends
// there stops.
const Blackhole = "blackhole"

// Statement is what names meet on their way, in order. Statements other than
// matches are not taken apart.
type Statement struct {
	conffile.Place
	Verb     Verb
	Text     string   // as it is written, blanks made single
	All      bool     // match *
	Patterns []string // one of which must be found in the name
	Validate string   // what the rest of the line must look like, or ""
	RouteBy  string   // what is hashed instead of the name, or ""
	To       []string // names of clusters; none for a match that only validates
	Stop     bool     // the next statements are not tried
}

// Drops reports whether the statement throws points away.
func (s *Statement) Drops() bool { return slices.Contains(s.To, Blackhole) }
