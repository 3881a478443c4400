package main

import (
	"os"
	"testing"
	"time"
)

func TestReadUsageCountsThisProcess(t *testing.T) {
	before, err := readUsage(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	work := 0
	for start := time.Now(); time.Since(start) < 60*time.Millisecond; {
		work++
	}
	after, err := readUsage(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if used := after.since(before); used.CPU <= 0 || used.RSS < 1<<20 || used.Peak < used.RSS/2 {
		t.Errorf("used %+v in %d rounds of work: cannot be", used, work)
	}
}

func TestReadUsageOfNobody(t *testing.T) {
	if u, err := readUsage(1 << 30); err == nil {
		t.Errorf("got %+v, want an error", u)
	}
}
