package nats

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/plumbago/plumbago/metric"
)

const (
	pulled     = 256     // messages that are pulled ahead, of all consumers together
	pulledSize = 8 << 20 // bytes a pull brings, of all consumers together, but a message at least
	gathered   = 1 << 20 // bytes of lines that are stored at once, if so many are there
	storing    = 8       // tenants whose points are stored at once
	lastStores = 3 * time.Second
)

// intake stores what comes by one connection.
type intake struct {
	r      *Receiver
	sink   Sink
	stored *ledger

	unpack  *unpacker
	held    *holdings
	pending []atomic.Uint64 // of each consumer
	spare   [][]byte
}

// delivery is a message that was not answered yet.
type delivery struct {
	jetstream.Msg
	meta *jetstream.MsgMetadata
	last bool // it does not come again
	id   id
}

// run takes messages and stores them until the connection breaks or ctx is done.
func (in *intake) run(ctx context.Context, l *link, consumers []jetstream.Consumer) error {
	in.unpack, in.held = newUnpacker(), newHoldings(in.r.metrics)
	in.pending = make([]atomic.Uint64, len(consumers))
	taking, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	var parts sync.WaitGroup
	share := max(2, pulled/len(consumers))
	size := max(pulledSize/len(consumers), int(l.nc.MaxPayload())+headerBytes)
	for i, c := range consumers {
		messages, err := c.Messages(jetstream.PullMaxMessagesWithBytesLimit(share, size), jetstream.PullExpiry(expiry), jetstream.PullHeartbeat(heartbeat))
		if err != nil {
			fail(err)
			break
		}
		context.AfterFunc(taking, messages.Drain)
		parts.Go(func() { fail(in.read(taking, i, c, messages)) })
	}
	parts.Go(func() { in.keep(taking) })
	parts.Go(func() {
		select {
		case <-l.gone:
			fail(errLost)
		case <-taking.Done():
		}
	})
	in.take(taking)
	parts.Wait()
	in.held.giveBack()
	return context.Cause(taking)
}

// A pull that brings nothing ends after expiry, and shows that it is there by
// heartbeats.
const (
	expiry    = 30 * time.Second
	heartbeat = 5 * time.Second
)

// read holds what a consumer brings, and what is there when ctx is done.
func (in *intake) read(ctx context.Context, i int, c jetstream.Consumer, messages jetstream.MessagesContext) error {
	most := uint64(max(0, c.CachedInfo().Config.MaxDeliver))
	for {
		m, err := messages.Next()
		if err != nil {
			return err
		}
		meta, err := m.Metadata()
		if err != nil {
			return err
		}
		if meta.NumDelivered > 1 {
			in.r.metrics.redelivered.Inc()
		}
		in.pending[i].Store(meta.NumPending)
		d := &delivery{Msg: m, meta: meta, last: most > 0 && meta.NumDelivered >= most, id: idOf(m)}
		in.held.add(ctx, d)
	}
}

// keep tells the stream from time to time that what is held is being worked on.
func (in *intake) keep(ctx context.Context) {
	tick := time.NewTicker(max(in.r.o.AckWait/3, 10*time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			in.held.inProgress()
		case <-ctx.Done():
			return
		}
	}
}

// take stores what comes until ctx is done. What is being stored then is given some
// time.
func (in *intake) take(ctx context.Context) {
	late, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(lastStores, cancel) })()
	for {
		select {
		case <-in.held.coming:
			for groups := in.gather(); len(groups) > 0 && ctx.Err() == nil; groups = in.gather() {
				in.store(ctx, late, groups)
			}
		case <-ctx.Done():
			return
		}
	}
}

// group is what one tenant's points are stored by.
type group struct {
	metric.Batch
	from  []*delivery
	bytes int
}

// gather takes what has come, as much of it as is stored at once.
func (in *intake) gather() (groups []*group) {
	ids := map[id]*group{}
	for size := 0; size < gathered; {
		d := in.held.next()
		if d == nil {
			break
		}
		size += in.sort(d, &groups, ids)
	}
	pending := uint64(0)
	for i := range in.pending {
		pending += in.pending[i].Load()
	}
	in.r.metrics.pending.Set(float64(pending))
	return groups
}

// sort puts a message with those of its tenant, and returns how many bytes of lines it
// has. One that is done with is answered.
func (in *intake) sort(d *delivery, groups *[]*group, ids map[id]*group) int {
	if g := ids[d.id]; g != nil || in.stored.has(d.id) {
		in.r.metrics.repeated.Inc()
		if g != nil {
			g.from = append(g.from, d) // answered when the first is
		} else {
			in.held.answer(d, jetstream.Msg.Ack)
		}
		return 0
	}
	b, err := in.unpack.unpack(d.Data(), d.Headers().Get(encodingHeader))
	if err != nil {
		in.poisoned(d, err)
		return 0
	}
	if in.r.o.TrustTenants {
		b.Tenant = in.r.o.ownerOf(d.Subject())
	}
	g := in.groupOf(b.Tenant, groups)
	g.Lines = append(g.Lines, b.Lines...)
	g.Points += b.Points
	g.from = append(g.from, d)
	g.bytes += len(d.Data())
	ids[d.id] = g
	return len(b.Lines)
}

func (in *intake) groupOf(tenant string, groups *[]*group) *group {
	for _, g := range *groups {
		if g.Tenant == tenant {
			return g
		}
	}
	g := &group{Batch: metric.Batch{Tenant: tenant}}
	if n := len(in.spare); n > 0 {
		g.Lines, in.spare = in.spare[n-1], in.spare[:n-1]
	}
	*groups = append(*groups, g)
	return g
}

// store stores groups, and answers their messages: ctx says whether there is more to
// come, late whether there is time left.
func (in *intake) store(ctx, late context.Context, groups []*group) {
	var all sync.WaitGroup
	places := make(chan struct{}, storing)
	for _, g := range groups {
		places <- struct{}{}
		all.Go(func() {
			in.settle(ctx, g, in.sink.Store(late, g.Batch))
			<-places
		})
	}
	all.Wait()
	for _, g := range groups {
		if len(in.spare) < storing && cap(g.Lines) <= 2*(gathered+MaxBlock) {
			in.spare = append(in.spare, g.Lines[:0])
		}
	}
}

// settle answers the messages of a group.
func (in *intake) settle(ctx context.Context, g *group, err error) {
	m := in.r.metrics
	if err == nil {
		in.stored.add(g.from)
		for _, d := range g.from {
			in.held.answer(d, jetstream.Msg.Ack)
		}
		m.taken.Add(float64(len(g.from)))
		m.points.Add(float64(g.Points))
		m.bytes.Add(float64(g.bytes))
		return
	}
	if ctx.Err() == nil {
		in.r.tellRefused(err, len(g.from))
	}
	for _, d := range g.from {
		if d.last && ctx.Err() == nil {
			in.poisoned(d, errors.Join(errUnstored, err))
			continue
		}
		m.refused.Inc()
		wait := againIn(d.meta.NumDelivered)
		if ctx.Err() != nil {
			wait = 0 // somebody else may take it
		}
		in.held.answer(d, func(m jetstream.Msg) error { return m.NakWithDelay(wait) })
	}
}

var errUnstored = errors.New("it could not be stored as often as it comes")

// againIn is how long a message stays away that could not be stored for the n-th time.
func againIn(n uint64) time.Duration {
	return min(time.Second<<min(n, 6)/2, 30*time.Second)
}
