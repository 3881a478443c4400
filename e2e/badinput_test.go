package e2e_test

import (
	"encoding/binary"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// door is one listener, what no sender should send there, and how a good point
// is sent there.
type door struct {
	name    string
	network string
	address func(*gateway) string
	encode  func(line string) string
	bad     []badInput
}

// badInput is sent between two good points on the same connection, which stays.
type badInput struct {
	name, bytes string
}

var doorsAndDirt = []door{
	{"line over TCP", "tcp", func(g *gateway) string { return g.line }, func(l string) string { return l + "\n" }, append(dirtyLines, []badInput{
		{"a pickle", pickleFrame("dirt.pickle", 1, 1700000000) + "\n"},
		{"a long line", strings.Repeat("long.", 20_000) + " 1 1700000000\n"},
		{"every byte but the line's end", everyByte() + "\n"},
	}...)},
	{"line over UDP", "udp", func(g *gateway) string { return g.udp }, func(l string) string { return l }, append(dirtyLines, []badInput{
		{"every byte but the line's end", everyByte()},
		{"a long datagram", strings.Repeat("x", 60_000)},
	}...)},
	{"pickle", "tcp", func(g *gateway) string { return g.pickle }, framed, []badInput{
		{"an empty frame", frame("")},
		{"no pickle", frame("hello, world")},
		{"a truncated pickle", frame("\x80\x02](X\x05\x00\x00\x00a.b")},
		{"a call", frame("cos\nsystem\n(S'true'\ntR.")},
		{"a class", frame("\x80\x02cbuiltins\nobject\n)\x81.")},
		{"no list", frame("\x80\x02K\x01.")},
		{"a bad item", frame("\x80\x02]K\x01a.")},
		{"an empty name", pickleFrame("", 1, 1700000000)},
		{"a name with blanks", pickleFrame("a b", 1, 1700000000)},
		{"a frame over the limit", frame("\x80\x02]" + strings.Repeat("0", 1<<20))},
	}},
}

var dirtyLines = []badInput{
	{"one field", "dirt\n"},
	{"four fields", "dirt 1 1700000000 more\n"},
	{"no number", "dirt one 1700000000\n"},
	{"no time", "dirt 1 yesterday\n"},
	{"not a number", "dirt nan 1700000000\n"},
	{"not UTF-8", "d\xff\xfert 1 1700000000\n"},
	{"a pickle of text", "(lp0\n(S'dirt'\n"},
}

func TestBadInputCostsNoGoodPointBesideIt(t *testing.T) {
	far := newSink(t, "line")
	g := startGateway(t, to(far))
	for i, d := range doorsAndDirt {
		t.Run(d.name, func(t *testing.T) {
			c, err := net.Dial(d.network, d.address(g))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			for k, bad := range d.bad {
				checkSurvived(t, g, far, c, d, fmt.Sprintf("good.%d.%d", i, k), bad)
			}
			checkOnlyGood(t, far)
		})
	}
	g.checkIdentity("sink")
}

// checkSurvived sends bad input between good points, and expects these to
// arrive, the connection to stay, and the bad input to be counted.
func checkSurvived(t *testing.T, g *gateway, far *sink, c net.Conn, d door, name string, bad badInput) {
	t.Helper()
	before := g.metrics().rejected()
	first, second := name+".before 1 1700000000", name+".after 1 1700000000"
	for _, bytes := range []string{d.encode(first), bad.bytes, d.encode(second)} {
		if _, err := c.Write([]byte(bytes)); err != nil {
			t.Fatalf("%s: the connection has not survived: %v", bad.name, err)
		}
	}
	for _, line := range []string{first, second} {
		deadline := time.Now().Add(5 * time.Second)
		for !far.has(line) {
			if time.Sleep(5 * time.Millisecond); time.Now().After(deadline) {
				t.Fatalf("%s: the good point %q has not arrived", bad.name, line)
			}
		}
	}
	if g.metrics().rejected() == before {
		t.Errorf("%s: not counted as rejected", bad.name)
	}
}

func checkOnlyGood(t *testing.T, far *sink) {
	t.Helper()
	for _, l := range far.lines() {
		if !strings.HasPrefix(l, "good.") {
			t.Errorf("%q has arrived, want only good points", l)
		}
	}
}

func TestAStrangerOnThePickleDoorIsToldApart(t *testing.T) {
	far := newSink(t, "line")
	g := startGateway(t, to(far))
	for _, test := range []struct{ name, greeting, hint string }{
		{"text", "a.b 1 1700000000\n", "looks like text"},
		{"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "looks like TLS"},
	} {
		eventually(t, 5*time.Second, "a log line that says "+test.hint, func() bool {
			checkTurnedAway(t, g.pickle, test.name, test.greeting)
			return g.output.contains(test.hint)
		})
	}
	good := dial(t, g.pickle)
	if _, err := good.Write([]byte(framed("good.point 1 1700000000"))); err != nil {
		t.Fatal(err)
	}
	far.await(5*time.Second, "good.point 1 1700000000")
}

// checkTurnedAway expects the connection of one who speaks another protocol to
// be closed. It may not be logged, as it was not the first in that second.
func checkTurnedAway(t *testing.T, address, protocol, greeting string) {
	t.Helper()
	c := dial(t, address)
	if _, err := c.Write([]byte(greeting)); err != nil {
		t.Fatal(err)
	}
	c.SetReadDeadline(time.Now().Add(5 * time.Second))
	if _, err := c.Read(make([]byte, 1)); err == nil || isTimeout(err) {
		t.Errorf("%s on the pickle door: the connection was not closed (%v)", protocol, err)
	}
}

func isTimeout(err error) bool {
	timeout, ok := err.(net.Error)
	return ok && timeout.Timeout()
}

// everyByte is binary dirt in one line.
func everyByte() string {
	var b []byte
	for i := range 256 {
		if i != '\n' && i != '\r' {
			b = append(b, byte(i))
		}
	}
	return string(b)
}

func frame(payload string) string {
	return string(binary.BigEndian.AppendUint32(nil, uint32(len(payload)))) + payload
}

// framed pickles one line of whole numbers.
func framed(line string) string {
	var name string
	var value, timestamp int32
	fmt.Sscan(line, &name, &value, &timestamp)
	return pickleFrame(name, value, timestamp)
}

// pickleFrame holds one point, written as protocol 2 writes it.
func pickleFrame(name string, value, timestamp int32) string {
	p := []byte("\x80\x02]X")
	p = append(binary.LittleEndian.AppendUint32(p, uint32(len(name))), name...)
	p = binary.LittleEndian.AppendUint32(append(p, 'J'), uint32(timestamp))
	p = binary.LittleEndian.AppendUint32(append(p, 'J'), uint32(value))
	return frame(string(append(p, "\x86\x86a."...)))
}
