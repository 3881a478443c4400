package e2e_test

import (
	"bufio"
	"fmt"
	"net"
	"slices"
	"testing"
	"time"
)

// promised is the median time from arriving to the destination at a low rate. A
// busy machine is allowed more.
const (
	promised = 30 * time.Millisecond
	allowed  = 3 * promised
)

func TestASingleLineArrivesWithinMilliseconds(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	g := startGateway(t, destinations(fmt.Sprintf(`{name: sink, type: carbon, address: "tcp://%s", protocol: line}`, l.Addr())))
	in := dial(t, g.line)
	far, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()

	var took []time.Duration
	arriving := bufio.NewReader(far)
	for i := range 20 {
		took = append(took, roundTrip(t, in, arriving, fmt.Sprintf("single.line %d 1700000000\n", i)))
		time.Sleep(50 * time.Millisecond)
	}
	slices.Sort(took)
	median := took[len(took)/2]
	t.Logf("median %v, fastest %v, slowest %v; promised are %v", median, took[0], took[len(took)-1], promised)
	if median > allowed {
		t.Errorf("a line takes %v (median), want at most %v", median, allowed)
	}
}

func roundTrip(t *testing.T, in net.Conn, arriving *bufio.Reader, line string) time.Duration {
	t.Helper()
	began := time.Now()
	if _, err := in.Write([]byte(line)); err != nil {
		t.Fatal(err)
	}
	got, err := arriving.ReadString('\n')
	if err != nil || got != line {
		t.Fatalf("the destination got %q (%v), want %q", got, err, line)
	}
	return time.Since(began)
}
