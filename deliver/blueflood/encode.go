package blueflood

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/plumbago/plumbago/internal/number"
	"github.com/plumbago/plumbago/metric"
)

// encoder writes points as Blueflood reads them.
type encoder struct {
	prefix    string // of names, with its dot
	head      []byte // what stands before a name: the prefix is in it
	tail      []byte // what stands behind a time
	tenants   bool
	overwrite bool
	maxBody   int

	past, ahead      time.Duration
	now, least, most int64 // in milliseconds; times lie between the last two

	json []byte // of the points that fill took
}

// What stands between the fields of a point.
const (
	nameKey   = `"metricName":"`
	valueKey  = `","metricValue":`
	timeKey   = `,"collectionTime":`
	ttlKey    = `,"ttlInSeconds":`
	tenantKey = `{"tenantId":"`
)

func newEncoder(o Options) encoder {
	e := encoder{tenants: o.Tenants, overwrite: o.Overwrite, maxBody: o.MaxBody, past: o.Past, ahead: o.Ahead}
	if e.prefix = o.Prefix; e.prefix != "" {
		e.prefix = strings.TrimSuffix(e.prefix, ".") + "."
	}
	begin := "{"
	if o.Tenants {
		begin = `",`
	}
	e.head = appendString([]byte(begin+nameKey), []byte(e.prefix))
	e.tail = append(strconv.AppendInt([]byte(ttlKey), int64(o.TTL/time.Second), 10), "},"...)
	return e
}

// perPoint is how many bytes more than its line a point has in JSON, where nothing
// of it is rewritten.
func (e *encoder) perPoint() int {
	const inLine, thousand = len("  \n"), len("000")
	n := len(e.head) + len(valueKey) + len(timeKey) + thousand + len(e.tail) - inLine
	if e.tenants {
		n += len(tenantKey) - len(".")
	}
	return n
}

// start sets the time by which points are judged.
func (e *encoder) start(now time.Time) {
	e.now = now.UnixMilli()
	e.least, e.most = now.Add(-e.past).UnixMilli(), now.Add(e.ahead).UnixMilli()
}

// fill encodes as many leading points of b as one body holds, into e.json; it is of
// no use if part has no points. It leaves out those that the far end would refuse,
// each of which it hands to refuse: to that end it moves lines within b's memory.
func (e *encoder) fill(b metric.Batch, refuse func(line []byte, why reason)) (part, rest metric.Batch) {
	e.json = append(e.json[:0], '[')
	read, kept, points := 0, 0, 0
	for read < len(b.Lines) {
		fields, after := metric.Next(b.Lines[read:])
		line := b.Lines[read : len(b.Lines)-len(after)]
		start := len(e.json)
		why := e.append(fields)
		if full := len(e.json) > e.maxBody; full && points > 0 {
			e.json = e.json[:start]
			break
		} else if full {
			why = tooLarge
		}
		if read += len(line); why != "" {
			e.json = e.json[:start]
			refuse(line, why)
			b.Points--
			continue
		}
		if points++; kept < read-len(line) {
			copy(b.Lines[kept:], line)
		}
		kept += len(line)
	}
	e.json[len(e.json)-1] = ']' // in the place of the last comma
	part, rest = b, b
	part.Lines, part.Points = b.Lines[:kept:kept], points
	rest.Lines, rest.Points = b.Lines[read:], b.Points-points
	return part, rest
}

// append appends a point and a comma to e.json, or says why the far end would not
// take it; then what it has appended is of no use.
func (e *encoder) append(l metric.Line) reason {
	at, why := e.time(l.Timestamp)
	if why != "" {
		return why
	}
	name, out := l.Name, e.json
	if e.tenants {
		var tenant []byte
		if tenant, name = cutTenant(l.Name); tenant == nil {
			return noTenant
		}
		out = appendString(append(out, tenantKey...), tenant)
	}
	out = appendString(append(out, e.head...), name)
	out = append(out, valueKey...)
	out, ok := appendNumber(out, l.Value)
	out = strconv.AppendInt(append(out, timeKey...), at, 10)
	e.json = append(out, e.tail...)
	if !ok {
		return badValue
	}
	return ""
}

// time returns a point's time in milliseconds.
func (e *encoder) time(text []byte) (int64, reason) {
	if e.overwrite {
		return e.now, ""
	}
	switch at := millis(text); {
	case at < e.least:
		return 0, tooOld
	case at > e.most:
		return 0, tooFarAhead
	default:
		return at, ""
	}
}

// cutTenant splits a name behind its first node. The tenant is nil if there is
// none, or nothing else.
func cutTenant(name []byte) (tenant, rest []byte) {
	dot := bytes.IndexByte(name, '.')
	if dot <= 0 || dot == len(name)-1 || bytes.IndexByte(name[:dot], ';') >= 0 {
		return nil, nil
	}
	return name[:dot], name[dot+1:]
}

// appendString appends what a canonical name, or a part of one, is within a JSON
// string.
func appendString(dst, text []byte) []byte {
	if bytes.IndexByte(text, '"') < 0 && bytes.IndexByte(text, '\\') < 0 {
		return append(dst, text...)
	}
	for _, c := range text {
		if c == '"' || c == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, c)
	}
	return dst
}

// maxMillis is farther from 1970 than any window.
const maxMillis = 1 << 60

// millis returns a canonical time in whole milliseconds, what is less cut off.
func millis(text []byte) int64 {
	digits, sign := text, int64(1)
	if len(digits) > 0 && digits[0] == '-' {
		digits, sign = digits[1:], -1
	}
	seconds, fraction := digits, []byte(nil)
	if dot := bytes.IndexByte(digits, '.'); dot >= 0 {
		seconds, fraction = digits[:dot], digits[dot+1:]
	}
	if len(seconds) > 15 {
		return sign * maxMillis
	}
	var n int64
	for _, c := range seconds {
		n = 10*n + int64(c-'0')
	}
	for i := range 3 {
		n *= 10
		if i < len(fraction) {
			n += int64(fraction[i] - '0')
		}
	}
	return sign * n
}

// maxPlain is the longest text of a number that is sent as it is without a closer
// look: what is as short is within the range of a double.
const maxPlain = 32

// appendNumber appends a canonical value as JSON: as it is if it is JSON, or as the
// shortest text that is the same number. It reports false for what no JSON number
// is: NaN and what is beyond the range of a double.
func appendNumber(dst, text []byte) ([]byte, bool) {
	if len(text) <= maxPlain && isPlain(text) {
		return append(dst, text...), true
	}
	f, ok := number.Parse(text)
	if !ok || math.IsNaN(f) || math.IsInf(f, 0) {
		return dst, false
	}
	if len(text) <= maxPlain && json.Valid(text) {
		return append(dst, text...), true
	}
	return number.AppendFloat(dst, f), true
}

// isPlain reports whether text is a JSON number without an exponent.
func isPlain(text []byte) bool {
	if len(text) > 0 && text[0] == '-' {
		text = text[1:]
	}
	whole := digits(text)
	if whole == 0 || whole > 1 && text[0] == '0' {
		return false
	}
	if whole == len(text) {
		return true
	}
	fraction := text[whole+1:]
	return text[whole] == '.' && len(fraction) > 0 && digits(fraction) == len(fraction)
}

// digits counts those that text begins with.
func digits(text []byte) int {
	for i, c := range text {
		if c-'0' > 9 {
			return i
		}
	}
	return len(text)
}
