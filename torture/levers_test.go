package main

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// told is what the program in testdata/told says.
type told struct {
	wall, elapsed      int64
	written            int
	notWritten, unsafe bool
}

// TestWhatLeversDo also tells, on a new toolchain, that the seams must be cut elsewhere.
func TestWhatLeversDo(t *testing.T) {
	if testing.Short() {
		t.Log("left out in short mode: it builds a program")
		return
	}
	dir := t.TempDir()
	program, err := build(t.Context(), module+"torture/testdata/told", dir)
	if err != nil {
		t.Fatal(err)
	}
	l, err := newLevers(dir)
	if err != nil {
		t.Fatal(err)
	}
	ask := tell(t, l, program, filepath.Join(dir, "file"))
	const decade = 10 * 365 * 24 * time.Hour
	for _, test := range []struct {
		name   string
		ahead  time.Duration
		broken broken
	}{
		{name: "nothing"},
		{name: "a clock that is ahead", ahead: 5 * decade},
		{name: "a clock that is behind", ahead: -5 * decade},
		{name: "a disk that does not write", broken: broken{writes: true}},
		{name: "a disk that does not sync", broken: broken{syncs: true}},
		{name: "all well again"},
	} {
		if err := l.setClock(test.ahead); err != nil {
			t.Fatal(err)
		}
		if err := l.breakDisk(test.broken); err != nil {
			t.Fatal(err)
		}
		got := ask()
		if d := time.Until(time.Unix(got.wall, 0)) - test.ahead; d < -time.Minute || d > time.Minute {
			t.Errorf("%s: got a wall clock ahead by %v more", test.name, d)
		}
		if got.elapsed < 0 || got.elapsed > time.Minute.Milliseconds() {
			t.Errorf("%s: got %d ms since the start", test.name, got.elapsed)
		}
		if got.notWritten != test.broken.writes || got.unsafe != test.broken.syncs || test.broken.writes != (got.written == 5) {
			t.Errorf("%s: got %+v", test.name, got)
		}
	}
}

// tell starts the program, and returns a way to ask it.
func tell(t *testing.T, l *levers, program string, args ...string) func() told {
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.ExtraFiles, cmd.Stderr = []*os.File{l.file}, os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); cmd.Wait() })
	lines := bufio.NewScanner(out)
	return func() (s told) {
		io.WriteString(in, "\n")
		if lines.Scan(); lines.Err() != nil {
			t.Fatal(lines.Err())
		}
		if _, err := fmt.Sscan(lines.Text(), &s.wall, &s.elapsed, &s.written, &s.notWritten, &s.unsafe); err != nil {
			t.Fatalf("%q: %v", lines.Text(), err)
		}
		return s
	}
}

func TestAnotherToolchainIsNotCutBlindly(t *testing.T) {
	_, err := cutSeams(t.Context(), t.TempDir(), []seam{{"time", "time.go", "no such text", "x"}})
	if err == nil || !strings.Contains(err.Error(), "0 times, want once") {
		t.Errorf("got %v, want it told that the text is not there once", err)
	}
}

func TestClocksStayInTheCalendar(t *testing.T) {
	rng, ahead, back := rand.New(rand.NewPCG(1, 1)), time.Duration(0), 0
	for range 10_000 {
		next := leap(rng, ahead)
		if next < ahead {
			back++
		}
		ahead = next
		if at := time.Now().Add(ahead); at.Year() < 2000 || at.Year() > 2100 {
			t.Fatalf("got the year %d", at.Year())
		}
	}
	if back < 3000 || back > 7000 {
		t.Errorf("got %d of 10000 jumps back, want about half", back)
	}
}
