package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/plumbago/plumbago/internal/nearest"
)

// check looks at what single values cannot tell: what belongs together, and
// what must not be twice. Values that were wrong already are left out.
func (d *decoder) check() {
	listens := map[string]int{} // the line that listens on an address
	d.checkReceivers(listens)
	d.checkAdmin(listens)
	d.checkTenants()
	d.checkDestinations()
	d.checkRoute()
	d.checkOwn()
	d.checkQuarantine()
}

// checkQuarantine comes last: what is put in quarantine is known then.
func (d *decoder) checkQuarantine() {
	names, shown := d.destinationNames()
	s, ok := d.spots["quarantine"]
	if ok && !slices.Contains(names, d.config.Quarantine) {
		d.unknownName(s, "quarantine: no destination", shown)
	}
	switch {
	case len(d.quarantines) > 0 && !d.given["quarantine"]:
		like := "carbon"
		if len(shown) > 0 {
			like = shown[0]
		}
		d.problem(d.quarantines[0], "quarantine needs a destination; name it at the top level, like quarantine: %s", like)
	case len(d.quarantines) == 0 && ok && len(d.errs) == 0:
		d.problem(s, "quarantine: nothing is put there; leave it out, or say quarantine in unknown_tenant or in names")
	}
}

// destinationNames returns the destinations' names, and how they stand in the file,
// which is nil if one of them is not known: that one may be meant.
func (d *decoder) destinationNames() (names, shown []string) {
	for _, dest := range d.config.Deliver {
		names = append(names, dest.Name)
	}
	return d.known("deliver", names)
}

// known leaves out of names of a section's entries those that were wrong already.
func (d *decoder) known(section string, all []string) (names, shown []string) {
	for i, name := range all {
		if s, ok := d.spots[entry(section, i)+".name"]; ok {
			names, shown = append(names, name), append(shown, s.raw)
		}
	}
	if len(names) < len(all) {
		return names, nil
	}
	return names, shown
}

// checkTenantName checks a value that names a tenant.
func (d *decoder) checkTenantName(key, path, name string) {
	s, ok := d.spots[path]
	if !ok {
		return
	}
	var all []string
	for _, t := range d.config.Tenants {
		all = append(all, t.Name)
	}
	names, shown := d.known("tenants", all)
	if d.checkWithTenants(key, s) && !slices.Contains(names, name) {
		d.unknownName(s, key+": no tenant", shown)
	}
}

// checkWithTenants notes a key that does nothing without tenants.
func (d *decoder) checkWithTenants(key string, s spot) bool {
	if !d.given["tenants"] {
		d.problem(s, "%s: there are no tenants; leave it out, or add a section like tenants: [{name: acme, keys: ['${env:ACME_KEY}']}]", key)
		return false
	}
	return true
}

// unknownName notes a name that nothing of the names shown has. Without any, what
// is unknown cannot be told.
func (d *decoder) unknownName(s spot, what string, shown []string) {
	if len(shown) == 0 {
		return
	}
	cure := "there are: " + strings.Join(shown, ", ")
	if n := nearest.Word(s.raw, shown); n != "" {
		cure = fmt.Sprintf("did you mean %q?", n)
	}
	d.problem(s, "%s is named %s; %s", what, s.show(), cure)
}

// use is a key that does something for some kinds of entries only.
type use struct {
	key, only string
	used      bool
}

// checkUses notes keys that do nothing where they are.
func (d *decoder) checkUses(path string, uses []use) {
	for _, u := range uses {
		s, ok := d.spots[path+"."+u.key]
		if ok && !u.used {
			d.problem(s, "%s: is for %s only; leave it out", u.key, u.only)
		}
	}
}

// checkNeeds notes a key that does nothing without another, of which like is an example.
func (d *decoder) checkNeeds(path, key, other, like string) {
	if s, ok := d.spots[path+"."+key]; ok && !d.given[path+"."+other] {
		d.problem(s, "%s: does nothing without %s; add it, like %s: %s", key, other, other, like)
	}
}

// missing notes that a section lacks a key, of which like is an example.
func (d *decoder) missing(path, key, like string) {
	if s, ok := d.spots[path]; ok && !d.given[join(path, key)] {
		d.problem(s, "%s is missing; add it, like %s: %s", key, key, like)
	}
}

// taken returns a value of the file, or "" if it was wrong.
func (d *decoder) taken(path, value string) string {
	if _, ok := d.spots[path]; ok {
		return value
	}
	return ""
}

// entry is the path of a list's entry.
func entry(list string, i int) string { return fmt.Sprintf("%s[%d]", list, i) }
