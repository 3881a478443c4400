package receive_test

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pires/go-proxyproto"
	"github.com/plumbago/plumbago/internal/certs/certstest"
	"github.com/plumbago/plumbago/receive"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// header is one of the PROXY protocol, for a client at 192.0.2.7:1234.
func header(t testing.TB, version byte, change ...func(*proxyproto.Header)) string {
	t.Helper()
	h := proxyproto.HeaderProxyFromAddrs(version,
		&net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 1234}, &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 2003})
	for _, f := range change {
		f(h)
	}
	text, err := h.Format()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func local(h *proxyproto.Header) {
	h.Command, h.TransportProtocol = proxyproto.LOCAL, proxyproto.UNSPEC
}

func ipv6(h *proxyproto.Header) {
	h.TransportProtocol = proxyproto.TCPv6
	h.SourceAddr = &net.TCPAddr{IP: net.ParseIP("2001:db8::7"), Port: 1234}
	h.DestinationAddr = &net.TCPAddr{IP: net.ParseIP("2001:db8::1"), Port: 2003}
}

func extra(h *proxyproto.Header) {
	_ = h.SetTLVs([]proxyproto.TLV{{Type: proxyproto.PP2_TYPE_NOOP, Value: bytes.Repeat([]byte{'\n'}, 3000)}})
}

func unixSockets(h *proxyproto.Header) {
	h.TransportProtocol = proxyproto.UnixStream
	h.SourceAddr = &net.UnixAddr{Net: "unix", Name: "/a"}
	h.DestinationAddr = &net.UnixAddr{Net: "unix", Name: "/b"}
}

func TestHeadersOfTheProxyProtocol(t *testing.T) {
	const rest = "bad\na 1 2\n"
	good := "PROXY TCP4 192.0.2.7 192.0.2.1 1234 2003\r\n"
	tests := []struct {
		name, in  string
		named     string // "" for none
		malformed string // "" for none
	}{
		{"version 1", header(t, 1), "192.0.2.7:1234", ""},
		{"version 1, IPv6", header(t, 1, ipv6), "[2001:db8::7]:1234", ""},
		{"version 1, unknown", "PROXY UNKNOWN\r\n", "", ""},
		{"version 1, unknown with more", "PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", "", ""},
		{"version 2", header(t, 2), "192.0.2.7:1234", ""},
		{"version 2, IPv6", header(t, 2, ipv6), "[2001:db8::7]:1234", ""},
		{"version 2, with more", header(t, 2, extra), "192.0.2.7:1234", ""},
		{"version 2, local", header(t, 2, local), "", ""},
		{"version 2, unix", header(t, 2, unixSockets), "", ""},
		{"none", "", "", ""},
		{"none, like one", "PROXY.requests 1 2\n", "", ""},
		{"none, like the other", "\r\n\r\na 1 2\n", "", ""},
		{"no addresses", "PROXY TCP4\r\n", "", "PROXY protocol"},
		{"no end", good[:20] + strings.Repeat("x", 100), "", "PROXY protocol"},
		{"no CR", strings.Replace(good, "\r", "", 1), "", "PROXY protocol"},
		{"another family", strings.Replace(good, "TCP4", "SCTP", 1), "", "PROXY protocol"},
		{"no address", strings.Replace(good, "192.0.2.7", "host", 1), "", "PROXY protocol"},
		{"no port", strings.Replace(good, "1234", "70000", 1), "", "PROXY protocol"},
		{"version 2, a bad command", strings.Replace(header(t, 2), "QUIT\n\x21", "QUIT\n\x2f", 1), "", "PROXY protocol"},
		{"version 2, a bad family", strings.Replace(header(t, 2), "QUIT\n\x21\x11", "QUIT\n\x21\x19", 1), "", "PROXY protocol"},
		{"version 2, too short", header(t, 2)[:14] + "\x00\x04" + "abcd", "", "PROXY protocol"},
		{"version 2, too long", header(t, 2)[:14] + "\xff\xff", "", "PROXY protocol"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for seed := range uint64(20) {
				r := rand.New(rand.NewPCG(seed, 6))
				in := &chunks{err: io.EOF}
				for _, part := range cut(r, test.in+rest) {
					in.parts = append(in.parts, []byte(part))
				}
				named, ahead, err := receive.ReadProxy(in)
				if text := errorText(err); (err != nil) != (test.malformed != "") || !strings.Contains(text, test.malformed) {
					t.Fatalf("seed %d: got %v, want %q", seed, err, test.malformed)
				}
				if test.malformed != "" {
					continue
				}
				if got := addrText(named); got != test.named {
					t.Errorf("seed %d: got %q, want %q", seed, got, test.named)
				}
				behind, _ := io.ReadAll(in)
				if got := string(ahead) + string(behind); !strings.HasSuffix(test.in+rest, got) || !strings.HasSuffix(got, rest) {
					t.Errorf("seed %d: got %q behind the header", seed, got)
				}
			}
		})
	}
}

func addrText(a net.Addr) string {
	if a == nil {
		return ""
	}
	return a.String()
}

func FuzzProxyHeader(f *testing.F) {
	for _, seed := range []string{header(f, 1), header(f, 2), header(f, 2, local), header(f, 2, extra), "PROXY UNKNOWN\r\n", "a 1 2\n"} {
		f.Add([]byte(seed + "b 1 2\n"))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		r := bytes.NewReader(in)
		named, ahead, err := receive.ReadProxy(r)
		behind, _ := io.ReadAll(r)
		if err != nil {
			return
		}
		if rest := append(bytes.Clone(ahead), behind...); !bytes.HasSuffix(in, rest) {
			t.Errorf("got %q behind the header of %q", rest, in)
		}
		if named == nil {
			return
		}
		if a, ok := named.(*net.TCPAddr); !ok || a.AddrPort().Addr() == (netip.Addr{}) {
			t.Errorf("got %#v, want an address", named)
		}
	})
}

func TestATrustedProxySaysForWhomItConnects(t *testing.T) {
	ca := certstest.New(t, "ca")
	for _, version := range []byte{1, 2} {
		for _, protocol := range []string{"line", "pickle"} {
			for _, sealed := range []bool{false, true} {
				p, j := newPool(), newJournal()
				o := options(j)
				if sealed {
					o = tlsOptions(j, ca)
				}
				o.Protocol, o.ProxyFrom = protocol, loopback
				l := listen(t, o, p)
				input := map[string]string{"line": "bad\n" + pointLine("a"), "pickle": frame("bad") + frame(point("a", 0))}[protocol]
				c := &first{Conn: dial(t, l), text: header(t, version)}
				var to io.Writer = c
				if sealed {
					to = client(t, c, ca.Trust())
				}
				send(t, to, input)
				p.wait(t, 1)
				l.stop()
				if p.text() != pointLine("a") {
					t.Errorf("%s, version %d: got %q, want %q", protocol, version, p.text(), pointLine("a"))
				}
				for _, want := range []string{"msg=connected", `msg="input rejected"`, "msg=disconnected"} {
					if !strings.Contains(lineWith(j.logged(), want), "peer=192.0.2.7:1234") {
						t.Errorf("got %q, want the peer that the proxy names", lineWith(j.logged(), want))
					}
				}
			}
		}
	}
}

// first is a connection that begins with a text, in one piece with what is
// written first.
type first struct {
	net.Conn
	text string
}

func (f *first) Write(p []byte) (int, error) {
	_, err := f.Conn.Write(append([]byte(f.text), p...))
	f.text = ""
	return len(p), err
}

func lineWith(text, what string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, what) {
			return line
		}
	}
	return ""
}

func TestATrustedAddressWithoutAHeaderIsADirectConnection(t *testing.T) {
	ca := certstest.New(t, "ca")
	p, j := newPool(), newJournal()
	o := options(j)
	o.ProxyFrom = loopback
	c := dial(t, listen(t, o, p))
	send(t, c, "PRO")
	time.Sleep(10 * time.Millisecond)
	send(t, c, "file 1 2\n")
	p.wait(t, 1)
	o = tlsOptions(j, ca)
	o.ProxyFrom = loopback
	send(t, dialTLS(t, listen(t, o, p), ca.Trust()), "a 1 2\n")
	p.wait(t, 2)
	if want := "PROfile 1 2\na 1 2\n"; p.text() != want {
		t.Errorf("got %q, want %q", p.text(), want)
	}
}

func TestWhoIsSilentWhereProxiesAreTrusted(t *testing.T) {
	tests := []struct {
		name, begin string
		closed      bool
	}{{"silent", "", false}, {"silent in a line", "PROX", false}, {"silent in a header", header(t, 1)[:20], true}, {"silent in the other", header(t, 2)[:20], true}}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, j := newPool(), newJournal()
			o := options(j)
			o.ProxyFrom = loopback
			l, err := receive.Listen(o, p)
			if err != nil {
				t.Fatal(err)
			}
			receive.Hurry(l, 100*time.Millisecond)
			c := dial(t, run(t, l))
			send(t, c, test.begin)
			if test.closed {
				closedByPeer(t, c)
				eventually(t, "counted", func() bool { return j.metric(t, "connections_closed_total", "reason=not_proxy") == 1 })
				return
			}
			eventually(t, "taken in", func() bool { return strings.Contains(j.logged(), "msg=connected") })
			send(t, c, "y 1 2\n")
			p.wait(t, 1)
			if want := test.begin + "y 1 2\n"; p.text() != want {
				t.Errorf("got %q, want %q", p.text(), want)
			}
		})
	}
}

func TestABadHeaderOfATrustedProxyEndsTheConnection(t *testing.T) {
	p, j := newPool(), newJournal()
	o := options(j)
	o.ProxyFrom = loopback
	c := dial(t, listen(t, o, p))
	send(t, c, "PROXY nonsense\r\na 1 2\n")
	closedByPeer(t, c)
	eventually(t, "counted", func() bool { return j.metric(t, "connections_closed_total", "reason=not_proxy") == 1 })
	if !strings.Contains(j.logged(), "the header of the PROXY protocol cannot be used") || p.count() != 0 {
		t.Errorf("got %q and %d points, want a reason and none", j.logged(), p.count())
	}
}

func TestAHeaderOfSomebodyElseIsBadInput(t *testing.T) {
	for _, version := range []byte{1, 2} {
		p, j := newPool(), newJournal()
		o := options(j)
		o.ProxyFrom = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
		c := dial(t, listen(t, o, p))
		send(t, c, header(t, version, func(h *proxyproto.Header) {
			if version == 2 {
				_ = h.SetTLVs([]proxyproto.TLV{{Type: proxyproto.PP2_TYPE_NOOP, Value: []byte{'\n'}}})
			}
		})+"a 1 2\n")
		p.wait(t, 1)
		if got := j.metric(t, "rejected_total"); got == 0 {
			t.Errorf("version %d: got no rejected line", version)
		}
		if got := j.logged(); !strings.Contains(got, "a PROXY header from an address that is not in proxy_from") || strings.Contains(got, "192.0.2.7:1234\"") {
			t.Errorf("version %d: got %q, want a hint", version, got)
		}
		o.Protocol = "pickle"
		c = dial(t, listen(t, o, p))
		send(t, c, header(t, version))
		closedByPeer(t, c)
		eventually(t, "told", func() bool {
			return strings.Contains(j.logged(), "this is the pickle port, and what came looks like a PROXY header")
		})
	}
}

func TestWhichProxiesAreTrusted(t *testing.T) {
	o := receive.Options{ProxyFrom: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32"),
		netip.MustParsePrefix("fe80::/10")}}
	for a, want := range map[string]bool{"10.1.2.3": true, "::ffff:10.1.2.3": true, "2001:db8::1": true,
		"fe80::1%eth0": true,
		"11.1.2.3":     false, "2001:db9::1": false, "::ffff:11.1.2.3": false} {
		if got := receive.Trusts(o, netip.MustParseAddr(a)); got != want {
			t.Errorf("%s: got %v, want %v", a, got, want)
		}
	}
	if receive.Trusts(o, netip.Addr{}) {
		t.Error("who has no address is trusted")
	}
}

// TestStopWhereAProxyIsAwaited: what had come before the stop arrives.
func TestStopWhereAProxyIsAwaited(t *testing.T) {
	p, j := newPool(), newJournal()
	o := options(j)
	o.ProxyFrom = loopback
	l := listen(t, o, p)
	send(t, dial(t, l), header(t, 1)+"a 1 2\n")
	dial(t, l)
	send(t, dial(t, l), header(t, 1)[:20])
	eventually(t, "accepted", func() bool { return j.metric(t, "connections") == 3 })
	began := time.Now()
	l.stop()
	if took := time.Since(began); took > 2*time.Second || p.count() != 1 {
		t.Errorf("got %d points in %v, want 1", p.count(), took)
	}
}
