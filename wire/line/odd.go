package line

import (
	"bytes"
	"math"
	"unicode/utf8"

	"github.com/plumbago/plumbago/internal/name"
	"github.com/plumbago/plumbago/internal/number"
	"github.com/plumbago/plumbago/internal/space"
	"github.com/plumbago/plumbago/metric"
)

// rewriteLine appends the canonical form of line to p.odd. It returns the
// number of points in it: 1, or 0 for a line that is blank or rejected.
func (p *Parser) rewriteLine(line []byte) int {
	if len(line) >= p.maxLine() {
		p.reject(metric.TooLong, line)
		return 0
	}
	start := len(p.odd)
	reason, blank := p.appendCanonical(line)
	switch {
	case reason != "":
		p.odd = p.odd[:start]
		p.reject(reason, line)
		return 0
	case blank:
		return 0
	}
	return 1
}

// rewriteLines is rewriteLine for all that are lines in a datagram.
func (p *Parser) rewriteLines(text []byte) (points int) {
	for len(text) > 0 {
		line := text
		if i := bytes.IndexFunc(text, endsLine); i >= 0 {
			_, size := utf8.DecodeRune(text[i:])
			line, text = text[:i], text[i+size:]
		} else {
			text = nil
		}
		points += p.rewriteLine(line)
	}
	return points
}

// endsLine reports whether r ends a line of Python's text.
func endsLine(r rune) bool {
	switch r {
	case '\n', '\v', '\f', '\r', 0x1c, 0x1d, 0x1e, 0x85, 0x2028, 0x2029:
		return true
	}
	return false
}

// appendCanonical appends line in canonical form, or says why it has none.
func (p *Parser) appendCanonical(line []byte) (reason metric.Reason, blank bool) {
	if !utf8.Valid(line) {
		return metric.UTF8, false
	}
	path, rest := space.Field(line)
	value, rest := space.Field(rest)
	time, rest := space.Field(rest)
	more, _ := space.Field(rest)
	switch {
	case len(path) == 0:
		return "", true
	case len(value) == 0 || len(more) > 0:
		return metric.Fields, false
	}
	if reason := name.Check(path); reason != "" {
		return reason, false
	}
	p.odd = append(p.appendName(p.odd, path), ' ')
	if reason := p.appendValue(value); reason != "" {
		return reason, false
	}
	return p.appendTime(time), false
}

func (p *Parser) appendName(dst, path []byte) []byte {
	if p.KeepTags {
		return append(dst, path...)
	}
	return name.AppendCanonical(dst, path)
}

// appendValue appends a value as it is spelled where every Graphite daemon reads
// that, and otherwise the number that carbon reads.
func (p *Parser) appendValue(text []byte) metric.Reason {
	f, ok := number.Parse(text)
	switch {
	case !ok:
		return metric.Value
	case math.IsNaN(f):
		return metric.NaN
	case math.IsInf(f, 0) || !number.Plain(text):
		p.odd = number.AppendFloat(p.odd, f)
	default:
		p.odd = append(p.odd, text...)
	}
	return ""
}

// appendTime appends a time, the present one if text is empty, and the line's
// end.
func (p *Parser) appendTime(text []byte) metric.Reason {
	if len(text) == 0 {
		p.odd = append(p.odd, p.now.text...)
		return ""
	}
	p.odd = append(p.odd, ' ')
	if timeEnd(text, 0) == len(text) {
		p.odd = append(append(p.odd, text...), '\n')
		return ""
	}
	t, ok := number.Parse(text)
	if !ok {
		return metric.Timestamp
	}
	if p.odd, ok = number.AppendTimestamp(p.odd, t, p.now.now); !ok {
		return metric.Timestamp
	}
	p.odd = append(p.odd, '\n')
	return ""
}
