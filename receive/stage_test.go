package receive_test

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plumbago/plumbago/internal/certs/certstest"
	"github.com/plumbago/plumbago/internal/tidy"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/receive"
	"github.com/plumbago/plumbago/tenant"
)

const acmeKey, zebraKey = "acme-key-0123456789", "zebra-key-987654321"

// tenants are acme, by key, and zebra, by key and from 192.0.2.0/24; what is done
// with points of others is unknown.
func tenants(t testing.TB, unknown tenant.Unknown) *tenant.Book {
	t.Helper()
	b, err := tenant.NewBook(tenant.Options{Unknown: unknown, Tenants: []tenant.Tenant{
		{Name: "acme", Keys: []string{acmeKey}, Certificates: []string{"acme.client"}},
		{Name: "zebra", Keys: []string{zebraKey}, Allow: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}},
	}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// owners is a sink that writes whose each line is in front of it.
type owners struct{ *pool }

func (o owners) Receive(ctx context.Context, b metric.Batch) error {
	owned := metric.Batch{Points: b.Points}
	for l := range b.All() {
		owned.Lines = append(owned.Lines, b.Tenant+": "...)
		owned.Lines = metric.Append(owned.Lines, l)
	}
	return o.pool.Receive(ctx, owned)
}

func TestPointsAreGivenToTheirTenants(t *testing.T) {
	line := func(name string) string { return name + " 1 1700000001\n" }
	inputs := map[string]string{
		"line":     line(acmeKey+".m") + line("x") + line(zebraKey+".m") + line(acmeKey+".n"),
		"pickle":   frame(point(acmeKey+".m", 0)) + frame(point("x", 0)) + frame(point(zebraKey+".m", 0)) + frame(point(acmeKey+".n", 0)),
		"protobuf": frame(protobufPoint(acmeKey+".m")) + frame(protobufPoint("x")) + frame(protobufPoint(zebraKey+".m")) + frame(protobufPoint(acmeKey+".n")),
	}
	for protocol, input := range inputs {
		t.Run(protocol, func(t *testing.T) {
			p, j := owners{newPool()}, newJournal()
			o := options(j)
			o.Protocol, o.Tenants = protocol, tenants(t, tenant.Drop)
			l := listen(t, o, p)
			send(t, dial(t, l), input)
			p.wait(t, 3)
			l.stop()
			for _, want := range []string{"acme: acme.m 1", "zebra: zebra.m 1", "acme: acme.n 1"} {
				if strings.Count(p.text(), want) != 1 {
					t.Errorf("got %q, want %q in it once", p.text(), want)
				}
			}
			if got := j.metric(t, "points_total"); got != 4 || p.count() != 3 {
				t.Errorf("got %v points read and %d passed, want 4 and 3", got, p.count())
			}
		})
	}
}

func TestWhoseTheSenderIs(t *testing.T) {
	ca := certstest.New(t, "ca")
	tests := []struct {
		name   string
		change func(o *receive.Options)
		dial   func(l *running) io.Writer
		want   string
	}{
		{"the listener's tenant", func(o *receive.Options) { o.Tenant = "acme" }, nil, "acme: acme.m 1 2\n"},
		{"the address that a proxy names", func(o *receive.Options) { o.ProxyFrom = loopback },
			func(l *running) io.Writer { return &first{Conn: dial(t, l), text: header(t, 2)} }, "zebra: zebra.m 1 2\n"},
		{"the certificate", func(o *receive.Options) {
			o.Address, o.TLS = "tls://127.0.0.1:0", tlsOptions(newJournal(), ca).TLS
			o.TLS.ClientCA = ca.CA
		}, func(l *running) io.Writer { return dialTLS(t, l, ca.Client("acme.client")) }, "acme: acme.m 1 2\n"},
		{"a policy for names alone", func(o *receive.Options) {
			o.Tenants = nil
			o.Names, _ = tidy.New(tidy.Options{Dots: tidy.Fix})
		}, nil, ": m 1 2\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := owners{newPool()}
			o := options(newJournal())
			o.Tenants = tenants(t, tenant.Drop)
			test.change(&o)
			l := listen(t, o, p)
			var c io.Writer
			if test.dial == nil {
				c = dial(t, l)
			} else {
				c = test.dial(l)
			}
			input := "m 1 2\n"
			if o.Names != nil {
				input = ".m. 1 2\n"
			}
			send(t, c, input)
			p.wait(t, 1)
			if p.text() != test.want {
				t.Errorf("got %q, want %q", p.text(), test.want)
			}
		})
	}
}

func TestDatagramsAreGivenToTheirTenants(t *testing.T) {
	b, err := tenant.NewBook(tenant.Options{Unknown: tenant.Reject, Tenants: []tenant.Tenant{
		{Name: "acme", Keys: []string{acmeKey}},
		{Name: "home", Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.2/32")}},
	}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, j := owners{newPool()}, newJournal()
	o := udpOptions(j, "udp://127.0.0.1:0")
	o.Tenants, o.UDPSockets = b, 1
	l, err := receive.Listen(o, p)
	if err != nil {
		t.Fatal(err)
	}
	one, two := dialFrom(t, "127.0.0.1", l), dialFrom(t, "127.0.0.2", l)
	for range 3 {
		send(t, one, "x 1 2\n"+acmeKey+".a 1 2\n"+acmeKey+".b 1 2\n")
		send(t, two, "c 1 2\nd 1 2\n")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := l.Run(ctx); err != nil {
		t.Fatal(err)
	}
	want := strings.Repeat("acme: acme.a 1 2\nacme: acme.b 1 2\nhome: home.c 1 2\nhome: home.d 1 2\n", 3)
	if p.text() != want || p.calls != 6 {
		t.Errorf("got %q in %d calls, want %q in 6", p.text(), p.calls, want)
	}
	if got := j.metric(t, "points_total"); got != 15 {
		t.Errorf("got %v points read, want 15", got)
	}
}

func dialFrom(t *testing.T, host string, l *receive.Listener) net.Conn {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.UDPAddr{IP: net.ParseIP(host)}}
	c, err := d.Dial("udp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestDatagramsOfOneTenantAreJoined(t *testing.T) {
	const datagrams = 64
	p := owners{newPool()}
	o := udpOptions(newJournal(), "udp://127.0.0.1:0")
	o.Tenants, o.UDPSockets = tenants(t, tenant.Drop), 1
	l, err := receive.Listen(o, p)
	if err != nil {
		t.Fatal(err)
	}
	c := dialFrom(t, "127.0.0.1", l)
	for range datagrams {
		send(t, c, acmeKey+".a 1 2\n")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = l.Run(ctx)
	if p.count() != datagrams || p.calls > datagrams/8 {
		t.Errorf("got %d points in %d calls, want %d in few", p.count(), p.calls, datagrams)
	}
}

// TestDatagramsKeepTheirOwnersWhenTheTenantsGo has the tenants go in the middle of a
// round of datagrams.
func TestDatagramsKeepTheirOwnersWhenTheTenantsGo(t *testing.T) {
	b, p := tenants(t, tenant.Drop), owners{newPool()}
	sink := sinkFunc(func(ctx context.Context, batch metric.Batch) error {
		if err := b.Rewrite(tenant.Options{}); err != nil {
			t.Error(err)
		}
		return p.Receive(ctx, batch)
	})
	o := udpOptions(newJournal(), "udp://127.0.0.1:0")
	o.Tenants, o.UDPSockets = b, 1
	l, err := receive.Listen(o, sink)
	if err != nil {
		t.Fatal(err)
	}
	c := dialFrom(t, "127.0.0.1", l)
	for _, text := range []string{acmeKey + ".a 1 2\n", zebraKey + ".b 1 2\n", "c 1 2\n"} {
		send(t, c, text)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = l.Run(ctx)
	if want := "acme: acme.a 1 2\nzebra: zebra.b 1 2\n: c 1 2\n"; p.text() != want {
		t.Errorf("got %q, want %q", p.text(), want)
	}
}

func TestUnknownSendersAreCutOffIfThePolicySaysSo(t *testing.T) {
	p, j := owners{newPool()}, newJournal()
	o := options(j)
	o.Tenants = tenants(t, tenant.Reject)
	l := listen(t, o, p)
	c := dial(t, l)
	send(t, c, acmeKey+".m 1 2\nwrong-key-secret.m 1 2\n"+acmeKey+".n 1 2\n")
	closedByPeer(t, c)
	p.wait(t, 2)
	eventually(t, "counted", func() bool { return j.metric(t, "connections_closed_total", "reason=unknown_tenant") == 1 })
	if line := lineWith(j.logged(), "connection closed"); !strings.Contains(line, c.LocalAddr().String()) {
		t.Errorf("got %q, want the peer in it", line)
	}
	if strings.Contains(j.logged(), "wrong-key") {
		t.Errorf("got %q, want no key in it", j.logged())
	}
}

func TestASinkThatEndsIsHeardThroughTheTenants(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	o := optionsOf(newJournal(), "line")
	o.Tenants = tenants(t, tenant.Drop)
	stops := sinkFunc(func(ctx context.Context, _ metric.Batch) error {
		cancel()
		return ctx.Err()
	})
	in := io.MultiReader(strings.NewReader(acmeKey+".a 1 2\n"), endless{})
	if err := receive.Handle(ctx, o, stops, in); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

// TestNoKeyIsLogged sends keys in every form that is not taken.
func TestNoKeyIsLogged(t *testing.T) {
	secrets := []string{acmeKey, base64.StdEncoding.EncodeToString([]byte(acmeKey + ":")), acmeKey[:12], acmeKey[7:]}
	request := "GET /x HTTP/1.1\r\nAuthorization: Basic " + secrets[1] + "\r\nX-Key: " + acmeKey + "\r\n\r\n"
	long := strings.Repeat("y", 3000)
	tests := []struct{ name, protocol, in string }{
		{"no value", "line", acmeKey + ".m\n"},
		{"the key alone", "line", acmeKey + "\n"},
		{"a key and a value", "line", acmeKey + " 1\n" + acmeKey + " x\n"},
		{"a bad value", "line", acmeKey + ".m x 1700000000\n"},
		{"a bad time", "line", acmeKey + ".m 1 now\n"},
		{"key as a value", "line", "m " + acmeKey + " 1\n"},
		{"many fields", "line", "a b " + acmeKey + " c " + acmeKey + ".m d\n"},
		{"a bad name", "line", acmeKey + ".m\x01 1 2\n"},
		{"no UTF-8", "line", acmeKey + ".m\xff 1 2\n"},
		{"a long line", "line", acmeKey + "." + long + " 1 2\n"},
		{"a long key", "line", acmeKey + acmeKey + long + " 1 2\n"},
		{"unterminated", "line", acmeKey + ".m 1"},
		{"unterminated in the key", "line", acmeKey[:15]},
		{"HTTP", "line", request},
		{"HTTP without CR", "line", strings.ReplaceAll(request, "\r", "")},
		{"a pickle", "line", frame(point(acmeKey+".m", 0)) + "\n"},
		{"a protobuf message", "line", frame(protobufPoint(acmeKey+".m")) + "\n"},
		{"JSON", "line", `{"name":"` + acmeKey + `.m","value":1}` + "\n"},
		{"a bad name in a pickle", "pickle", frame(point(acmeKey+".a\x01", 0))},
		{"a blank behind the key in a pickle", "pickle", frame(point(acmeKey+" .a", 0))},
		{"a cut pickle", "pickle", frame(point(acmeKey+".m", 0)[:25])},
		{"a cut key in a pickle", "pickle", frame("\x80\x02](X\xff\x00\x00\x00" + acmeKey[:15])},
		{"a call in a pickle", "pickle", frame("c" + acmeKey + "\n" + acmeKey + "\ntR.")},
		{"text as a pickle", "pickle", frame(acmeKey + ".m 1 2")},
		{"a long pickle", "pickle", frame(point(acmeKey+".m", 2000))},
		{"an unterminated pickle", "pickle", frame(point(acmeKey+".m", 0))[:30]},
		{"lines as pickles", "pickle", acmeKey + ".m 1 2\n"},
		{"HTTP as pickles", "pickle", request},
		{"a bad name in protobuf", "protobuf", frame(protobufPoint(acmeKey + ".a b"))},
		{"cut protobuf", "protobuf", frame(protobufPoint(acmeKey + ".m")[:20])},
		{"long protobuf", "protobuf", frame(protobufPoint(acmeKey + "." + long))},
		{"lines as protobuf", "protobuf", acmeKey + ".m 1 2\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for size := range 3 {
				j := newJournal()
				o := optionsOf(j, test.protocol)
				o.MaxLine, o.MaxFrame, o.Tenants = 1000, 1000, tenants(t, tenant.Reject)
				parts := [][]byte{[]byte(test.in)}
				if size > 0 {
					parts = splits(test.in, size*5)
				}
				in := &chunks{parts: parts, err: io.EOF}
				synctest.Test(t, func(t *testing.T) { _ = receive.HandleAsConnection(t.Context(), o, newPool(), in) })
				if !strings.Contains(j.logged(), "level=WARN") {
					t.Errorf("got %q, want something logged", j.logged())
				}
				for _, secret := range secrets {
					if strings.Contains(strings.ToLower(j.logged()), strings.ToLower(secret)) {
						t.Errorf("got %q, want no %q in it", j.logged(), secret)
					}
				}
			}
		})
	}
}

func splits(text string, size int) (parts [][]byte) {
	for len(text) > size {
		parts = append(parts, []byte(text[:size]))
		text = text[size:]
	}
	return append(parts, []byte(text))
}

// TestNoKeyIsLoggedOfDatagrams sends a datagram that is cut off, and bad lines.
func TestNoKeyIsLoggedOfDatagrams(t *testing.T) {
	for _, text := range []string{acmeKey + ".m x 1\n", acmeKey + ".m " + strings.Repeat("1", 100), acmeKey + "\n"} {
		j := newJournal()
		o := udpOptions(j, "udp://127.0.0.1:0")
		o.Tenants = tenants(t, tenant.Drop)
		l, err := receive.ListenSmall(o, newPool(), "127.0.0.1:0", 60)
		if err != nil {
			t.Fatal(err)
		}
		r := run(t, l)
		send(t, dial(t, r), text)
		eventually(t, "rejected", func() bool { return j.metric(t, "rejected_total") == 1 })
		r.stop()
		if strings.Contains(j.logged(), acmeKey) || !strings.Contains(j.logged(), "input rejected") {
			t.Errorf("got %q, want a sample without the key", j.logged())
		}
	}
}

// TestSamplesWithTenantsStillTell: a sample shows what is wrong.
func TestSamplesWithTenantsStillTell(t *testing.T) {
	tests := []struct{ protocol, in, want string }{
		{"line", acmeKey + ".servers.a x 1700000000\n", "text=\"***.servers.a x 1700000000\""},
		{"line", acmeKey + ".a\x01b 1 2\n", `\\x01b`},
		{"pickle", frame(point(acmeKey+".a\tb", 0)), `a point of the name ***.a\\tb`},
		{"pickle", frame("garbage"), `text="(7 bytes)"`},
	}
	for _, test := range tests {
		j := newJournal()
		o := optionsOf(j, test.protocol)
		o.Tenants = tenants(t, tenant.Drop)
		_ = receive.Handle(t.Context(), o, newPool(), strings.NewReader(test.in))
		if line := lineWith(j.logged(), "input rejected"); !strings.Contains(line, test.want) {
			t.Errorf("got %q, want %q in it", line, test.want)
		}
	}
}

// TestTenantsFromManyConnectionsAtOnce is for the race detector.
func TestTenantsFromManyConnectionsAtOnce(t *testing.T) {
	const conns, lines = 8, 500
	b := tenants(t, tenant.Drop)
	p := owners{newPool()}
	o := options(newJournal())
	o.Tenants = b
	l := listen(t, o, p)
	var wg sync.WaitGroup
	for range conns {
		wg.Go(func() { send(t, dial(t, l), strings.Repeat(acmeKey+".m 1 2\n", lines)) })
	}
	wg.Go(func() {
		for range 10 {
			_ = b.Rewrite(tenant.Options{Tenants: []tenant.Tenant{{Name: "acme", Keys: []string{acmeKey}}}})
			time.Sleep(time.Millisecond)
		}
	})
	wg.Wait()
	p.wait(t, conns*lines)
}
