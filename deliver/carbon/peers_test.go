package carbon_test

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/deliver/carbon"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/wire/pickle"
)

// serveLines is a carbon that speaks the line protocol: like the original, it
// forgets a last line without an end.
func serveLines(c net.Conn, take func(string)) {
	r := bufio.NewReader(c)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		take(strings.TrimSuffix(line, "\n"))
	}
}

// servePickles is a carbon that speaks the pickle protocol. It closes where
// carbon would.
func servePickles(c net.Conn, take func(string)) { readPickles(c, take) }

func readPickles(c io.Reader, take func(string)) {
	r := bufio.NewReader(c)
	d := &pickle.Decoder{Reject: func(why metric.Reason, item string) { take("rejected: " + string(why) + " " + item) }}
	for {
		var length [4]byte
		if _, err := io.ReadFull(r, length[:]); err != nil {
			return
		}
		n := binary.BigEndian.Uint32(length[:])
		if n > 1<<20 {
			take(fmt.Sprintf("a frame of %d bytes, which carbon refuses", n))
			return
		}
		frame := make([]byte, n)
		if _, err := io.ReadFull(r, frame); err != nil {
			return
		}
		points, err := d.Decode(frame, 0)
		if err != nil {
			take("a frame that is refused: " + err.Error())
		}
		for l := range points.All() {
			take(fmt.Sprintf("%s %s %s", l.Name, l.Value, l.Timestamp))
		}
	}
}

func newDestination(t testing.TB, o carbon.Options) *carbon.Destination {
	t.Helper()
	if o.UserTimeout == 0 {
		o.UserTimeout = 300 * time.Millisecond
	}
	d, err := carbon.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// listen returns a listener on loopback; network is tcp4 or tcp6.
func listen(t testing.TB, network string) net.Listener {
	t.Helper()
	address := "127.0.0.1:0"
	if network == "tcp6" {
		address = "[::1]:0"
	}
	ln, err := net.Listen(network, address)
	if err != nil {
		t.Skipf("no loopback for %s: %v", network, err)
	}
	t.Cleanup(func() { ln.Close() })
	return ln
}
