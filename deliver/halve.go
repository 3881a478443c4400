package deliver

import (
	"bytes"

	"github.com/plumbago/plumbago/metric"
)

// Refusal is some points that the far end will never take, and its answer.
type Refusal struct {
	metric.Batch
	Why error
}

// Halve hands the points of b to a far end that takes or refuses a batch as a
// whole, for some points that it does not name. send hands over a batch: nil
// means that it was taken, an error marked by Permanent that it was refused, and
// any other error that nothing is known.
//
// What is refused is sent again by halves until each line that is refused stands
// alone; all others are taken, in their order. k bad lines among n take at most
// 1 + 2k·⌈log2 n⌉ sendings, and never more than 2n - 1. The lines that were
// refused come back in their order, those that follow each other with the same
// answer as one Refusal, in b's memory.
//
// An error that is not marked ends it at once and is returned: then nothing is
// refused, and all of b is to be sent again.
func Halve(b metric.Batch, send func(metric.Batch) error) ([]Refusal, error) {
	h := halving{send: send}
	if err := h.hand(b); err != nil {
		return nil, err
	}
	return h.refused, nil
}

type halving struct {
	send    func(metric.Batch) error
	refused []Refusal
}

// hand hands b over, by halves if need be.
func (h *halving) hand(b metric.Batch) error {
	err := h.send(b)
	if !IsPermanent(err) {
		return err
	}
	if b.Points <= 1 {
		h.refuse(b, err)
		return nil
	}
	first, second := halves(b)
	if err := h.hand(first); err != nil {
		return err
	}
	return h.hand(second)
}

// refuse notes a refused line, which follows all those before.
func (h *halving) refuse(b metric.Batch, why error) {
	if n := len(h.refused); n > 0 {
		last := &h.refused[n-1]
		if adjacent(last.Lines, b.Lines) && last.Why.Error() == why.Error() {
			last.Lines = last.Lines[:len(last.Lines)+len(b.Lines)]
			last.Points += b.Points
			return
		}
	}
	h.refused = append(h.refused, Refusal{b, why})
}

// adjacent reports whether b begins where a ends, both parts of one batch.
func adjacent(a, b []byte) bool {
	return len(b) > 0 && cap(a) > len(a) && &a[:len(a)+1][len(a)] == &b[0]
}

// halves splits the points of b; there are two or more.
func halves(b metric.Batch) (first, second metric.Batch) {
	first, second = b, b
	first.Points = b.Points / 2
	second.Points = b.Points - first.Points
	n := 0
	for range first.Points {
		n += bytes.IndexByte(b.Lines[n:], '\n') + 1
	}
	first.Lines, second.Lines = b.Lines[:n], b.Lines[n:]
	return first, second
}
