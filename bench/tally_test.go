package main

import (
	"strings"
	"testing"
)

func TestTallyTellsLinesApart(t *testing.T) {
	s := newStream(10)
	name := s.names[3]
	tests := []struct {
		name  string
		lines string
		want  count
	}{
		{"a point", name + " 13.5 1700000010\n", count{Unique: 1}},
		{"a point written otherwise", name + " 13.50 1700000010.0\r\n", count{Unique: 1}},
		{"a point twice", strings.Repeat(name+" 13.5 1700000010\n", 2), count{Unique: 1, Twice: 1}},
		{"an unfinished line", name + " 13.5 1700000010", count{}},
		{"a name's head is torn off", name[1:] + " 13.5 1700000010\n", count{Damaged: 1}},
		{"a value's head is torn off", name + " 3.5 1700000010\n", count{Damaged: 1}},
		{"two lines run together", name + " 13.5 17000" + name + " 13.5 1700000010\n", count{Damaged: 1}},
		{"no time", name + " 13.5\n", count{Damaged: 1}},
		{"no number", name + " x 1700000010\n", count{Damaged: 1}},
		{"a number never sent", name + " 1003.5 1700001000\n", count{Damaged: 1}},
		{"an empty line", "\n", count{Damaged: 1}},
		{"a relay's own", "carbon.relays.here.metricsReceived 7 1700000010\n", count{Foreign: 1}},
		{"good after bad", "\x00\n" + name + " 13.5 1700000010\n", count{Unique: 1, Damaged: 1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tally := newTally(10, 1000)
			used, err := tally.lines([]byte(test.lines), 0)
			if err != nil || used != strings.LastIndex(test.lines, "\n")+1 {
				t.Errorf("lines(%q): used %d bytes, error %v", test.lines, used, err)
			}
			compareCounts(t, tally.count, test.want)
		})
	}
}

func TestTallyTellsFramesApart(t *testing.T) {
	s := newStream(10)
	good := string(s.appendFrame(nil, 0, 5))
	broken := strings.Replace(good, "host", "hust", 1)
	tests := []struct {
		name   string
		frames string
		rest   int
		want   count
	}{
		{"a frame", good, 0, count{Unique: 5}},
		{"twice", good + good, 0, count{Unique: 5, Twice: 5}},
		{"an unfinished frame", good + good[:9], 9, count{Unique: 5}},
		{"an unfinished length", good + "\x00\x00", 2, count{Unique: 5}},
		{"a changed name", broken, 0, count{Unique: 4, Damaged: 1}},
		{"no pickle", "\x00\x00\x00\x03abc" + good, 0, count{Unique: 5, Damaged: 1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tally := newTally(10, 1000)
			used, err := tally.frames([]byte(test.frames), 0)
			if err != nil || used != len(test.frames)-test.rest {
				t.Errorf("frames: used %d of %d bytes, error %v", used, len(test.frames), err)
			}
			compareCounts(t, tally.count, test.want)
		})
	}
}

func TestTallyGivesUpOnTextAmongFrames(t *testing.T) {
	tally := newTally(10, 1000)
	if _, err := tally.frames([]byte("servers.a 1 2\n"), 0); err == nil {
		t.Error("frames of text: got no error")
	}
	compareCounts(t, tally.count, count{Damaged: 1})
}

func compareCounts(t *testing.T, got, want count) {
	t.Helper()
	if got.Unique != want.Unique || got.Twice != want.Twice || got.Damaged != want.Damaged || got.Foreign != want.Foreign {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
