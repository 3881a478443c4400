package receive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/tenant"
)

// request is a body of points on its way to the sink.
type request struct {
	d     *httpDoor
	r     *http.Request
	visit *tenant.Visit // nil: whose the points are is not asked
	peer  fmt.Stringer

	held  share
	raw   holding // the body as it came
	plain holding // the body without compression
	lines int     // bytes charged for the lines of the body
	tray  *tray
}

func (d *httpDoor) newRequest(r *http.Request, v *tenant.Visit) *request {
	q := &request{d: d, r: r, visit: v, peer: connOf(r).enters.from, held: share{of: d.in.held}}
	q.raw, q.plain = holding{rooms: d.rooms, held: &q.held}, holding{rooms: d.rooms, held: &q.held}
	return q
}

func (q *request) run() error {
	body, err := q.read()
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return errEmpty
	}
	q.tray = q.d.trays.take(q.peer)
	batch, err := q.decode(body)
	if err != nil {
		return err
	}
	return q.admit(batch)
}

// end gives back the memory of the request.
func (q *request) end() {
	q.raw.release()
	q.plain.release()
	_ = q.charge(0)
	if q.tray != nil {
		q.d.trays.leave(q.tray)
	}
}

// read reads the whole body. A decompressor comes in only when all is there, so
// that one who sends slowly never keeps it.
func (q *request) read() ([]byte, error) {
	most := q.d.in.o.MaxBody
	compressed, err := compression(q.r.Header)
	switch {
	case err != nil:
		return nil, err
	case q.r.ContentLength > int64(most):
		return nil, errTooLarge
	}
	err = q.raw.fill(q.r.Body, q.r.ContentLength, most)
	q.d.in.m.bytes.Add(float64(len(q.raw.buf)))
	switch {
	case err != nil:
		return nil, readFault(err)
	case compressed == "" || len(q.raw.buf) == 0:
		return q.raw.buf, nil
	}
	if err := q.decompress(compressed, most); err != nil {
		return nil, err
	}
	q.raw.release()
	return q.plain.buf, nil
}

func (q *request) decompress(compressed string, most int) error {
	m := q.d.mills.take()
	defer q.d.mills.leave(m)
	src, err := m.open(compressed, q.raw.buf)
	if err == nil {
		err = q.plain.fill(src, -1, most)
	}
	if err == nil {
		return nil
	}
	if err = readFault(err); err == errBroken {
		return errCompression
	}
	return err
}

// charge accounts for the memory of the lines.
func (q *request) charge(size int) error {
	if err := q.held.change(q.lines, size); err != nil {
		return readFault(err)
	}
	q.lines = size
	return nil
}

// admit hands the points on that may pass, and waits until they are stored.
func (q *request) admit(b metric.Batch) error {
	if b.Points == 0 {
		return q.nothing(b.Points, "")
	}
	ctx, cancel := context.WithTimeout(q.r.Context(), q.d.times.store)
	defer cancel()
	q.d.in.sent(q.peer, b.Points)
	if q.visit == nil {
		q.d.in.m.points.Add(float64(b.Points))
		return q.store(ctx, b)
	}
	if wait := q.visit.Wait(b.Points); wait > 0 {
		return overRate(wait)
	}
	q.d.in.m.points.Add(float64(b.Points))
	became, err := q.visit.Admit(ctx, &q.tray.room, b, q.store)
	q.d.in.withheld(became, connOf(q.r).enters.from)
	switch {
	case err != nil && !errors.Is(err, tenant.ErrUnknown):
		return err
	case became.Passed > 0:
		return nil
	case became.Limited > 0 && !isShape(became.Reason):
		return overLimits(q.visit.Wait(1))
	}
	return q.nothing(b.Points, became.Reason)
}

// isShape reports whether a point was over a limit that it will be over for ever.
func isShape(r metric.Reason) bool { return r == metric.LineLength || r == metric.TagCount }

// store has the sink store a batch.
func (q *request) store(ctx context.Context, b metric.Batch) error {
	err := q.d.sink.Store(ctx, b)
	if err == nil {
		return nil
	}
	in := q.d.in
	in.m.refused.Add(float64(b.Points))
	if suppressed, ok := in.refusals.pass(); ok {
		in.log.Warn("points refused", "peer", q.peer.String(), "points", b.Points, "err", err, "suppressed", suppressed)
	}
	return errNotStored
}

// nothing says why no point of the body was taken.
func (q *request) nothing(points int, dropped metric.Reason) error {
	t := &q.tray.rejects
	return &nothingTaken{points, t.total, slices.Clone(t.first), t.why, dropped}
}
