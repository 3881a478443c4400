package name

import (
	"bytes"
	"errors"
	"slices"
)

// What is wrong with a name that has no canonical form.
var (
	ErrEmpty = errors.New("the name is empty")
	ErrTag   = errors.New("a tag is not tag=value")
	ErrBrace = errors.New("more than one opening brace")
)

// AppendCanonical appends name with its tags in carbon's canonical order. A name
// without tags, or with tags that carbon cannot read, stays as it is. What it
// appends is its own canonical form.
func AppendCanonical(dst, name []byte) []byte {
	if !tagged(name) || InOrder(name) {
		return append(dst, name...)
	}
	next, err := Normalize(dst, name)
	if err != nil {
		return append(dst, name...)
	}
	if done := next[len(dst):]; !InOrder(done) {
		// The two notations were mixed. Each further step takes the brace away or is the last.
		return AppendCanonical(dst, slices.Clone(done))
	}
	return next
}

// tagged reports whether name has tags, in either notation.
func tagged(name []byte) bool {
	return bytes.IndexByte(name, ';') >= 0 || isOpenMetrics(name)
}

// Normalize appends the canonical form that carbon gives name: leading tildes
// taken off, tags in order, the last of several with one key, without a tag
// called name. It takes name;tag=value and the notation of OpenMetrics,
// name{tag="value"}. If it returns an error, nothing was appended.
func Normalize(dst, name []byte) ([]byte, error) {
	var room [16]tag
	metric, tags, err := split(room[:0], name)
	if err != nil {
		return dst, err
	}
	if metric = bytes.TrimLeft(metric, "~"); len(metric) == 0 {
		return dst, ErrEmpty
	}
	dst = append(dst, metric...)
	for _, t := range inOrder(tags) {
		dst = append(dst, ';')
		dst = append(dst, t.text...)
	}
	return dst, nil
}

// tag is one tag of a name.
type tag struct {
	text  []byte // tag=value
	key   int    // length of the part before the first equals sign; -1 if it is not a key
	place int    // among the tags as they came
}

func split(tags []tag, name []byte) (metric []byte, _ []tag, err error) {
	if isOpenMetrics(name) {
		return splitOpenMetrics(tags, name)
	}
	metric, rest, more := cut(name)
	for more {
		var text []byte
		text, rest, more = cut(rest)
		if tags, err = add(tags, text); err != nil {
			return nil, nil, err
		}
	}
	return metric, tags, nil
}

// cut splits text at its first semicolon.
func cut(text []byte) (before, after []byte, found bool) {
	if i := bytes.IndexByte(text, ';'); i >= 0 {
		return text[:i], text[i+1:], true
	}
	return text, nil, false
}

func add(tags []tag, text []byte) ([]tag, error) {
	t := tag{text, keyEnd(text), len(tags)}
	if !t.valid() {
		return nil, ErrTag
	}
	return append(tags, t), nil
}

// inOrder sorts tags and leaves out those that a later one replaces and those
// called name, which carbon replaces by the metric's.
func inOrder(tags []tag) []tag {
	slices.SortFunc(tags, func(a, b tag) int {
		if c := bytes.Compare(a.text[:a.key+1], b.text[:b.key+1]); c != 0 {
			return c
		}
		return b.place - a.place
	})
	tags = slices.CompactFunc(tags, tag.sameKey)
	return slices.DeleteFunc(tags, tag.isName)
}

func (t tag) sameKey(other tag) bool { return bytes.Equal(t.text[:t.key], other.text[:other.key]) }

func (t tag) isName() bool { return string(t.text[:t.key]) == "name" }

// keyEnd returns the length of the key of a tag, or -1 if there is no equals
// sign after it, or a character that means something in Graphite's expressions
// before that.
func keyEnd(text []byte) int {
	for i, c := range text {
		switch c {
		case '=':
			return i
		case '!', '^':
			return -1
		}
	}
	return -1
}

// valid reports whether t has a key and a value that Graphite takes.
func (t tag) valid() bool {
	return t.key > 0 && t.key < len(t.text)-1 && t.text[t.key+1] != '~'
}

// InOrder reports whether a tagged name in the notation name;tag=value is its
// own canonical form. It may report false for one that is.
func InOrder(name []byte) bool {
	metric, rest, more := cut(name)
	if len(metric) == 0 || metric[0] == '~' || isOpenMetrics(name) {
		return false
	}
	var last tag
	for more {
		var text []byte
		text, rest, more = cut(rest)
		t := tag{text: text, key: keyEnd(text)}
		if !t.valid() || t.isName() || !last.before(t) {
			return false
		}
		last = t
	}
	return true
}

// before reports whether t comes before next, which has another key. No tag, the
// zero value, comes before all.
func (t tag) before(next tag) bool {
	switch {
	case len(t.text) == 0:
		return true
	case t.text[0] != next.text[0]:
		return t.text[0] < next.text[0]
	}
	return bytes.Compare(t.text, next.text) < 0 && !t.sameKey(next)
}
