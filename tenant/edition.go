package tenant

import (
	"crypto/x509"
	"net/netip"
	"slices"
)

// edition is a state of the book. Once in force it is not changed, but for what
// its holders count.
type edition struct {
	holders []*holder // as the options have them
	nobody  *holder   // to whom the points belong that are nobody's

	names        map[string]*holder
	keys         map[digest]*holder
	certificates map[string]*holder
	allow        allowed
	unknown      Unknown
}

// owner returns whose the points of v are that have no key in front: nil if that
// is not known. Where there are no tenants, all are nobody's.
func (e *edition) owner(v *Visit) *holder {
	if len(e.holders) == 0 {
		return e.nobody
	}
	if v.authenticated {
		if h := e.keys[v.shown]; h != nil {
			return h
		}
	}
	if h := e.certified(v.sender.Certificate); h != nil {
		return h
	}
	if h := e.allow.find(v.sender.Address); h != nil {
		return h
	}
	return e.names[v.sender.Tenant]
}

// certified returns for whom c stands: the first name in it that is known counts.
func (e *edition) certified(c *x509.Certificate) *holder {
	if c == nil || len(e.certificates) == 0 {
		return nil
	}
	if h := e.certificates[c.Subject.CommonName]; h != nil {
		return h
	}
	for _, name := range slices.Concat(c.DNSNames, c.EmailAddresses) {
		if h := e.certificates[name]; h != nil {
			return h
		}
	}
	for _, u := range c.URIs {
		if h := e.certificates[u.String()]; h != nil {
			return h
		}
	}
	return nil
}

// allowed finds the longest prefix that an address is in.
type allowed struct {
	holders map[netip.Prefix]*holder
	lengths [2][]int // of the prefixes there are, longest first: of IPv4 and of IPv6
}

// add enters p, or returns who has it already.
func (a *allowed) add(p netip.Prefix, h *holder) (other *holder) {
	p = plainPrefix(p)
	if other := a.holders[p]; other != nil {
		return other
	}
	if a.holders == nil {
		a.holders = map[netip.Prefix]*holder{}
	}
	a.holders[p] = h
	lengths := &a.lengths[family(p.Addr())]
	if !slices.Contains(*lengths, p.Bits()) {
		*lengths = append(*lengths, p.Bits())
		slices.SortFunc(*lengths, func(a, b int) int { return b - a })
	}
	return nil
}

func (a *allowed) find(addr netip.Addr) *holder {
	if len(a.holders) == 0 || !addr.IsValid() {
		return nil
	}
	addr = addr.Unmap().WithZone("")
	for _, bits := range a.lengths[family(addr)] {
		p, _ := addr.Prefix(bits)
		if h := a.holders[p]; h != nil {
			return h
		}
	}
	return nil
}

func family(a netip.Addr) int {
	if a.Is4() {
		return 0
	}
	return 1
}

// plainPrefix gives prefixes that hold the same addresses the same form.
func plainPrefix(p netip.Prefix) netip.Prefix {
	if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
	}
	return p.Masked()
}
