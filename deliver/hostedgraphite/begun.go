package hostedgraphite

import (
	"bytes"
	"hash/maphash"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/metric"
)

// begun is what is settled of a batch that was not handed over to its end. It is not
// posted again with the rest: a far end that takes a few requests at a time would
// else be sent the same ones for ever.
type begun struct {
	hash    maphash.Hash // of the lines that are settled
	size    int          // of them in bytes
	refused int          // points among them
	why     error        // the first of these was refused
}

// resume returns what is left of b, all of it if it is another batch.
func (p *begun) resume(b metric.Batch) (rest metric.Batch) {
	if p.size > len(b.Lines) || maphash.Bytes(p.hash.Seed(), b.Lines[:p.size]) != p.hash.Sum64() {
		*p = begun{}
		return b
	}
	settled := b.Lines[:p.size]
	return metric.Batch{Lines: b.Lines[p.size:], Points: b.Points - bytes.Count(settled, []byte{'\n'})}
}

// settle notes the next lines, of which refused, if it is not nil, says what was
// refused.
func (p *begun) settle(lines []byte, refused error) {
	p.hash.Write(lines)
	p.size += len(lines)
	if p.why == nil {
		p.why = refused
	}
	p.refused += deliver.RefusedBy(refused)
}

// finish ends the batch, and returns what Send is to return.
func (p *begun) finish() error {
	refused := deliver.Refused(p.refused, p.why)
	*p = begun{}
	return refused
}
