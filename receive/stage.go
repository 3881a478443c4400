package receive

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"net/netip"
	"strconv"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/tenant"
)

// visit begins a sender's dealings with the book of tenants; nil if the listener
// has neither tenants nor a policy for names.
func (in *intake) visit(a netip.Addr, shown *x509.Certificate) *tenant.Visit {
	if in.o.Tenants == nil && in.o.Names == nil {
		return nil
	}
	return in.o.Tenants.Visit(tenant.Sender{
		Address:     a,
		Certificate: shown,
		Tenant:      in.o.Tenant,
		Protocol:    in.o.Protocol,
		Names:       in.o.Names,
	})
}

// crowd is a socket's dealings with the book of tenants, in which each datagram
// has a sender of its own.
type crowd struct {
	in    *intake
	visit *tenant.Visit // nil where nobody asks whose points are
	from  netip.Addr    // of the datagram before
	stage tenant.Room
	hand  func(context.Context, metric.Batch) error
}

func (c *crowd) admit(ctx context.Context, b metric.Batch, peer netip.AddrPort) error {
	if b.Points == 0 {
		return nil
	}
	if from := peer.Addr(); from != c.from {
		c.visit.Move(from)
		c.from = from
	}
	out, err := c.visit.Admit(ctx, &c.stage, b, c.hand)
	c.in.withheld(out, peer)
	if errors.Is(err, tenant.ErrUnknown) {
		return nil // there is no connection to close
	}
	return err
}

// sample is input that was not taken, for the log. What has tenants has keys, and
// the log must not.
type sample struct {
	kind kind
	raw  []byte
}

// kind says where keys can be in a sample.
type kind uint8

const (
	plain  kind = iota // a line or a piece of one: its beginning
	item               // a description of a point: the quoted name
	opaque             // anywhere
)

// show is a sample as the log may have it.
func (in *intake) show(s sample) string {
	switch {
	case in.o.Tenants.Empty():
		return printable(s.raw)
	case s.kind == plain:
		return in.mask(s.raw)
	case s.kind == item:
		return in.maskItem(s.raw)
	}
	return "(" + strconv.Itoa(len(s.raw)) + " bytes)"
}

func (in *intake) mask(raw []byte) string { return string(in.o.Tenants.Mask(nil, raw)) }

func (in *intake) maskItem(described []byte) string {
	at := bytes.IndexByte(described, '"')
	if at < 0 {
		return printable(described)
	}
	name, err := strconv.Unquote(string(described[at:]))
	if err != nil {
		name = ""
	}
	return printable(described[:at]) + in.mask([]byte(name))
}
