package tidy

import (
	"bytes"
	"math"

	"github.com/plumbago/plumbago/metric"
)

// Fault is what is wrong with a line.
type Fault struct {
	Reason metric.Reason
	Action Action
}

// fault is a set of what can be wrong, a bit for each.
type fault uint8

const (
	characterFault fault = 1 << iota
	dotFault
	lengthFault
	tagFault
	ageFault

	faultKinds = 5
	nameFaults = characterFault | dotFault | lengthFault | tagFault
)

var reasons = [faultKinds]metric.Reason{metric.Characters, metric.Dots, metric.NameLength, metric.Tags, metric.Age}

// Check appends the faults of l to dst, each reason once; none for nearly all
// lines, which it finds out fast. now is in Unix seconds.
func (p *Policy) Check(dst []Fault, l metric.Line, now int64) []Fault {
	found := p.inName(l.Name)
	if p.wanted&ageFault != 0 && p.isAway(l.Timestamp, now) {
		found |= ageFault
	}
	if found == 0 {
		return dst
	}
	for kind, reason := range reasons {
		if found&(1<<kind) != 0 {
			dst = append(dst, Fault{reason, p.actions[kind]})
		}
	}
	return dst
}

// inName returns what is wrong with name and not to be passed.
func (p *Policy) inName(name []byte) (found fault) {
	if p.wanted&nameFaults == 0 || len(name) == 0 {
		return 0
	}
	if len(name) > p.maxLength {
		found = lengthFault
	}
	classes, dots := p.allowed.survey(name)
	if classes != 0 || dots {
		found |= p.lookClosely(name, classes)
	}
	return found & p.wanted
}

// lookClosely finds what is wrong with a name other than its length, of which at
// least one byte is none that can be anywhere.
func (p *Policy) lookClosely(name []byte, classes class) (found fault) {
	body, tags, tagged := bytes.Cut(name, []byte{';'})
	if untidyDots(body) {
		found = dotFault
	}
	if tagged && (len(body) == 0 || anyTag(tags, isBad)) {
		found |= tagFault
	}
	if classes&refused != 0 || classes&dubious != 0 && p.allowed.lack(body, tags) {
		found |= characterFault
	}
	return found
}

func untidyDots(body []byte) bool {
	n := len(body)
	return n > 0 && (body[0] == '.' || body[n-1] == '.' || bytes.Contains(body, []byte("..")))
}

// lack reports whether a character of a name is not allowed where it is.
func (c *characters) lack(body, tags []byte) bool {
	return c.lackIn(body) || anyTag(tags, func(tag []byte) bool {
		key, value, _ := bytes.Cut(tag, []byte{'='})
		return c.lackIn(key) || c.lackIn(value)
	})
}

func (c *characters) lackIn(text []byte) bool {
	for _, r := range string(text) {
		if !c.has(r) {
			return true
		}
	}
	return false
}

// anyTag reports whether is holds for one of tags, which semicolons keep apart.
func anyTag(tags []byte, is func(tag []byte) bool) bool {
	for more := true; more; {
		var tag []byte
		if tag, tags, more = bytes.Cut(tags, []byte{';'}); is(tag) {
			return true
		}
	}
	return false
}

// isBad reports whether tag is none that Graphite stores.
func isBad(tag []byte) bool {
	for i, c := range tag {
		switch c {
		case '=':
			return i == 0 || i+1 == len(tag) || tag[i+1] == '~'
		case '!', '^':
			return true
		}
	}
	return true
}

// anyAge is more than any two times are apart.
const anyAge = math.MaxInt64

// isAway reports whether a time is farther from now than the policy allows.
func (p *Policy) isAway(timestamp []byte, now int64) bool {
	t := wholeSeconds(timestamp)
	return t < now && uint64(now)-uint64(t) > uint64(p.maxAge) || t > now && uint64(t)-uint64(now) > uint64(p.maxAhead)
}
