package e2e_test

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plumbago/plumbago/internal/certs/certstest"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/wire/pickle"
	"github.com/plumbago/plumbago/wire/protobuf"
)

// mostAllocations is how many allocations a point may cost from socket to socket.
// What is allocated for a batch or a second comes to less; one thing allocated for
// each point, or for each fiftieth, to more.
const mostAllocations = 0.02

const (
	pieceOfPoints  = 10_000
	pieceOfNames   = 1000 // so few that the census has a place for each
	warmUpPieces   = 10
	measuredPieces = 100
)

// way is one of those that points go by.
type way struct {
	name          string
	network, door string // a protocol of wayDoors
	format        func(metric.Batch) []byte
	prefix        string // of names
	rest          string // of the configuration, with an address for each %[1]s
}

const lineOut = `{to: [far]}
deliver:
  - {name: far, type: carbon, address: "tcp://%[1]s", protocol: line}
`

var ways = []way{
	{name: "lines", network: "tcp", door: "line", format: asLines, rest: "route:\n  - " + lineOut},
	{name: "lines by rules", network: "tcp", door: "line", format: asLines, rest: `route:
  - {match: '^collectd\.', to: [far]}
  - {match: 'host-0*[1-3]\.', to: [far]}
  - ` + lineOut},
	{name: "lines by a ring", network: "tcp", door: "line", format: asLines, rest: `route:
  - {by: carbon_ch, to: [a, b, c]}
deliver:
  - {name: a, type: carbon, instance: a, address: "tcp://%[1]s", protocol: line}
  - {name: b, type: carbon, instance: b, address: "tcp://%[1]s", protocol: line}
  - {name: c, type: carbon, instance: c, address: "tcp://%[1]s", protocol: line, prefix: of-c}
`},
	{name: "lines of tenants", network: "tcp", door: "line", format: asLines, prefix: seedKey + ".", rest: `tenants:
  - {name: acme, keys: [` + seedKey + `]}
route:
  - ` + lineOut},
	{name: "lines in datagrams", network: "udp", door: "line", format: asLines, rest: "route:\n  - " + lineOut},
	{name: "lines within TLS", network: "tls", door: "tls", format: asLines, rest: "route:\n  - " + lineOut},
	{name: "lines by HTTP", network: "tcp", door: "http", format: asRequest, rest: "route:\n  - " + lineOut},
	{name: "pickles", network: "tcp", door: "pickle", format: asPickles, rest: "route:\n  - " + strings.ReplaceAll(lineOut, "protocol: line", "protocol: pickle")},
	{name: "protobuf", network: "tcp", door: "protobuf", format: asProtobuf, rest: "route:\n  - " + strings.ReplaceAll(lineOut, "protocol: line", "protocol: protobuf")},
}

// TestAPointCostsNoAllocation sends a million points by each way, and asks the
// program what it has allocated: a figure that is the same on a busy machine.
func TestAPointCostsNoAllocation(t *testing.T) {
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			far := newDrain(t)
			g, dial := w.gateway(t, far.address)
			s := allocationSender{t: t, far: far, conn: dial(), piece: w.piece()}
			go io.Copy(io.Discard, s.conn) // what HTTP answers
			s.send(warmUpPieces)
			before := g.metrics()
			s.send(measuredPieces)
			after := g.metrics()
			points := after.received() - before.received()
			each := (after.sum("go_memstats_mallocs_total") - before.sum("go_memstats_mallocs_total")) / points
			if t.Logf("%.4f allocations a point", each); points < measuredPieces*pieceOfPoints/2 || each > mostAllocations {
				t.Errorf("got %.4f allocations for each of %.0f points, want %v at most", each, points, mostAllocations)
			}
		})
	}
}

// gateway runs one with the way's doors, and returns how to connect to the door.
func (w way) gateway(t *testing.T, far string) (g *gateway, dial func() net.Conn) {
	t.Helper()
	ca := certstest.New(t, "Allocations")
	identity := issue(ca, "edge.example.net")
	address := map[string]string{"tls": freeAddress(t), "http": freeAddress(t), "protobuf": freeAddress(t)}
	doors := fmt.Sprintf(`  - {protocol: line,     listen: "tls://%s", tls: {cert: %q, key: %q}}
  - {protocol: http,     listen: "tcp://%s"}
  - {protocol: protobuf, listen: "tcp://%s"}
`, address["tls"], identity.cert, identity.key, address["http"], address["protobuf"])
	g = startGatewayWith(t, doors, fmt.Sprintf(w.rest, far))
	address["line"], address["pickle"] = g.line, g.pickle
	return g, func() net.Conn {
		c, err := net.Dial(strings.Replace(w.network, "tls", "tcp", 1), address[w.door])
		if err != nil {
			t.Fatal(err)
		}
		if w.network == "tls" {
			c = tls.Client(c, ca.Trust())
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
}

// piece is what is sent again and again.
func (w way) piece() []byte {
	b := metric.Batch{Points: pieceOfPoints}
	for i := range pieceOfPoints {
		b.Lines = fmt.Appendf(b.Lines, "%sservers.host-%04d.cpu.core-%02d.user %d.5 1700000000\n", w.prefix, i%pieceOfNames/10, i%10, i)
	}
	return w.format(b)
}

func asLines(b metric.Batch) []byte { return b.Lines }

func asPickles(b metric.Batch) []byte { return new(pickle.Encoder).AppendFrames(nil, b) }

func asProtobuf(b metric.Batch) []byte { return new(protobuf.Encoder).AppendFrames(nil, b) }

func asRequest(b metric.Batch) []byte {
	return fmt.Appendf(nil, "POST /api/v1/sink HTTP/1.1\r\nHost: edge\r\nContent-Length: %d\r\n\r\n%s", len(b.Lines), b.Lines)
}

// allocationSender sends a piece many times, and waits until all that comes of it has arrived.
type allocationSender struct {
	t     *testing.T
	far   *drain
	conn  net.Conn
	piece []byte
}

func (s *allocationSender) send(n int) {
	s.t.Helper()
	before := s.far.bytes.Load()
	for range n {
		s.write()
	}
	last := before
	eventually(s.t, 30*time.Second, "all at the far end", func() bool {
		time.Sleep(300 * time.Millisecond)
		now := s.far.bytes.Load()
		settled := now > before && now == last
		last = now
		return settled
	})
}

// write writes the piece, by UDP in datagrams of ten lines and at a pace that a
// socket's buffer bears.
func (s *allocationSender) write() {
	s.t.Helper()
	if _, udp := s.conn.(*net.UDPConn); !udp {
		if _, err := s.conn.Write(s.piece); err != nil {
			s.t.Fatal(err)
		}
		return
	}
	for i, rest := 0, s.piece; len(rest) > 0; i++ {
		end := 0
		for range 10 {
			end += bytes.IndexByte(rest[end:], '\n') + 1
		}
		_, _ = s.conn.Write(rest[:end])
		if rest = rest[end:]; i%100 == 0 {
			time.Sleep(time.Millisecond)
		}
	}
}

// drain is a far end that counts bytes.
type drain struct {
	address string
	bytes   atomic.Int64
}

func newDrain(t *testing.T) *drain {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	d := &drain{address: l.Addr().String()}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go io.Copy(d, c)
		}
	}()
	return d
}

// Write implements io.Writer.
func (d *drain) Write(p []byte) (int, error) {
	d.bytes.Add(int64(len(p)))
	return len(p), nil
}
