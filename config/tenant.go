package config

import (
	"net/netip"
	"regexp"
	"strings"
	"time"

	"github.com/plumbago/plumbago/internal/name"
)

// Tenant is an owner of points. Something must tell which points are its: a key,
// the sender's address or certificate, or a listener with its name.
type Tenant struct {
	// Name is what it is called in rules, logs and metrics, and in the names of its
	// points: lower-case letters, digits, - and _, at most 64, a letter or digit first.
	Name string `yaml:"name" like:"acme" need:"yes"`

	// Keys are its API keys: in front of a name with a dot behind, or shown with a
	// request. Each has 8 to 255 bytes, without dots, blanks and semicolons, and is
	// taken in any letter case; or it is sha256: with the 64 hexadecimal digits of a key's
	// digest. Two are for rotation. They are never shown.
	Keys []Secret `yaml:"keys" like:"${env:ACME_KEY}"`

	// Allow lists source addresses from which no key is needed.
	Allow []netip.Prefix `yaml:"allow" like:"10.0.0.0/8"`

	// Certificates lists names in client certificates (common name, DNS, mail or URI)
	// that stand for it. A listener with tls and client_ca must ask for them.
	Certificates []string `yaml:"certificates" like:"client.acme.example"`

	// As is how the tenant shows in the names of its points: prefix (acme.my.metric),
	// tag (my.metric;tenant=acme) or none. Default prefix.
	As string `yaml:"as" like:"tag" one:"prefix tag none"`

	// Limits bound what it may send.
	Limits Limits `yaml:"limits"`

	// Names is what its names and times must be like, instead of what the listener says.
	Names *Names `yaml:"names" like:"{characters: fix}"`
}

// Limits bound what a tenant may send: what is over them is dropped and counted.
// What is not given is not bounded.
type Limits struct {
	// PointsPerSecond bounds all its points, on average.
	PointsPerSecond float64 `yaml:"points_per_second" like:"10000" min:"0.001" max:"1000000000"`

	// Burst is how many points may come at once. Default: two seconds' worth. With
	// points_per_second.
	Burst int `yaml:"burst" like:"20000" min:"1" max:"1000000000"`

	// LiveMetrics bounds the different names within live_window: known ones pass, new
	// ones are dropped.
	LiveMetrics int `yaml:"live_metrics" like:"10000" min:"1" max:"1000000000"`

	// LiveWindow is how long a name counts after its last point. Default 5m. With
	// live_metrics.
	LiveWindow time.Duration `yaml:"live_window" like:"5m" min:"1s" max:"7d"`

	// PerMetric bounds the points a second of each single name.
	PerMetric float64 `yaml:"per_metric" like:"0.5" min:"0.001" max:"1000000000"`

	// MaxLine bounds a point as a line, without its key and line end.
	MaxLine Size `yaml:"max_line" like:"1KiB" min:"64" max:"16MiB"`

	// MaxTags bounds the tags of a name.
	MaxTags int `yaml:"max_tags" like:"10" min:"1" max:"10000"`

	// DryRun counts what is over a limit and lets it pass.
	DryRun bool `yaml:"dry_run" like:"true"`
}

func (t *Tenant) defaults(*Config) {
	t.As = "prefix"
	t.Limits.LiveWindow = 5 * time.Minute
}

var validTenant = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)

func (d *decoder) checkTenants() {
	if s, ok := d.spots["unknown_tenant"]; ok {
		d.checkWithTenants("unknown_tenant", s)
		if d.config.UnknownTenant == "quarantine" {
			d.quarantines = append(d.quarantines, s)
		}
	}
	first, claims := map[string]int{}, claims{}
	for i, t := range d.config.Tenants {
		path := entry("tenants", i)
		if s, ok := d.spots[path+".name"]; ok {
			d.checkTenantsName(s, t.Name, first)
		}
		d.checkKeys(path, t.Keys, claims)
		d.checkPlaces(path, t, claims)
		d.checkKnown(path, t)
		d.checkLimits(path+".limits", t.Limits)
		d.checkNames(path+".names", t.Names)
	}
}

func (d *decoder) checkTenantsName(s spot, name string, first map[string]int) {
	line, twice := first[name]
	switch {
	case !validTenant.MatchString(name):
		d.problem(s, "name: want lower-case letters, digits, - and _, at most 64, a letter or digit first, got %s", s.show())
	case twice:
		d.problem(s, "name: %s is the name of another tenant, in line %d; choose another", s.show(), line)
	default:
		first[name] = s.line
	}
}

// checkKeys never shows what it checks.
func (d *decoder) checkKeys(path string, keys []Secret, claims claims) {
	for j, key := range keys {
		s, ok := d.spots[entry(path+".keys", j)]
		if !ok {
			continue
		}
		if flaw := flawOfKey(key.Reveal()); flaw != "" {
			d.problem(s, "keys: %s", flaw)
			continue
		}
		d.claim(claim{path, "keys", "key", s}, digests(key.Reveal()), claims)
	}
}

// digest is how a key's digest is written.
const digest = "sha256:"

var validDigest = regexp.MustCompile(`^[0-9a-fA-F]{64}$`)

// flawOfKey says what is wrong with a key, without showing it.
func flawOfKey(key string) string {
	hex, hashed := strings.CutPrefix(key, digest)
	switch {
	case hashed && !validDigest.MatchString(hex):
		return "behind sha256: want 64 hexadecimal digits"
	case hashed:
		return ""
	case len(key) < 8 || len(key) > 255:
		return "want 8 to 255 bytes"
	case strings.ContainsAny(key, ".;") || name.Check([]byte(key)) != "":
		return "it has a dot, a blank, a control character or a semicolon in it, which no key can have"
	}
	return ""
}

// checkPlaces checks from where a tenant's points come.
func (d *decoder) checkPlaces(path string, t Tenant, claims claims) {
	for j, p := range t.Allow {
		if s, ok := d.spots[entry(path+".allow", j)]; ok {
			d.claim(claim{path, "allow", "address", s}, []string{p.String()}, claims)
		}
	}
	for j, name := range t.Certificates {
		if s, ok := d.spots[entry(path+".certificates", j)]; ok {
			d.claim(claim{path, "certificates", "certificate", s}, []string{strings.ToLower(name)}, claims)
		}
	}
	if s, ok := d.spots[path+".certificates"]; ok && !d.asksForCertificates() {
		d.problem(s, "certificates: no listener asks for them; add client_ca to the tls of one that listens on tls://")
	}
}

func (d *decoder) asksForCertificates() bool {
	for i := range d.config.Receive {
		if d.given[entry("receive", i)+".tls.client_ca"] {
			return true
		}
	}
	return false
}

// checkKnown notes a tenant whose points nothing can tell.
func (d *decoder) checkKnown(path string, t Tenant) {
	for _, key := range []string{"keys", "allow", "certificates"} {
		if d.given[path+"."+key] {
			return
		}
	}
	s, ok := d.spots[path+".name"]
	for i, r := range d.config.Receive {
		listener := entry("receive", i) + ".tenant"
		ok = ok && (!d.given[listener] || d.taken(listener, r.Tenant) != "" && r.Tenant != t.Name)
	}
	if ok {
		d.problem(s, "name: nothing tells which points are those of %s; give it keys, allow or certificates, or a listener with its name as tenant", s.show())
	}
}

func (d *decoder) checkLimits(path string, l Limits) {
	d.checkNeeds(path, "burst", "points_per_second", "10000")
	d.checkNeeds(path, "live_window", "live_metrics", "10000")
	if s, ok := d.spots[path+".dry_run"]; ok && l.DryRun {
		for _, key := range []string{"points_per_second", "live_metrics", "per_metric", "max_line", "max_tags"} {
			ok = ok && !d.given[path+"."+key]
		}
		if ok {
			d.problem(s, "dry_run: does nothing without a limit; add one, like points_per_second: 10000")
		}
	}
}
