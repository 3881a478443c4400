package config

import (
	"strings"
	"unicode"
)

// Basic is a user's name and password, as HTTP's Basic authorization has them.
type Basic struct {
	// User is the name.
	User string `yaml:"user" like:"metrics" need:"yes"`

	// Password is never shown.
	Password Secret `yaml:"password" like:"${env:PASSWORD}" need:"yes"`
}

// Header is one of a request.
type Header struct {
	// Name is the header's.
	Name string `yaml:"name" like:"X-Team" need:"yes"`

	// Value is never shown.
	Value Secret `yaml:"value" like:"metrics" need:"yes"`
}

// completeRemoteWrite sets what is so where the file says nothing, and notes keys that
// do not go together.
func (d *decoder) completeRemoteWrite(path string, dest *Destination) {
	standard(d, path+".version", &dest.Version, "1.0")
	standard(d, path+".mapping_cache", &dest.MappingCache, 128<<20)
	standard(d, path+".shards", &dest.Shards, 2)
	standard(d, path+".tenant_header", &dest.TenantHeader, "X-Scope-OrgID")
	d.checkRemoteWrite(path, dest)
}

// standard sets a value where the file has none.
func standard[T any](d *decoder, path string, v *T, to T) {
	if !d.given[path] {
		*v = to
	}
}

func (d *decoder) checkRemoteWrite(path string, dest *Destination) {
	d.checkNeeds(path, "strict_match", "mapping", "/etc/plumbago/mapping.yml")
	d.checkNeeds(path, "mapping_cache", "mapping", "/etc/plumbago/mapping.yml")
	if s, ok := d.spots[path+".basic"]; ok && d.given[path+".bearer"] {
		d.problem(s, "basic: there is bearer too; give one of them")
	}
	if s, ok := d.spots[path+".tenant"]; ok && dest.PerTenant {
		d.problem(s, "tenant: it is for all points, and per_tenant gives each its own; give one of them")
	}
	if s, ok := d.spots[path+".tenant_header"]; ok && !d.given[path+".tenant"] && !dest.PerTenant {
		d.problem(s, "tenant_header: does nothing without tenant or per_tenant; add one, like tenant: acme")
	}
	if s, ok := d.spots[path+".address"]; ok && hasNoPath(dest.Address) {
		d.problem(s, "address: want one with a path, like https://host/api/v1/write, got %s", s.showAddress())
	}
	if s, ok := d.spots[path+".bearer"]; ok && strings.ContainsFunc(dest.Bearer.Reveal(), unicode.IsControl) {
		d.problem(s, "bearer: it has a control character in it, which no header can have")
	}
}

// hasNoPath reports whether a URL is whole but for its path.
func hasNoPath(text string) bool {
	_, rest, _ := strings.Cut(text, "://")
	_, path, _ := strings.Cut(rest, "/")
	return isWeb(schemeOf(text)) && path == ""
}
