package receive

import (
	"errors"
	"sync"
	"sync/atomic"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/tenant"
	"github.com/plumbago/plumbago/wire/line"
)

const (
	deskBytes  = 128 << 10 // one read of a stream that flows
	smallBytes = 4 << 10   // one read where many flow at once
	mostDesks  = 128       // large ones in use at once: 16 MiB a listener, half as much again with TLS
	spareDesks = 32        // large ones kept while nobody uses them
	aheadBytes = 64 << 10  // one read of a socket under TLS
)

// desk is where the bytes of a stream are worked on: room to read into, and the
// codecs with their memory. A stream has one while its bytes flow, and leaves
// it before it waits.
type desk struct {
	room   []byte
	lines  line.Parser
	frames codec // nil for lines
	times  rounding
	joined joined
	stage  tenant.Room
	ahead  []byte // made when it is first needed
	small  bool
}

// readAhead is memory to read ahead into; a small desk has none.
func (d *desk) readAhead() []byte {
	if d.ahead == nil && !d.small {
		d.ahead = make([]byte, aheadBytes)
	}
	return d.ahead
}

// desks lends desks. There is one for whoever asks, but only mostDesks large
// ones at a time, so that memory is bounded whatever the number of streams.
type desks struct {
	o Options

	mu    sync.Mutex
	spare []*desk
	inUse int // large ones
}

func (p *desks) take() *desk {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.inUse == mostDesks {
		return p.newDesk(smallBytes)
	}
	p.inUse++
	if n := len(p.spare); n > 0 {
		d := p.spare[n-1]
		p.spare = p.spare[:n-1]
		return d
	}
	return p.newDesk(deskBytes)
}

func (p *desks) newDesk(size int) *desk {
	d := &desk{
		room:  make([]byte, size),
		lines: line.Parser{MaxLine: p.o.MaxLine, KeepTags: p.o.KeepTags},
		times: rounding{step: int64(p.o.Resolution)},
		small: size == smallBytes,
	}
	d.renew(p.o)
	return d
}

// renew gives the desk a codec with fresh memory, if its protocol has frames.
func (d *desk) renew(o Options) {
	if f := framings[o.Protocol]; f != nil {
		d.frames = f.newCodec(o)
	}
}

func (p *desks) leave(d *desk) {
	d.lines.Reject = nil
	if d.frames != nil {
		d.frames.tell(nil)
	}
	if d.small {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inUse--
	if len(p.spare) < spareDesks {
		p.spare = append(p.spare, d)
	}
}

// errHeld ends a stream whose unfinished line or frame no longer fits the
// listener's allowance.
var errHeld = errors.New("too many bytes held for unfinished input")

// allowance bounds the bytes that a listener holds for streams that wait.
type allowance struct {
	most int64
	used atomic.Int64
}

// change moves a stream's share from one size to another.
func (a *allowance) change(from, to int) error {
	by := int64(to - from)
	if used := a.used.Add(by); by > 0 && used > a.most {
		a.used.Add(-by)
		return errHeld
	}
	return nil
}

// joined makes one batch of several.
type joined struct {
	batch metric.Batch
}

// fits reports whether b may be added to what is there: all of a batch has one
// owner and one way.
func (j *joined) fits(b metric.Batch) bool {
	return j.batch.Points == 0 || j.batch.Tenant == b.Tenant && j.batch.Quarantined == b.Quarantined
}

func (j *joined) add(b metric.Batch) {
	j.batch.Tenant, j.batch.Quarantined = b.Tenant, b.Quarantined
	j.batch.Lines = append(j.batch.Lines, b.Lines...)
	j.batch.Points += b.Points
}

// reset forgets the batch and keeps its memory if it is of ordinary size.
func (j *joined) reset() {
	if cap(j.batch.Lines) > 2*mostJoined {
		j.batch.Lines = nil
	}
	j.batch = metric.Batch{Lines: j.batch.Lines[:0]}
}

// mostJoined is when a joined batch is handed on although more may follow.
const mostJoined = 256 << 10
