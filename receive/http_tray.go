package receive

import (
	"bytes"
	"fmt"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/tenant"
	"github.com/plumbago/plumbago/wire/line"
)

// tray is where the lines of one body lie until they are stored, and what is to
// be said of those that are none.
type tray struct {
	lines   line.Parser
	times   rounding
	joined  joined
	room    tenant.Room
	rejects rejects
	large   bool // too large to be kept
}

// trays lends trays, and keeps some of ordinary size.
type trays struct {
	in    *intake
	spare chan *tray
}

const (
	spareTrays   = 32
	mostOrdinary = 64 << 10 // bytes of a body
)

func newTrays(in *intake) *trays { return &trays{in, make(chan *tray, spareTrays)} }

func (p *trays) take(peer fmt.Stringer) *tray {
	var t *tray
	select {
	case t = <-p.spare:
	default:
		t = p.newTray()
	}
	t.rejects = rejects{in: p.in, peer: peer, first: t.rejects.first[:0]}
	return t
}

func (p *trays) newTray() *tray {
	o := &p.in.o
	t := &tray{
		lines: line.Parser{MaxLine: o.MaxLine, KeepTags: o.KeepTags},
		times: rounding{step: int64(o.Resolution)},
	}
	t.lines.Reject = t.rejects.line
	return t
}

func (p *trays) leave(t *tray) {
	t.joined.reset()
	t.rejects.body = nil
	if t.large {
		return
	}
	select {
	case p.spare <- t:
	default:
	}
}

// mostTold is of how many lines or items a client is told what is wrong.
const mostTold = 100

// rejects counts and logs the lines or items of a body that are not taken, and
// keeps the first for the answer.
type rejects struct {
	in    *intake
	peer  fmt.Stringer
	first []rejected
	total int

	pickles int   // refused
	why     error // what is wrong with the last pickle that was refused

	body    []byte // of lines
	counted int    // bytes of body whose line ends are counted
	ends    int
}

// line is a line.Reject. Which line it is, is found by its place in the body.
func (r *rejects) line(reason metric.Reason, raw []byte) {
	r.in.reject(reason, raw, r.peer)
	if r.total++; r.total > mostTold {
		return
	}
	at := cap(r.body) - cap(raw)
	r.ends += bytes.Count(r.body[r.counted:at], []byte{'\n'})
	r.counted = at
	r.first = append(r.first, rejected{Line: r.ends + 1, Reason: reason})
}

// item is a json.Reject.
func (r *rejects) item(reason metric.Reason, place int, name []byte) {
	r.in.reject(reason, name, r.peer)
	r.add(rejected{Item: place, Reason: reason})
}

// pickled is a pickle.Reject.
func (r *rejects) pickled(reason metric.Reason, described string) {
	r.in.rejectSample(reason, sample{item, []byte(described)}, r.peer)
	r.add(rejected{Reason: reason})
}

// pickle is told of a whole pickle that is refused.
func (r *rejects) pickle(why error) {
	r.pickles++
	r.why = why
	r.in.reject(metric.Pickle, nil, r.peer, "err", why)
	r.add(rejected{Reason: metric.Pickle})
}

func (r *rejects) add(one rejected) {
	if r.total++; r.total <= mostTold {
		r.first = append(r.first, one)
	}
}
