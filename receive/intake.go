package receive

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/plumbago/plumbago/internal/certs"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/tenant"
)

// intake is what all connections and sockets of one listener share.
type intake struct {
	o            Options
	name         string
	sink         Sink
	log          *slog.Logger
	m            *meter
	desks        *desks
	held         *allowance
	rejects      sampler
	refusals     sampler
	closings     sampler
	hints        sampler
	withholdings sampler

	cert       *certs.Identity // of tls:// addresses
	sealed     *sealedMeter    // with it
	handshakes sampler
	patience   patience

	giving func(context.Context, metric.Batch) error // give, made once

	yielding atomic.Bool // the connections are left to somebody else: see Yield
	left     leftovers
	adopted  []Left // not yet served
}

func newIntake(o Options, sink Sink) *intake {
	name := o.Protocol + "+" + o.Address
	in := &intake{
		o:     o,
		name:  name,
		sink:  sink,
		log:   o.Logger.With("addr", name),
		m:     newMeter(o.Registerer, name),
		desks: &desks{o: o},
		held:  &allowance{most: int64(o.MaxHeldBytes)},

		patience: patience{proxy: 5 * time.Second, handshake: 10 * time.Second},
	}
	in.giving = in.give
	return in
}

// hand counts the points of a batch as read, and gives the sink what the book of
// tenants lets pass; all of them where there is no visit. It returns an error only
// if the receiver has to end.
func (in *intake) hand(ctx context.Context, from sender, room *tenant.Room, b metric.Batch) error {
	in.m.points.Add(float64(b.Points))
	in.sent(from.peer, b.Points)
	if from.visit == nil || b.Points == 0 {
		return in.give(ctx, b)
	}
	out, err := from.visit.Admit(ctx, room, b, in.giving)
	in.withheld(out, from.peer)
	return err
}

// sent tells who sent points.
func (in *intake) sent(peer fmt.Stringer, points int) {
	if a, ok := peer.(net.Addr); ok && in.o.Sent != nil && points > 0 {
		in.o.Sent(addrOf(a), points)
	}
}

// give gives a batch to the sink.
func (in *intake) give(ctx context.Context, b metric.Batch) error {
	if b.Points == 0 {
		return nil
	}
	err := in.sink.Receive(ctx, b)
	if err == nil {
		return nil
	}
	in.m.refused.Add(float64(b.Points))
	if suppressed, ok := in.refusals.pass(); ok {
		in.log.Warn("points refused", "points", b.Points, "err", err, "suppressed", suppressed)
	}
	return ctx.Err()
}

// reject counts a line or a piece of one that is not taken, and logs a sample of it.
func (in *intake) reject(reason metric.Reason, text []byte, peer fmt.Stringer, more ...any) {
	in.rejectSample(reason, sample{plain, text}, peer, more...)
}

func (in *intake) rejectSample(reason metric.Reason, text sample, peer fmt.Stringer, more ...any) {
	in.m.rejected(reason).Inc()
	in.keep(Sample{Reason: reason}, text, peer)
	suppressed, ok := in.rejects.pass()
	if !ok {
		return
	}
	facts := []any{"peer", peer.String(), "reason", string(reason), "text", in.show(text), "suppressed", suppressed}
	in.log.Warn("input rejected", append(facts, more...)...)
}

// withheld logs a sample of the points that the tenants' rules did not let pass.
func (in *intake) withheld(out tenant.Outcome, peer fmt.Stringer) {
	if out.Reason == "" {
		return
	}
	text := sample{plain, bytes.TrimSuffix(out.Sample, []byte{'\n'})}
	in.keep(Sample{Reason: out.Reason, Tenant: out.Owner}, text, peer)
	if suppressed, ok := in.withholdings.pass(); ok {
		in.log.Warn("points not let in", "peer", peer.String(), "reason", string(out.Reason),
			"points", out.Dropped+out.Limited, "text", in.show(text), "suppressed", suppressed)
	}
}

// unknownKey logs that a request showed a key that is nobody's.
func (in *intake) unknownKey(peer fmt.Stringer) {
	if suppressed, ok := in.closings.pass(); ok {
		in.log.Warn("request refused: its key is no tenant's", "peer", peer.String(), "suppressed", suppressed)
	}
}

// closed logs that a connection was given up for what it sent.
func (in *intake) closed(why error, peer fmt.Stringer) {
	if suppressed, ok := in.closings.pass(); ok {
		in.log.Warn("connection closed", "peer", peer.String(), "err", why, "suppressed", suppressed)
	}
}

// hint logs that a sender of the line port seems to speak another protocol.
func (in *intake) hint(looks string, peer fmt.Stringer) {
	if suppressed, ok := in.hints.pass(); ok {
		in.log.Warn("this is the line port, and what came looks like another protocol",
			"peer", peer.String(), "looks", looks, "suppressed", suppressed)
	}
}

// printable escapes what a log should not hold raw, and cuts it.
func printable(text []byte) string {
	const most = 200
	rest := ""
	if len(text) > most {
		text, rest = text[:most], "..."
	}
	quoted := strconv.Quote(string(text))
	return quoted[1:len(quoted)-1] + rest
}

// began is a time to count from: unlike the system's, what has passed since does not jump.
var began = time.Now()

// sampler lets one event a second through and counts those it holds back.
type sampler struct {
	next       atomic.Int64 // not before this time, in nanoseconds since began; 0: at any
	suppressed atomic.Int64
}

// pass reports whether this event may be shown, and how many were not since the
// last that was.
func (s *sampler) pass() (suppressed int64, ok bool) {
	now := int64(time.Since(began))
	next := s.next.Load()
	if next != 0 && now < next || !s.next.CompareAndSwap(next, now+int64(time.Second)) {
		s.suppressed.Add(1)
		return 0, false
	}
	return s.suppressed.Swap(0), true
}
