package json

import (
	"bytes"

	"github.com/plumbago/plumbago/metric"
)

// point is an item as it was read.
type point struct {
	name, value, time value
	tags              []byte        // each as ;tag=value
	elements          int           // of an item that is an array
	fault             metric.Reason // found while reading
}

func (p *point) reset() { *p = point{tags: p.tags[:0]} }

// member reads the value of an object's member.
func (d *Decoder) member(key []byte) (ok bool) {
	p := &d.point
	switch string(key) {
	case "name", "metric", "path":
		p.name, ok = d.next()
	case "value":
		p.value, ok = d.next()
	case "timestamp", "time":
		p.time, ok = d.next()
	case "tags":
		ok = d.tags()
	default:
		ok = d.skip()
	}
	return ok
}

// element reads an element of an item that is an array.
func (d *Decoder) element() (ok bool) {
	p := &d.point
	p.elements++
	switch {
	case p.elements == 1:
		p.name, ok = d.next()
	case p.elements == 2 && d.peek() == '[':
		p.elements = pairElements
		ok = d.elements(d.pairElement)
	case p.elements == 2:
		p.value, ok = d.next()
	case p.elements == 3:
		p.time, ok = d.next()
	default:
		ok = d.skip()
	}
	return ok
}

// How the elements of an item are counted that has a pair of time and value.
const (
	pairElements = 10
	wholePair    = pairElements + 2
)

func (d *Decoder) pairElement() (ok bool) {
	p := &d.point
	p.elements++
	switch p.elements {
	case pairElements + 1:
		p.time, ok = d.next()
	case wholePair:
		p.value, ok = d.next()
	default:
		ok = d.skip()
	}
	return ok
}

// checkElements finds items with too few or too many elements.
func (p *point) checkElements() {
	if n := p.elements; n != 2 && n != 3 && n != wholePair {
		p.fault = metric.Fields
	}
}

// tags reads the tags of a point.
func (d *Decoder) tags() bool {
	d.point.tags = d.point.tags[:0]
	switch d.peek() {
	case '{':
		return d.members(d.tag)
	case '[':
		return d.elements(d.tagText)
	}
	v, ok := d.next()
	if ok && v.kind != null {
		d.point.fault = metric.Fields
	}
	return ok
}

// tag reads the value of a tag.
func (d *Decoder) tag(key []byte) bool {
	v, ok := d.next()
	if ok {
		d.addTag(key, v)
	}
	return ok
}

// tagText reads a tag that is written as tag=value.
func (d *Decoder) tagText() bool {
	v, ok := d.next()
	if ok {
		key, text, _ := bytes.Cut(v.ifText(), []byte{'='})
		d.addTag(key, value{v.kind, text})
	}
	return ok
}

// addTag adds a tag that Graphite can store, which no part of another tag can be
// mistaken for.
func (d *Decoder) addTag(key []byte, v value) {
	p := &d.point
	switch {
	case v.kind != text && v.kind != digits && v.kind != truth,
		len(key) == 0, bytes.ContainsAny(key, "=;!^"),
		len(v.text) == 0, v.text[0] == '~', bytes.IndexByte(v.text, ';') >= 0:
		p.fault = metric.Tags
		return
	}
	p.tags = append(append(p.tags, ';'), key...)
	p.tags = append(append(p.tags, '='), v.text...)
}
