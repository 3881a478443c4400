package remotewrite

import (
	"hash/maphash"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/metric"
)

// begun is what is settled of a batch that was not handed over to its end. It is not
// sent again with the rest: a far end takes no point of a series that is older than
// another, and would refuse what it has.
type begun struct {
	settled []bool // by the number of the line
	seed    maphash.Seed
	size    int // bytes of the lines of which it knows; 0: it knows nothing
	hash    uint64

	refused int   // points
	why     error // the first of these was refused
}

// resume prepares for a batch. If it is another, what was settled is forgotten.
func (p *begun) resume(b metric.Batch) {
	if p.size == 0 || p.size > len(b.Lines) || maphash.Bytes(p.seed, b.Lines[:p.size]) != p.hash {
		p.forget()
	}
	for len(p.settled) < b.Points {
		p.settled = append(p.settled, false)
	}
}

func (p *begun) forget() { *p = begun{settled: p.settled[:0]} }

// refuse adds what was refused of a part that is settled: an error of deliver.Refused.
func (p *begun) refuse(err error) {
	if p.why == nil {
		p.why = err
	}
	p.refused += deliver.RefusedBy(err)
}

// remember keeps what is settled for the next try.
func (p *begun) remember(b metric.Batch) {
	p.seed = maphash.MakeSeed()
	p.size, p.hash = len(b.Lines), maphash.Bytes(p.seed, b.Lines)
}

// finish ends the batch, and returns what Post is to return.
func (p *begun) finish() error {
	refused := deliver.Refused(p.refused, p.why)
	p.forget()
	return refused
}
