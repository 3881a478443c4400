package tenant

import (
	"crypto/x509"
	"net/netip"
	"time"

	"github.com/plumbago/plumbago/internal/tidy"
)

// Visit is one sender's dealings with a book: a connection, or a request. One
// goroutine at a time uses it. It is small: there may be many.
type Visit struct {
	book    *Book
	edition *edition
	owner   *holder // of points without a key in front; nil if that is not known
	sender  Sender

	authenticated bool
	shown         digest // by which the key is known that was shown

	granted int // points of the owner that Wait let pass
}

// Sender is what is known of who sends, beside what the names say.
type Sender struct {
	Address     netip.Addr        // behind trusted proxies; zero if not known
	Certificate *x509.Certificate // verified; nil if none was shown
	Tenant      string            // whose the listener is; "" if nobody's
	Protocol    string            // for the counters
	Names       *tidy.Policy      // the listener's, where the tenant has none; may be nil
}

// Visit begins one. A nil book has no tenants: all points are nobody's and pass,
// the sender's policy applies.
func (b *Book) Visit(s Sender) *Visit {
	v := &Visit{book: b, sender: s}
	v.follow()
	return v
}

// follow has the visit go by what is in force now.
func (v *Visit) follow() {
	if e := v.book.edition(); e != v.edition {
		v.edition = e
		v.identify()
	}
}

func (v *Visit) identify() {
	v.owner, v.granted = v.edition.owner(v), 0
}

// Move goes on with the visit for another sender address, as datagrams need.
func (v *Visit) Move(a netip.Addr) {
	if a != v.sender.Address {
		v.sender.Address = a
		v.identify()
	}
}

// Authenticate says that the sender has shown key, and reports whether it is a
// tenant's, to whom the visit's points then belong. It takes constant time for keys
// of one length. Where there are no tenants it is never.
func (v *Visit) Authenticate(key []byte) bool {
	v.follow()
	v.authenticated = false
	if len(key) >= shortestKey && len(key) <= longestKey {
		for _, d := range spellings(key) {
			if known := v.edition.keys[d] != nil; known && !v.authenticated {
				v.authenticated, v.shown = true, d
			}
		}
	}
	v.identify()
	return v.authenticated
}

// Known reports whether points without a key in front have an owner, or need none
// because there are no tenants.
func (v *Visit) Known() bool {
	v.follow()
	return v.owner != nil
}

// Wait returns how long the visit's owner is over its rate, if it now sent this
// many points at once: 0 if they would pass, as more points than a burst do when
// nothing was sent for long enough. It takes nothing; but where it returns 0, as many
// points pass in the visit's next Admits, whatever others take in between.
func (v *Visit) Wait(points int) time.Duration {
	v.follow()
	v.granted = 0
	h := v.owner
	if h == nil || h.bucket == nil || h.limits.DryRun {
		return 0
	}
	d := h.bucket.wait(time.Now(), points)
	if d == 0 {
		v.granted = points
	}
	return d
}

// take takes tokens for n points of h, and returns how many it got.
func (v *Visit) take(h *holder, now time.Time, n int) int {
	granted := 0
	if h == v.owner && v.granted > 0 {
		granted = min(n, v.granted)
		v.granted -= granted
		h.bucket.owe(now, granted)
	}
	return granted + h.bucket.take(now, n-granted)
}
