// Package tenant knows whose points are whose: by a key in front of the name, by
// what is known of the sender, or by the door that they come in at. It strips
// keys, gives names the form that keeps tenants apart, and holds each tenant to
// its limits.
//
// A Book holds the tenants of a gateway and can be rewritten while points flow. A
// Visit is one sender's dealings with it. Keys are kept as digests only, and
// appear in nothing that leaves this package.
package tenant

import (
	"net/netip"
	"time"

	"github.com/plumbago/plumbago/internal/tidy"
)

// Naming is how a tenant shows in the names of its points.
type Naming string

// The ways to name. The zero value means Prefix for a tenant, and "as the tenant
// says" for a destination.
const (
	Prefix Naming = "prefix" // acme.my.metric
	Tag    Naming = "tag"    // my.metric;tenant=acme
	Plain  Naming = "none"   // my.metric
)

// Unknown is what becomes of points that are nobody's.
type Unknown string

// What can become of them.
const (
	Drop   Unknown = "drop"   // they are counted and dropped
	Reject Unknown = "reject" // and their connection is closed, or their request refused

	// Quarantine sends them to the quarantine destination, with key- and the first
	// 8 hexadecimal digits of its SHA-256 in place of the first node of the name.
	Quarantine Unknown = "quarantine"
)

// Options are all tenants, and what goes for those who are none.
type Options struct {
	Tenants []Tenant
	Unknown Unknown // "" is Drop
}

// Tenant is one owner of points.
type Tenant struct {
	Name string // up to 64 lower-case letters, digits, - and _, a letter or digit first

	// Keys are its API keys, each a text of 8 to 255 bytes without dots, blanks
	// and semicolons, taken in any letter case; or sha256: and 64 hexadecimal
	// digits, the digest of a key in lower case, upper case, or exactly as it is
	// sent. Two are for rotation; there may be any number.
	Keys []string

	Allow        []netip.Prefix // addresses from which no key is needed; of all tenants' the longest that fits counts
	Certificates []string       // names (common name, DNS, mail or URI) in client certificates that stand for it
	As           Naming
	Limits       Limits
	Names        *tidy.Policy // what its names must be like; nil: what the listener says
}

// Limits bound what a tenant may send. Zero is no limit.
type Limits struct {
	PointsPerSecond float64       // all points, on average
	Burst           int           // points at once; two seconds' worth if 0
	LiveMetrics     int           // different names in LiveWindow; known ones pass, new ones are refused
	LiveWindow      time.Duration // 5 min if 0
	PerMetric       float64       // points a second of one name
	MaxLine         int           // bytes of a canonical line without its key and its end
	MaxTags         int           // tags of a metric
	DryRun          bool          // what is over a limit is counted and passes
}
