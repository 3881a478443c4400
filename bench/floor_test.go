package main

import "testing"

func TestFloorChecksLines(t *testing.T) {
	tests := []struct {
		lines string
		want  bool
	}{
		{"", true},
		{"a 1 2\n", true},
		{"a.b -1.5 1700000000\nc 0 1\n", true},
		{"a 1\n", false},
		{"a 1 2 3\n", false},
		{" 1 2\n", false},
		{"a x 2\n", false},
		{"a 1.2.3 2\n", false},
		{"a 1 2.5\n", false},
		{"\x01 1 2\n", false},
		{"a 1 2\nb\n", false},
	}
	for _, test := range tests {
		if err := checkLines([]byte(test.lines)); (err == nil) != test.want {
			t.Errorf("checkLines(%q): got %v, want it taken: %v", test.lines, err, test.want)
		}
	}
}
