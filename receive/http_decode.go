package receive

import (
	"encoding/binary"
	"net/http"
	"strings"

	"github.com/plumbago/plumbago/metric"
)

// decode makes a batch of a body, by its Content-Type. It is valid until the
// request ends.
func (q *request) decode(body []byte) (metric.Batch, error) {
	q.tray.large = len(body) > mostOrdinary
	now := q.d.in.o.Now().Unix()
	switch content(q.r.Header, body) {
	case "json":
		return q.decodeJSON(body, now)
	case "pickle":
		return q.decodePickles(body, now)
	}
	return q.decodeLines(body, now)
}

// content names what a body is made of. Clients send lines under all types, and
// under none.
func content(h http.Header, body []byte) string {
	name, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	switch name = strings.ToLower(strings.TrimSpace(name)); {
	case name == "application/json", strings.HasSuffix(name, "+json"):
		return "json"
	case name == "application/x-pickle", name == "application/python-pickle",
		name == "application/octet-stream" && isPickle(body):
		return "pickle"
	}
	return "lines"
}

// isPickle reports whether body begins like a pickle, or like a frame of one.
func isPickle(body []byte) bool {
	return opensPickle(body[0]) || body[0] == 0 && len(body) > lengthBytes && opensPickle(body[lengthBytes])
}

// What the lines of a body take in memory while they are on their way: their
// texts, and what is made of them for their tenant.
const copies = 2

func (q *request) decodeLines(body []byte, now int64) (metric.Batch, error) {
	if body[len(body)-1] != '\n' {
		body = append(body, '\n') // spares the last line the slow path
	}
	if err := q.charge(copies * len(body)); err != nil {
		return metric.Batch{}, err
	}
	q.tray.rejects.body = body
	b := q.tray.times.round(q.tray.lines.Parse(body, now))
	return b, q.charge(copies * max(len(body), len(b.Lines)))
}

func (q *request) decodeJSON(body []byte, now int64) (metric.Batch, error) {
	m := q.d.mills.take()
	defer q.d.mills.leave(m)
	m.json.Reject = q.tray.rejects.item
	b, err := m.json.Decode(body, now)
	if err != nil {
		return b, badBody(metric.JSON, err)
	}
	return q.keep(b)
}

// decodePickles decodes one pickle, or frames of them as the port of pickles takes
// them. A bad one costs only itself, very many of them what is behind.
func (q *request) decodePickles(body []byte, now int64) (metric.Batch, error) {
	m := q.d.mills.take()
	defer q.d.mills.leave(m)
	m.pickles.tell(q.tray.rejects.pickled)
	if opensPickle(body[0]) {
		return q.decodePickle(m, body, now)
	}
	for len(body) > 0 {
		frame, rest := nextFrame(body)
		if frame == nil || q.tray.rejects.pickles > mostTold {
			q.d.in.reject(metric.Unterminated, nil, q.peer)
			q.tray.rejects.add(rejected{Reason: metric.Unterminated})
			break
		}
		if _, err := q.decodePickle(m, frame, now); err != nil {
			return metric.Batch{}, err
		}
		body = rest
	}
	return q.tray.joined.batch, nil
}

// decodePickle adds the points of a pickle to those of the body.
func (q *request) decodePickle(m *mill, pickle []byte, now int64) (metric.Batch, error) {
	if len(pickle) > q.d.in.o.MaxFrame {
		return metric.Batch{}, errLargePickle
	}
	b, err := m.pickles.decode(pickle, now)
	if err != nil {
		q.tray.rejects.pickle(err)
		return q.tray.joined.batch, nil
	}
	return q.keep(b)
}

// nextFrame splits the first frame off; nil if it is not complete.
func nextFrame(body []byte) (frame, rest []byte) {
	if len(body) < lengthBytes {
		return nil, nil
	}
	size, behind := int64(binary.BigEndian.Uint32(body)), body[lengthBytes:]
	if size > int64(len(behind)) {
		return nil, nil
	}
	return behind[:size:size], behind[size:]
}

// keep copies a batch of a decoder, and returns it with those kept before.
func (q *request) keep(b metric.Batch) (metric.Batch, error) {
	j := &q.tray.joined
	if err := q.charge(copies * (len(j.batch.Lines) + len(b.Lines))); err != nil {
		return metric.Batch{}, err
	}
	j.add(q.tray.times.round(b))
	return j.batch, nil
}
