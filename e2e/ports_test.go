package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"
)

// given holds the ports that this run has handed out: none is given twice.
var given sync.Map

// freeAddress returns a host:port on loopback that is free for TCP and UDP. It
// lies below the range that the kernel gives to outgoing connections: one of
// those could take it while its server is down, or even connect to itself. It is
// picked at random, since other tests of this machine may look for ports as well.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 1000 {
		address := fmt.Sprintf("127.0.0.1:%d", 10_000+rand.IntN(22_000))
		if _, taken := given.LoadOrStore(address, true); !taken && free(address) {
			return address
		}
	}
	t.Fatal("no free port on 127.0.0.1")
	return ""
}

func free(address string) bool {
	tcp, err := net.Listen("tcp", address)
	if err != nil {
		return false
	}
	defer tcp.Close()
	udp, err := net.ListenPacket("udp", address)
	if err != nil {
		return false
	}
	return udp.Close() == nil
}

// listenAgain listens at an address that was in use a moment ago. A process that
// another test starts holds our closed listener until it has become its program.
func listenAgain(address string) (net.Listener, error) {
	for end := time.Now().Add(2 * time.Second); ; time.Sleep(time.Millisecond) {
		l, err := net.Listen("tcp", address)
		if err == nil || time.Now().After(end) {
			return l, err
		}
	}
}

// answers reports whether something accepts connections at address.
func answers(address string) bool {
	c, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return false
	}
	c.Close()
	return true
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	c, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		t.Fatalf("connect to %s: %v", address, err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func port(address string) string {
	_, p, _ := net.SplitHostPort(address)
	return p
}
