package render

import (
	"maps"
	"math"
	"strings"
)

// series is values on their way through functions. Whoever is handed one owns it.
type series struct {
	name              string // what the answer calls it
	path              string // the expression that it is told by in the names of others
	from, until, step int64
	values            []float64 // NaN: unknown
	tags              map[string]string
	consolidate       string  // how points are made fewer: a key of consolidations
	xff               float64 // how much of them must be known for that
}

// unknown is the value of a time of which nothing is known.
var unknown = math.NaN()

func known(v float64) bool { return v == v }

// rename gives s the name of what a function made of it.
func (s *series) rename(name string) { s.name, s.path = name, name }

// wrap renames s to function(name).
func (s *series) wrap(function string) { s.rename(function + "(" + s.name + ")") }

// derive is a series of the same time and kind with other values.
func (s *series) derive(name string, values []float64) *series {
	d := *s
	d.rename(name)
	d.values = values
	return &d
}

// each replaces the values that are known.
func (s *series) each(f func(float64) float64) {
	for i, v := range s.values {
		if known(v) {
			s.values[i] = f(v)
		}
	}
}

// tagsOf reads the tags from a name; the tag called name is the rest of it. What
// looks like a call, or like no name, has that tag only.
func tagsOf(name string) map[string]string {
	if !calls(name) {
		if tags := readTags(name); tags != nil {
			return tags
		}
	}
	return map[string]string{"name": name}
}

// calls reports whether name looks like a function's result.
func calls(name string) bool {
	open := strings.IndexByte(name, '(')
	if open < 1 || len(name) < open+3 || !strings.HasSuffix(name, ")") || strings.Contains(name, "\n") {
		return false
	}
	for _, c := range []byte(name[:open]) {
		if !letter(c) || c == '_' {
			return false
		}
	}
	return true
}

// readTags returns nil for a name whose tags cannot be read.
func readTags(name string) map[string]string {
	plain, rest, more := strings.Cut(name, ";")
	tags := map[string]string{}
	for more {
		var text string
		text, rest, more = strings.Cut(rest, ";")
		key, value, ok := strings.Cut(text, "=")
		if !ok || key == "" || value == "" || value[0] == '~' || strings.ContainsAny(key, "!^") {
			return nil
		}
		tags[key] = value
	}
	tags["name"] = strings.TrimLeft(plain, "~")
	if tags["name"] == "" {
		return nil
	}
	return tags
}

// sharedTags are the tags that all have with the same value.
func sharedTags(list []*series) map[string]string {
	shared := maps.Clone(list[0].tags)
	for _, s := range list[1:] {
		maps.DeleteFunc(shared, func(k, v string) bool {
			other, ok := s.tags[k]
			return !ok || other != v
		})
	}
	return shared
}
