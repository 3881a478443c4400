package remotewrite

import (
	"context"
	"sync"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/internal/number"
	"github.com/plumbago/plumbago/metric"
	wire "github.com/plumbago/plumbago/wire/remotewrite"
)

// session is what posts until something goes wrong: a deliver.Poster.
type session struct{ *Destination }

// Post implements deliver.Poster. Each series has its shard; shards hand over their
// parts at once, each its own in order.
func (s session) Post(ctx context.Context, b metric.Batch) error {
	s.begun.resume(b)
	s.share(b)
	var all sync.WaitGroup
	for _, one := range s.shards {
		if len(one.lanes) > 0 {
			all.Go(func() { one.deliver(ctx, b.Lines) })
		}
	}
	all.Wait()
	s.begun.refuse(s.settle(s.here))
	if err := s.outcome(); err != nil {
		s.begun.remember(b)
		return permanentOr(err, deliver.Misconfigured)
	}
	return s.begun.finish()
}

// outcome collects what became of the shards' parts. It returns an error of one that
// could not hand over its part, if there is one: an answer rather than a broken
// connection.
func (s session) outcome() (err error) {
	for _, one := range s.shards {
		s.begun.refuse(deliver.Refused(one.refused, one.why))
		if one.err != nil && (err == nil || !deliver.IsAnswered(err)) {
			err = one.err
		}
		if one.failed != nil {
			s.failed = one.failed
		}
	}
	return err
}

// Gone implements deliver.Poster. When the far end goes, all connections do.
func (s session) Gone() <-chan struct{} { return s.shards[0].client.Broken() }

// Close implements deliver.Poster.
func (s session) Close() { s.close() }

// share gives each shard its points of a batch, but for those that are settled and
// those that are not to be sent.
func (s session) share(b metric.Batch) {
	s.here = s.here[:0]
	s.cache.turn()
	for _, one := range s.shards {
		one.clear()
	}
	at := 0
	for i := 0; at < len(b.Lines); i++ {
		l, rest := metric.Next(b.Lines[at:])
		size := len(b.Lines) - len(rest) - at
		if !s.begun.settled[i] {
			p := point{line: int32(i), from: at, size: int32(size)}
			if why := s.place(p, l); why != "" {
				s.refuse(why, p.of(b.Lines))
				s.begun.settled[i] = true
			}
		}
		at += size
	}
}

// place gives a point to its shard, or says why it is not to be sent.
func (s session) place(p point, l metric.Line) reason {
	m := s.cache.find(l.Name)
	if m.fate != "" {
		return m.fate
	}
	at, inRange := wire.Milliseconds(l.Timestamp)
	value, isNumber := number.Parse(l.Value)
	if !inRange || !isNumber {
		return badPoint
	}
	if m.scale != 1 {
		value *= m.scale
	}
	p.series, p.sample = m.series, wire.Sample{Time: at, Value: value}
	s.shards[m.series.shard].add(p)
	return ""
}

// refuse notes a point that is not sent. What the rules drop is not kept.
func (s session) refuse(why reason, b metric.Batch) {
	if why == dropped || why == unmatched {
		b.Lines = nil
	}
	s.here.add(why, why.say(), b)
}

// point is one of a batch.
type point struct {
	series *series
	sample wire.Sample
	from   int   // where its line begins
	size   int32 // of the line
	line   int32 // its number
	skip   bool  // it is not to be sent after all
}

// of returns the point's line.
func (p *point) of(lines []byte) metric.Batch {
	return metric.Batch{Lines: lines[p.from : p.from+int(p.size)], Points: 1}
}
