package main

import (
	"strings"
	"testing"
)

func TestStreamLinesComeBack(t *testing.T) {
	s := newStream(1000)
	for _, n := range []int{0, 1, 99, 100, 999, 1000, 123_456, 9_999_999} {
		line := s.appendLine(nil, n)
		got, size := s.parseLine(append(line, "next"...))
		if got != n || size != len(line) {
			t.Errorf("parse %q: got number %d, size %d, want %d, %d", line, got, size, n, len(line))
		}
	}
}

func TestStreamNamesAreDistinct(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range newStream(10_000).names {
		if seen[name] || !strings.HasPrefix(name, prefix) || strings.ContainsAny(name, " \n") {
			t.Fatalf("name %q: comes twice, or is no name of a stream", name)
		}
		seen[name] = true
	}
}

func TestStreamRefusesEveryChangedByte(t *testing.T) {
	s := newStream(1000)
	line := s.appendLine(nil, 54_321)
	for i := range line {
		changed := append([]byte{}, line...)
		changed[i] ^= 1
		if n, size := s.parseLine(changed); size != 0 {
			t.Errorf("parse %q: got number %d, want it refused", changed, n)
		}
		if n, size := s.parseLine(line[:i]); size != 0 {
			t.Errorf("parse %q: got number %d, want it refused", line[:i], n)
		}
	}
}

func TestStreamKnowsANumberByItsFields(t *testing.T) {
	s := newStream(10)
	tests := []struct {
		name    string
		metric  string
		time, v float64
		want    bool
	}{
		{"a point", s.names[3], epoch + 10, 13.5, true},
		{"another series", s.names[4], epoch + 10, 13.5, false},
		{"another time", s.names[3], epoch, 13.5, false},
		{"another value", s.names[3], epoch + 10, 13, false},
		{"a negative value", s.names[3], epoch, -6.5, false},
		{"a huge value", s.names[3], epoch, 1e300, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, ok := s.number([]byte(test.metric), test.time, test.v); ok != test.want {
				t.Errorf("number(%q, %v, %v): got %v, want %v", test.metric, test.time, test.v, ok, test.want)
			}
		})
	}
}
