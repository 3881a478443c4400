package receive

import (
	"bytes"
	"context"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/wire/line"
)

// lines is the plaintext protocol on a stream.
type lines struct {
	talk
	opening  opening
	searched int         // bytes at the front of the rest that hold no line end
	skipping bool        // in the middle of a line that is too long
	onReject line.Reject // refuse, made once
}

func newLines(t talk) *lines {
	l := &lines{talk: t}
	l.onReject = l.refuse
	return l
}

// limit is one byte more than a line may have, with a CR but without its LF.
func (l *lines) limit() int { return l.in.o.MaxLine + 1 }

func (l *lines) skips() int64 {
	if l.skipping {
		return 1
	}
	return 0
}

// skip is told of a connection that began elsewhere: what it began like was seen
// there.
func (l *lines) skip(n int64) { l.skipping, l.opening.told = n > 0, true }

// take parses the complete lines of data.
func (l *lines) take(ctx context.Context, d *desk, data []byte) (used int, err error) {
	if l.opening.see(data); looksTLS(l.opening.first[:l.opening.seen]) {
		l.say() // now: a TLS client waits for an answer before it sends what could be rejected
	}
	if l.skipping {
		if used = bytes.IndexByte(data, '\n') + 1; used == 0 {
			return len(data), nil
		}
		l.skipping = false
	}
	end := l.searched + bytes.LastIndexByte(data[l.searched:], '\n') + 1
	if end == l.searched || end < used {
		end = used
	}
	if err := l.parse(ctx, d, data[used:end]); err != nil {
		return end, err
	}
	return l.keep(data, end), nil
}

// keep decides on the unfinished line behind end.
func (l *lines) keep(data []byte, end int) (used int) {
	l.searched = len(data) - end
	if l.searched < l.limit() {
		return end
	}
	l.refuse(metric.TooLong, data[end:])
	l.skipping, l.searched = true, 0
	return len(data)
}

func (l *lines) parse(ctx context.Context, d *desk, chunk []byte) error {
	if len(chunk) == 0 {
		return nil
	}
	d.lines.Reject = l.onReject
	batch := d.lines.Parse(chunk, l.in.o.Now().Unix())
	return l.hand(ctx, d, d.times.round(batch))
}

// end takes or drops the unterminated rest: a cut number reads as another one.
func (l *lines) end(ctx context.Context, d *desk, rest []byte, clean bool) error {
	switch {
	case len(rest) == 0:
		return nil
	case clean && l.in.o.AcceptUnterminated:
		return l.parse(ctx, d, rest)
	}
	l.refuse(metric.Unterminated, rest)
	return nil
}

// refuse rejects a line. The first of a connection that began like another
// protocol is logged as that.
func (l *lines) refuse(reason metric.Reason, raw []byte) {
	l.say()
	l.reject(reason, raw)
}

// say logs, once, what the connection began like.
func (l *lines) say() {
	if hint := l.opening.hint(); hint != "" {
		l.in.hint(hint, l.peer)
	}
}

// opening watches how a connection begins.
type opening struct {
	first [8]byte
	seen  int
	told  bool
}

func (o *opening) see(data []byte) {
	if o.seen < len(o.first) && bytes.HasPrefix(data, o.first[:o.seen]) {
		o.seen = copy(o.first[:], data)
	}
}

// hint names the protocol that the connection seems to speak instead of lines,
// once.
func (o *opening) hint() string {
	if o.told {
		return ""
	}
	o.told = true
	return foreign(o.first[:o.seen])
}
