package tenant

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// drafter makes an edition of options and finds what is wrong with them.
type drafter struct {
	*edition
	claims map[digest]*holder // all that is known to be a key's digest, in any letter case
	errs   []error
}

// draft makes an edition whose holders have no accounts yet.
func draft(o Options) (*edition, error) {
	d := drafter{claims: map[digest]*holder{}, edition: &edition{
		nobody: newNobody(), names: map[string]*holder{}, keys: map[digest]*holder{}, certificates: map[string]*holder{},
		unknown: o.Unknown,
	}}
	switch o.Unknown {
	case "":
		d.unknown = Drop
	case Drop, Reject, Quarantine:
	default:
		d.errs = append(d.errs, fmt.Errorf("unknown is %q: want drop, reject or quarantine", o.Unknown))
	}
	for _, t := range o.Tenants {
		d.add(t)
	}
	return d.edition, errors.Join(d.errs...)
}

// wrong notes what is wrong with t.
func (d *drafter) wrong(t Tenant, format string, facts ...any) {
	d.errs = append(d.errs, fmt.Errorf("tenant %q: "+format, append([]any{t.Name}, facts...)...))
}

func (d *drafter) add(t Tenant) {
	d.checkName(t)
	d.checkLimits(t)
	h := newHolder(t, len(d.holders)+1)
	d.holders = append(d.holders, h)
	d.names[h.name] = h
	for i, k := range t.Keys {
		if err := d.addKey(h, k); err != nil {
			d.wrong(t, "key %d %w", i+1, err)
		}
	}
	for _, p := range t.Allow {
		d.addPrefix(t, h, p)
	}
	for _, c := range t.Certificates {
		switch other := d.certificates[c]; {
		case c == "":
			d.wrong(t, "a certificate's name is empty")
		case other != nil:
			d.wrong(t, "tenant %q has certificate %q too", other.name, c)
		}
		d.certificates[c] = h
	}
}

func (d *drafter) checkName(t Tenant) {
	plain := func(c rune) bool { return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_' }
	switch {
	case t.Name == "":
		d.wrong(t, "has no name")
	case len(t.Name) > 64 || t.Name[0] == '-' || t.Name[0] == '_' ||
		strings.ContainsFunc(t.Name, func(c rune) bool { return !plain(c) }):
		d.wrong(t, "want a name of up to 64 lower-case letters, digits, - and _, a letter or digit first")
	case d.names[t.Name] != nil:
		d.wrong(t, "is there twice")
	}
	switch t.As {
	case "", Prefix, Tag, Plain:
	default:
		d.wrong(t, "as is %q: want prefix, tag or none", t.As)
	}
}

func (d *drafter) checkLimits(t Tenant) {
	l := t.Limits
	rate := func(r float64) bool { return 0 <= r && r <= 1e12 } // not-a-number is not
	if !rate(l.PointsPerSecond) || !rate(l.PerMetric) || l.Burst < 0 || l.LiveMetrics < 0 || l.LiveWindow < 0 ||
		l.MaxLine < 0 || l.MaxTags < 0 {
		d.wrong(t, "a limit is less than 0, or a rate more than 1e12")
	}
	if l.Burst > 0 && l.PointsPerSecond == 0 {
		d.wrong(t, "a burst of %d needs points per second", l.Burst)
	}
}

// addKey enters a key, or says what is wrong with it in words that do not tell it.
func (d *drafter) addKey(h *holder, key string) error {
	kept, claimed, err := digests(key)
	if err != nil {
		return err
	}
	for _, c := range claimed {
		if other := d.claims[c]; other != nil && other != h {
			return fmt.Errorf("is tenant %q's too", other.name)
		}
		d.claims[c] = h
	}
	d.keys[kept] = h
	return nil
}

func (d *drafter) addPrefix(t Tenant, h *holder, p netip.Prefix) {
	if !p.IsValid() {
		d.wrong(t, "an allowed address is not valid")
		return
	}
	if other := d.allow.add(p, h); other != nil {
		d.wrong(t, "tenant %q allows %v too", other.name, p)
	}
}
