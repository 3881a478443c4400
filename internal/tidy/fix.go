package tidy

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"github.com/plumbago/plumbago/internal/name"
	"github.com/plumbago/plumbago/metric"
)

// Fix appends to dst the canonical line that l is without those of the faults
// whose action is Fix, and without those that mending these brings about; ok is
// false if no name would be left.
func (p *Policy) Fix(dst []byte, l metric.Line, faults []Fault, now int64) (_ []byte, ok bool) {
	start, found := len(dst), p.toMend(faults)
	dst = append(dst, l.Name...)
	if dst, ok = p.mendName(dst, start, found&nameFaults); !ok {
		return dst[:start], false
	}
	dst = append(append(dst, ' '), l.Value...)
	dst = append(dst, ' ')
	if found&ageFault != 0 {
		dst = strconv.AppendInt(dst, now, 10)
	} else {
		dst = append(dst, l.Timestamp...)
	}
	return append(dst, '\n'), true
}

func (p *Policy) toMend(faults []Fault) (found fault) {
	for kind, reason := range reasons {
		for _, f := range faults {
			if f.Reason == reason && f.Action == Fix {
				found |= 1 << kind
			}
		}
	}
	return found
}

// mendName mends the name that lines has from start on; ok is false if no metric is
// left. Each round makes the name shorter or replaces a character for good, and
// nearly all names need one.
func (p *Policy) mendName(lines []byte, start int, found fault) (_ []byte, ok bool) {
	for found != 0 {
		mended := p.mend(lines[start:], found)
		lines = canonical(lines[:start+len(mended)], start)
		if len(lines) == start || lines[start] == ';' {
			return lines, false
		}
		found = p.inName(lines[start:]) & p.mended
	}
	return lines, true
}

// canonical puts the name that lines has from start on into its canonical form,
// which is never longer.
func canonical(lines []byte, start int) []byte {
	end := len(lines)
	lines = name.AppendCanonical(lines, lines[start:])
	return lines[:start+copy(lines[start:], lines[end:])]
}

// mend mends text in its place and returns what is left of it.
func (p *Policy) mend(text []byte, found fault) []byte {
	if found&characterFault != 0 {
		text = p.allowed.replaceOthers(text)
	}
	if found&tagFault != 0 {
		text = keepTags(text, func(kept, tag []byte) bool { return !isBad(tag) })
	}
	if found&dotFault != 0 {
		text = tidyDots(text)
	}
	if found&lengthFault != 0 {
		text = shorten(text, p.maxLength)
	}
	return text
}

// replaceOthers puts an underscore in place of each run of characters that are
// not allowed.
func (c *characters) replaceOthers(text []byte) []byte {
	kept := text[:0]
	var inTags, inValue, inRun bool
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch separates := r == ';' || r == '=' && inTags && !inValue; {
		case separates || c.has(r):
			kept, inRun = append(kept, text[:size]...), false
			inTags, inValue = inTags || r == ';', separates && r == '=' || inValue && r != ';'
		case !inRun:
			kept, inRun = append(kept, '_'), true
		}
		text = text[size:]
	}
	return kept
}

// keepTags leaves out the tags that keep does not hold for. kept is what comes
// before the tag and stays.
func keepTags(text []byte, keep func(kept, tag []byte) bool) []byte {
	body, tags, more := bytes.Cut(text, []byte{';'})
	kept := text[:len(body)]
	for more {
		var tag []byte
		if tag, tags, more = bytes.Cut(tags, []byte{';'}); keep(kept, tag) {
			kept = append(append(kept, ';'), tag...)
		}
	}
	return kept
}

// tidyDots takes the leading, trailing and double dots out of the metric. Before
// tags, tildes go with leading dots: they could not stay in front, and would give
// way to the next dots.
func tidyDots(text []byte) []byte {
	body, _, _ := bytes.Cut(text, []byte{';'})
	tags, leading := text[len(body):], "."
	if len(tags) > 0 && bytes.HasPrefix(body, []byte{'.'}) {
		leading = ".~"
	}
	kept := text[:0]
	for _, c := range bytes.TrimRight(bytes.TrimLeft(body, leading), ".") {
		if c != '.' || kept[len(kept)-1] != '.' {
			kept = append(kept, c)
		}
	}
	return append(kept, tags...)
}

// shorten cuts a metric longer than most, with no dot at the cut, and leaves out
// the tags that do not fit.
func shorten(text []byte, most int) []byte {
	body, _, _ := bytes.Cut(text, []byte{';'})
	if len(body) <= most {
		return keepTags(text, func(kept, tag []byte) bool { return len(kept)+1+len(tag) <= most })
	}
	for most > 0 && !utf8.RuneStart(body[most]) {
		most--
	}
	return bytes.TrimRight(body[:most], ".")
}
