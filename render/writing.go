package render

import (
	"bufio"
	"encoding/json"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// writeJSON writes what Graphite's format=json is: [{"target":…, "tags":…,
// "datapoints":[[value,time],…]},…].
func (t thinning) writeJSON(w http.ResponseWriter, list []*series, _ *time.Location) error {
	w.Header().Set("Content-Type", "application/json")
	b := bufio.NewWriterSize(w, 64<<10)
	b.WriteByte('[')
	for i, d := range t.apply(list) {
		if i > 0 {
			b.WriteString(", ")
		}
		d.begin(b)
		t.writePoints(b, d)
		b.WriteString("]}")
	}
	b.WriteByte(']')
	return b.Flush()
}

// begin writes a series up to its points.
func (d plotted) begin(b *bufio.Writer) {
	b.WriteString(`{"target": `)
	b.Write(quoted(d.name))
	b.WriteString(`, "tags": {`)
	for i, tag := range slices.Sorted(maps.Keys(d.tags)) {
		if i > 0 {
			b.WriteString(", ")
		}
		b.Write(quoted(tag))
		b.WriteString(": ")
		b.Write(quoted(d.tags[tag]))
	}
	b.WriteString(`}, "datapoints": [`)
}

func quoted(text string) []byte {
	q, _ := json.Marshal(text) // a text always can
	return q
}

// writePoints writes the points, each as [value, time].
func (t thinning) writePoints(b *bufio.Writer, d plotted) {
	comma := false
	for i, v := range d.points {
		if t.known && !known(v) {
			continue
		}
		p := b.AvailableBuffer()
		if comma {
			p = append(p, ", "...)
		}
		p = append(p, '[')
		p = appendJSON(p, v)
		p = append(p, ", "...)
		p = strconv.AppendInt(p, d.from+int64(i)*d.step, 10)
		b.Write(append(p, ']'))
		comma = true
	}
}

// appendJSON writes what is without bounds as a number that no reader can hold.
func appendJSON(dst []byte, v float64) []byte {
	switch {
	case !known(v):
		return append(dst, "null"...)
	case math.IsInf(v, 1):
		return append(dst, "1e9999"...)
	case math.IsInf(v, -1):
		return append(dst, "-1e9999"...)
	}
	return appendRepr(dst, v)
}

// writeRaw writes a line for each series: name,from,until,step|values.
func writeRaw(w http.ResponseWriter, list []*series, _ *time.Location) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	b := bufio.NewWriterSize(w, 64<<10)
	for _, s := range list {
		b.WriteString(s.name)
		for i, n := range []int64{s.from, s.until, s.step} {
			b.WriteByte(",,,"[i])
			b.Write(strconv.AppendInt(b.AvailableBuffer(), n, 10))
		}
		for i, v := range s.values {
			b.WriteByte("|,"[min(i, 1)])
			if known(v) {
				b.Write(appendRepr(b.AvailableBuffer(), v))
			} else {
				b.WriteString("None")
			}
		}
		if len(s.values) == 0 {
			b.WriteByte('|')
		}
		b.WriteByte('\n')
	}
	return b.Flush()
}

// writeCSV writes a line for each point: name, the time as clocks in the zone show
// it, and the value, empty if there is none.
func writeCSV(w http.ResponseWriter, list []*series, zone *time.Location) error {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	b := bufio.NewWriterSize(w, 64<<10)
	for _, s := range list {
		name := cell(s.name)
		for i, v := range s.values {
			b.WriteString(name)
			b.Write(time.Unix(s.at(i), 0).In(zone).AppendFormat(b.AvailableBuffer(), ",2006-01-02 15:04:05,"))
			if known(v) {
				b.Write(appendRepr(b.AvailableBuffer(), v))
			}
			b.WriteString("\r\n")
		}
	}
	return b.Flush()
}

// cell quotes a text that a reader of tables would misunderstand.
func cell(text string) string {
	if !strings.ContainsAny(text, ",\"\r\n") {
		return text
	}
	return `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
}
