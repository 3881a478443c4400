//go:build linux

package main

import (
	"net"
	"testing"
	"time"
)

func TestRelayOfSeveralPrograms(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	r := relay{commands: [][]string{{"sleep", "60"}, {"sh", "-c", "while :; do :; done"}}, dir: t.TempDir(), address: l.Addr().String()}
	if err := r.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer r.kill()
	first, busy := r.programs[0], r.programs[1]
	for tries := 0; r.usage().CPU < 20*time.Millisecond && tries < 1000; tries++ {
		time.Sleep(5 * time.Millisecond)
	}
	one, errOne := readUsage(first.cmd.Process.Pid)
	two, errTwo := readUsage(busy.cmd.Process.Pid)
	if both := r.usage(); errOne != nil || errTwo != nil || both.CPU < one.CPU+two.CPU || both.Peak < one.Peak+two.Peak {
		t.Errorf("got %+v of both, want the sum of %+v and %+v", both, one, two)
	}
	first.kill()
	if r.alive() || !busy.alive() {
		t.Error("one program ended: want the relay not alive")
	}
	used := r.usage()
	r.stop(5 * time.Second)
	if busy.alive() || r.usage() != used {
		t.Errorf("after the end: alive %v, used %+v, want what was last seen, %+v", busy.alive(), r.usage(), used)
	}
	if err := r.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if again := r.usage(); again.CPU < used.CPU {
		t.Errorf("in the next life: got %v, want what the lives before used too, %v", again.CPU, used.CPU)
	}
}
