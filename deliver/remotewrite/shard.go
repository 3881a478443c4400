package remotewrite

import (
	"context"
	"errors"

	"github.com/klauspost/compress/s2"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/internal/post"
	wire "github.com/plumbago/plumbago/wire/remotewrite"
)

// shard hands over the points of some series, over a connection of its own.
type shard struct {
	*Destination
	client  *post.Client
	encoder *wire.Encoder
	grouping

	lanes   []lane         // of a batch; one only where there are no tenants
	places  map[string]int // of tenants in lanes
	samples []wire.Sample  // of a series
	body    []byte         // compressed

	lines     []byte  // of the batch
	pending   []point // those that follow each other for the part under way, all of it
	ledger    ledger  // of that part
	partially bool    // the far end is known to take messages but for some samples
	speaks    bool    // it has said how many it wrote, as 2.0 wants

	refused int   // of the batch: points, of the parts that are settled
	why     error // the first of these was
	err     error // why the batch was not handed over to its end
	failed  *lane // the far end answered neither yes nor no to it
}

// lane is the points of a tenant.
type lane struct {
	tenant string
	points []point
}

func newShard(d *Destination, client *post.Client) *shard {
	return &shard{Destination: d, client: client, encoder: wire.NewEncoder(d.o.Version), places: map[string]int{}}
}

// clear prepares for a batch.
func (s *shard) clear() {
	s.lanes = s.lanes[:0]
	clear(s.places)
	s.refused, s.why, s.err, s.failed = 0, nil, nil, nil
}

// add takes a point that is to be sent.
func (s *shard) add(p point) {
	at := 0
	if tenant := p.series.tenant; len(s.lanes) == 0 || s.lanes[0].tenant != tenant {
		var ok bool
		if at, ok = s.places[tenant]; !ok {
			at = s.open(tenant)
		}
	}
	s.lanes[at].points = append(s.lanes[at].points, p)
}

// open makes a lane, with the memory of one of an earlier batch.
func (s *shard) open(tenant string) int {
	at := len(s.lanes)
	s.places[tenant] = at
	if at < cap(s.lanes) {
		s.lanes = s.lanes[:at+1]
	} else {
		s.lanes = append(s.lanes, lane{})
	}
	s.lanes[at] = lane{tenant, s.lanes[at].points[:0]}
	return at
}

// deliver hands over all lanes, as far as it gets.
func (s *shard) deliver(ctx context.Context, lines []byte) {
	s.lines = lines
	for i := range s.lanes {
		one := &s.lanes[i]
		if s.err = s.travel(ctx, one); s.err != nil {
			if deliver.IsAnswered(s.err) {
				s.failed = &lane{tenant: one.tenant}
			}
			return
		}
	}
}

// travel hands over a lane, in as many requests as it takes.
func (s *shard) travel(ctx context.Context, one *lane) error {
	all, replaced := s.group(one.points)
	s.metrics.replaced.Add(float64(replaced))
	for len(all) > 0 {
		s.ledger = s.ledger[:0]
		s.pending, all = cut(all, s.o.MaxBatch)
		if err := s.hand(ctx, one.tenant, s.pending); err != nil {
			return err
		}
		if err := s.settle(s.ledger); err != nil {
			s.refused += deliver.RefusedBy(err)
			s.why = err
		}
		for i := range s.pending {
			s.begun.settled[s.pending[i].line] = true
		}
	}
	return nil
}

// hand hands over some points, and by halves if that is refused.
func (s *shard) hand(ctx context.Context, tenant string, points []point) error {
	n := live(points)
	if n == 0 {
		return nil
	}
	err := s.ask(ctx, tenant, points)
	if !deliver.IsPermanent(err) {
		return err
	}
	if n == 1 {
		s.refuse(points, err)
		return nil
	}
	first, second := halves(points)
	if err := s.hand(ctx, tenant, first); err != nil {
		return err
	}
	return s.hand(ctx, tenant, second)
}

// refuse notes the one point that is to be sent of some, and those that cannot fare
// better: what is too old, or out of order, is so for whatever is older, of all series
// or of the same.
func (s *shard) refuse(points []point, err error) {
	at := 0
	for points[at].skip {
		at++
	}
	bad := points[at]
	why := reasonOf(err)
	s.note(&points[at], why, err)
	for i := range s.pending {
		p := &s.pending[i]
		older := p.sample.Time <= bad.sample.Time
		if !p.skip && older && (why == tooOld || why == outOfOrder && p.series == bad.series) {
			s.note(p, why, err)
		}
	}
}

func (s *shard) note(p *point, why reason, err error) {
	p.skip = true
	s.ledger.add(why, err.Error(), p.of(s.lines))
}

// ask sends points in one request, and returns what the answer means.
func (s *shard) ask(ctx context.Context, tenant string, points []point) error {
	a, err := s.post(ctx, tenant, points)
	if err != nil {
		return err
	}
	return s.judge(a, live(points))
}

func (s *shard) post(ctx context.Context, tenant string, points []point) (post.Answer, error) {
	s.encode(points)
	message := s.encoder.Message()
	if most := s2.MaxEncodedLen(len(message)); most < 0 {
		return post.Answer{}, errors.New("the message is larger than snappy takes: a smaller `batch` is needed")
	} else if cap(s.body) < most {
		s.body = make([]byte, most)
	}
	s.body = s2.EncodeSnappy(s.body[:cap(s.body)], message)
	a, err := s.client.Post(ctx, "", s.access.header(tenant), s.body)
	s.metrics.Count(a.Status)
	return a, permanentOr(err, deliver.Misconfigured)
}

// encode writes the message of points, of which those of a series are together.
func (s *shard) encode(points []point) {
	s.encoder.Start()
	for len(points) > 0 {
		n := run(points)
		s.samples = s.samples[:0]
		for i := range points[:n] {
			if !points[i].skip {
				s.samples = append(s.samples, points[i].sample)
			}
		}
		if len(s.samples) > 0 {
			s.encoder.Add(&points[0].series.Series, s.samples)
		}
		points = points[n:]
	}
}

// probe sends a message without points, and returns an error if the far end does not
// take it now.
func (s *shard) probe(ctx context.Context, tenant string) error {
	a, err := s.post(ctx, tenant, nil)
	if err == nil {
		err = s.judge(a, 0)
	}
	if deliver.IsAnswered(err) {
		return err
	}
	s.Destination.failed = nil
	if deliver.IsPermanent(err) { // it has an opinion on empty messages
		return nil
	}
	return err
}
