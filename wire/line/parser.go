// Package line reads carbon's plaintext protocol: lines of a name, a value and
// perhaps a time.
package line

import (
	"bytes"
	"strconv"

	"github.com/plumbago/plumbago/metric"
)

// DefaultMaxLine is the longest line a Parser takes that is told nothing else.
const DefaultMaxLine = 64 << 10

// Reject is told of each line that is not taken, without its line end, and why.
// The bytes are valid during the call only.
type Reject func(reason metric.Reason, raw []byte)

// Parser makes batches of canonical lines out of what senders write. Its zero
// value is ready. It keeps its memory from call to call, and serves one
// goroutine at a time.
type Parser struct {
	MaxLine int    // longer lines are rejected as too long, the line end not counted; 0 means DefaultMaxLine
	Reject  Reject // may be nil

	// KeepTags leaves names as they came: tags in the order and notation of
	// the sender.
	KeepTags bool

	out rewriting
	odd []byte // the canonical form of one line
	now clock
}

// Parse reads the lines of chunk, each ended by LF or CR LF, the last one
// perhaps by nothing: a caller to whom such a rest may be half a line keeps it
// back. Lines without a time, and with the time -1, get now, in Unix seconds.
// Blank lines are passed over; what is wrong with a line costs that line only.
//
// The batch aliases chunk if all of it was canonical already, and the parser's
// own memory otherwise. It is valid until the next call, or until chunk changes.
func (p *Parser) Parse(chunk []byte, now int64) metric.Batch {
	return p.parse(chunk, now, p.rewriteLine)
}

// ParseDatagram is Parse for a datagram, in which carbon lets other characters
// end lines too: CR, VT, FF, FS, GS, RS, NEL, LS and PS.
func (p *Parser) ParseDatagram(datagram []byte, now int64) metric.Batch {
	return p.parse(datagram, now, p.rewriteLines)
}

// parse takes plain lines as they are, or with their end changed, and leaves the
// others to rewrite, which appends what it makes of a line to p.odd and returns
// how many points that are.
func (p *Parser) parse(chunk []byte, now int64, rewrite func(line []byte) int) metric.Batch {
	p.now.set(now)
	p.out.start(chunk)
	points, longest := 0, p.maxLine()
	for pos := 0; pos < len(chunk); {
		l := p.scan(chunk, pos)
		if l.next == 0 || l.next-pos > longest {
			l.next = nextLine(chunk, pos)
			p.odd = p.odd[:0]
			points += rewrite(bytes.TrimSuffix(chunk[pos:l.next], []byte{'\n'}))
			p.out.replace(pos, l.next, p.odd)
		} else {
			points++
			p.finish(l)
		}
		pos = l.next
	}
	return metric.Batch{Lines: p.out.bytes(), Points: points}
}

// finish gives a plain line its canonical end.
func (p *Parser) finish(l plain) {
	switch {
	case !l.timed:
		p.out.replace(l.end, l.next, p.now.text)
	case l.end < l.next-1:
		p.out.cut(l.end, l.next-1) // the CR
	}
}

// maxLine returns the limit for a line with its LF.
func (p *Parser) maxLine() int {
	if p.MaxLine > 0 {
		return p.MaxLine + 1
	}
	return DefaultMaxLine + 1
}

func (p *Parser) reject(reason metric.Reason, raw []byte) {
	if p.Reject != nil {
		p.Reject(reason, bytes.TrimSuffix(raw, []byte{'\r'}))
	}
}

// nextLine returns where the line after the one at pos begins.
func nextLine(chunk []byte, pos int) int {
	if i := bytes.IndexByte(chunk[pos:], '\n'); i >= 0 {
		return pos + i + 1
	}
	return len(chunk)
}

// rewriting is a copy of a chunk in which some parts are replaced. Nothing is
// copied before the first of them.
type rewriting struct {
	chunk  []byte
	copied int // how much of chunk out stands for
	out    []byte
}

func (r *rewriting) start(chunk []byte) {
	r.chunk, r.copied, r.out = chunk, 0, r.out[:0]
}

// replace puts text in the place of a part of the chunk behind those replaced
// before.
func (r *rewriting) replace(from, to int, text []byte) {
	if bytes.Equal(r.chunk[from:to], text) {
		return
	}
	r.cut(from, to)
	r.out = append(r.out, text...)
}

// cut leaves a part of the chunk out.
func (r *rewriting) cut(from, to int) {
	r.out = append(r.out, r.chunk[r.copied:from]...)
	r.copied = to
}

// bytes returns the rewritten chunk, or the chunk itself if nothing changed.
func (r *rewriting) bytes() []byte {
	if r.copied == 0 {
		return r.chunk
	}
	r.cut(len(r.chunk), len(r.chunk))
	return r.out
}

// clock holds the present time, and how a line of it ends.
type clock struct {
	now  int64
	text []byte // blank, time, LF
}

func (c *clock) set(now int64) {
	if now == c.now && c.text != nil {
		return
	}
	c.now = now
	c.text = append(strconv.AppendInt(append(c.text[:0], ' '), now, 10), '\n')
}
