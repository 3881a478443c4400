package hostedgraphite

import (
	"bytes"
	"context"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/metric"
)

// session is what posts until something goes wrong: a deliver.Poster.
type session struct{ d *Destination }

// Post implements deliver.Poster.
func (s session) Post(ctx context.Context, b metric.Batch) error {
	if err := s.hand(ctx, b); err != nil {
		return sendError(err)
	}
	return s.d.begun.finish()
}

// Gone implements deliver.Poster.
func (s session) Gone() <-chan struct{} { return s.d.current().Broken() }

// Close implements deliver.Poster.
func (s session) Close() { s.d.close() }

// hand posts what is not settled of b, in as many requests as it takes.
func (s session) hand(ctx context.Context, b metric.Batch) error {
	for rest := s.d.begun.resume(b); rest.Points > 0; {
		var part metric.Batch
		part, rest = cut(rest, s.d.maxBatch)
		refused, err := deliver.Halve(part, func(b metric.Batch) error { return s.post(ctx, b) })
		if err != nil {
			return err
		}
		s.d.begun.settle(part.Lines, s.d.refusals.Settle(refused, s.d.log))
	}
	return nil
}

// cut splits off as many leading points of b as have room in so many bytes, one at
// least.
func cut(b metric.Batch, size int) (first, rest metric.Batch) {
	if len(b.Lines) <= size {
		return b, metric.Batch{}
	}
	end := bytes.LastIndexByte(b.Lines[:size], '\n') + 1
	if end == 0 {
		end = bytes.IndexByte(b.Lines, '\n') + 1
	}
	first, rest = b, b
	first.Lines, rest.Lines = b.Lines[:end], b.Lines[end:]
	first.Points = bytes.Count(first.Lines, []byte{'\n'})
	rest.Points -= first.Points
	return first, rest
}

// post posts a batch and returns what the answer means.
func (s session) post(ctx context.Context, b metric.Batch) error {
	a, err := s.d.ask(ctx, b.Lines)
	if err != nil {
		return err
	}
	err = s.d.judge(a)
	if err != nil && !deliver.IsPermanent(err) {
		s.d.doubt = bytes.Clone(b.Lines[:bytes.IndexByte(b.Lines, '\n')+1])
	}
	return err
}
