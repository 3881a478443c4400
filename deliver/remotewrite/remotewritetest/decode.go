// Package remotewritetest is a receiver of Prometheus' remote write for tests: it
// decodes both versions of the messages by their specifications, holds them to the
// rules there, and keeps samples in memory as Prometheus does, with faults on demand.
package remotewritetest

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// Series is one of a message.
type Series struct {
	Labels  [][2]string // names and values
	Samples []Sample
	Type    uint64 // of the metadata; V2 only
	Help    string
}

// Sample is a point.
type Sample struct {
	Time  int64 // in milliseconds
	Value float64
}

// String writes the series as Prometheus does: name{label="value"}.
func (s Series) String() string {
	name, list := "", []string(nil)
	for _, l := range s.Labels {
		if l[0] == "__name__" {
			name = l[1]
			continue
		}
		list = append(list, fmt.Sprintf("%s=%q", l[0], l[1]))
	}
	if list == nil {
		return name
	}
	return name + "{" + strings.Join(list, ", ") + "}"
}

// key is the labels in a form that is made sooner than String's.
func (s Series) key() string {
	var key strings.Builder
	for _, l := range s.Labels {
		key.WriteString(l[0] + "\x00" + l[1] + "\x00")
	}
	return key.String()
}

// Decode reads a message that is not compressed, of version 1 or 2, and holds it to
// its specification.
func Decode(version int, message []byte) (all []Series, err error) {
	d := decoder{}
	if version == 1 {
		all, err = d.v1(message)
	} else {
		all, err = d.v2(message)
	}
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, s := range all {
		if err := check(s); err != nil {
			return nil, fmt.Errorf("series %s: %w", s, err)
		}
		key := s.key()
		if seen[key] {
			return nil, fmt.Errorf("series %s: it is there twice", s)
		}
		seen[key] = true
	}
	return all, nil
}

// check holds a series to what both versions demand.
func check(s Series) error {
	names := make([]string, len(s.Labels))
	for i, l := range s.Labels {
		if names[i] = l[0]; l[0] == "" || l[1] == "" {
			return fmt.Errorf("label %q is %q, and neither can be empty", l[0], l[1])
		}
		if !labelForm.MatchString(l[0]) || l[0] == "__name__" && !nameForm.MatchString(l[1]) || strings.HasPrefix(l[0], "__") && l[0] != "__name__" {
			return fmt.Errorf("label %q, %q: not a good name", l[0], l[1])
		}
	}
	inTime := func(a, b Sample) int { return int(min(1, max(-1, a.Time-b.Time))) }
	switch {
	case !slices.Contains(names, "__name__"):
		return errors.New("it has no name")
	case !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) < len(names):
		return fmt.Errorf("labels %q: want them sorted, and none twice", names)
	case len(s.Samples) == 0:
		return errors.New("it has no samples")
	case !slices.IsSortedFunc(s.Samples, inTime):
		return errors.New("its samples are not in order of time")
	case len(slices.CompactFunc(slices.Clone(s.Samples), func(a, b Sample) bool { return a.Time == b.Time })) < len(s.Samples):
		return errors.New("it has two samples for one time")
	}
	return nil
}

// The names that 1.0 demands.
var (
	nameForm  = regexp.MustCompile(`^[a-zA-Z_:][a-zA-Z0-9_:]*$`)
	labelForm = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)
)

// decoder reads fields and remembers the symbols.
type decoder struct {
	symbols []string
}

// fields calls take with the number of each field of a message, and its value.
func fields(message []byte, take func(protowire.Number, value) error) error {
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return protowire.ParseError(n)
		}
		message = message[n:]
		v := value{kind: kind}
		switch kind {
		case protowire.VarintType:
			v.number, n = protowire.ConsumeVarint(message)
		case protowire.Fixed64Type:
			v.number, n = protowire.ConsumeFixed64(message)
		case protowire.BytesType:
			v.bytes, n = protowire.ConsumeBytes(message)
		default:
			return fmt.Errorf("field %d has wire type %d, which no field of these messages has", number, kind)
		}
		if n < 0 {
			return protowire.ParseError(n)
		}
		message = message[n:]
		if err := take(number, v); err != nil {
			return err
		}
	}
	return nil
}

type value struct {
	kind   protowire.Type
	number uint64
	bytes  []byte
}

func unknown(message string, number protowire.Number, v value) error {
	return fmt.Errorf("%s has no field %d of wire type %d", message, number, v.kind)
}

// v1 reads prometheus.WriteRequest.
func (d *decoder) v1(message []byte) (all []Series, err error) {
	err = fields(message, func(n protowire.Number, v value) error {
		if n != 1 || v.kind != protowire.BytesType {
			return unknown("WriteRequest", n, v)
		}
		all = append(all, Series{})
		last := &all[len(all)-1]
		return fields(v.bytes, func(n protowire.Number, v value) error {
			switch {
			case n == 1 && v.kind == protowire.BytesType:
				return last.label(v.bytes)
			case n == 2 && v.kind == protowire.BytesType:
				return last.sample(v.bytes)
			}
			return unknown("TimeSeries", n, v)
		})
	})
	return all, err
}

func (s *Series) label(message []byte) error {
	s.Labels = append(s.Labels, [2]string{})
	last := &s.Labels[len(s.Labels)-1]
	return fields(message, func(n protowire.Number, v value) error {
		if n < 1 || n > 2 || v.kind != protowire.BytesType {
			return unknown("Label", n, v)
		}
		last[n-1] = string(v.bytes)
		return nil
	})
}

func (s *Series) sample(message []byte) error {
	s.Samples = append(s.Samples, Sample{})
	last := &s.Samples[len(s.Samples)-1]
	return fields(message, func(n protowire.Number, v value) error {
		switch {
		case n == 1 && v.kind == protowire.Fixed64Type:
			last.Value = math.Float64frombits(v.number)
		case n == 2 && v.kind == protowire.VarintType:
			last.Time = int64(v.number)
		default:
			return unknown("Sample", n, v)
		}
		return nil
	})
}
