package receive_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/internal/certs/certstest"
	"github.com/plumbago/plumbago/receive"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestTheClientsCertificateIsAskedFor(t *testing.T) {
	ca := certstest.New(t, "ca")
	p := newPool()
	o := tlsOptions(newJournal(), ca)
	o.TLS.ClientCA = ca.CA
	l := listen(t, o, p)
	send(t, dialTLS(t, l, ca.Client("client")), "a 1 2\n")
	p.wait(t, 1)
}

func TestHandshakesThatDoNotSucceed(t *testing.T) {
	ca, stranger := certstest.New(t, "ca"), certstest.New(t, "stranger")
	strange, old := stranger.Client("strange"), ca.Client("old")
	strange.RootCAs = ca.Trust().RootCAs
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	text := func(text string) func(net.Conn) { return func(c net.Conn) { _, _ = io.WriteString(c, text) } }
	shake := func(config *tls.Config) func(net.Conn) {
		return func(c net.Conn) {
			s := tls.Client(c, config)
			_ = s.Handshake()
			_, _ = s.Read(make([]byte, 1))
		}
	}
	tests := []struct {
		name string
		do   func(net.Conn)
		want string
	}{
		{"a line", text("servers.a.cpu 1 1700000000\n"), "this is the TLS line port, and what came looks like plain text"},
		{"a short line", func(c net.Conn) { text("a 1\n")(c); c.Close() }, "looks like plain text"},
		{"a piece of a line", text("a.b"), "looks like plain text"},
		{"HTTP", text("GET / HTTP/1.1\r\n\r\n"), "looks like text (HTTP)"},
		{"a pickle", text(frame(point("m", 0))), "looks like pickle"},
		{"a PROXY header", text("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n"), "not in proxy_from"},
		{"noise", text("\xff\xfe\xfd\xfc\xfb\xfa"), "what came is no TLS"},
		{"silence", func(net.Conn) {}, "did not finish the handshake in time"},
		{"half a handshake", text("\x16\x03\x01\x02\x00\x01\x00"), "did not finish the handshake in time"},
		{"gone", func(c net.Conn) { text("\x16\x03\x01\x02\x00\x01\x00")(c); c.Close() }, "went away"},
		{"no certificate", shake(ca.Trust()), "showed no certificate"},
		{"unknown authority", shake(strange), "signed by none of the authorities"},
		{"an old version", shake(old), "older than 1.2"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, j := newPool(), newJournal()
			o := tlsOptions(j, ca)
			o.TLS.ClientCA = ca.CA
			l, err := receive.Listen(o, p)
			if err != nil {
				t.Fatal(err)
			}
			receive.Hurry(l, 200*time.Millisecond)
			c := dial(t, run(t, l))
			test.do(c)
			eventually(t, "counted", func() bool { return j.metric(t, "handshake_errors_total") == 1 })
			eventually(t, "closed", func() bool { return j.metric(t, "connections") == 0 })
			for _, want := range []string{"TLS handshake", "peer=" + c.LocalAddr().String(), test.want} {
				if !strings.Contains(j.logged(), want) {
					t.Errorf("got %q, want %q in it", j.logged(), want)
				}
			}
		})
	}
}

func TestWhoComesAndGoesSilentlyMakesNoMistake(t *testing.T) {
	ca := certstest.New(t, "ca")
	j := newJournal()
	l := listen(t, tlsOptions(j, ca), newPool())
	dial(t, l).Close()
	eventually(t, "gone", func() bool { return j.metric(t, "connections_total") == 1 && j.metric(t, "connections") == 0 })
	if j.metric(t, "handshake_errors_total") != 0 || strings.Contains(j.logged(), "level=WARN") {
		t.Errorf("got %q, want nothing of note", j.logged())
	}
}

// TestPlainPortsSayThatTLSCame: the client waits for an answer, so that it must be
// told of before the client goes.
func TestPlainPortsSayThatTLSCame(t *testing.T) {
	for _, protocol := range []string{"line", "pickle", "protobuf"} {
		j := newJournal()
		o := options(j)
		o.Protocol = protocol
		c := dial(t, listen(t, o, newPool()))
		send(t, c, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
		eventually(t, "told", func() bool { return strings.Contains(j.logged(), "TLS") })
		c.Close()
	}
}

func TestTheCertificatesEndIsWarnedOfAndShown(t *testing.T) {
	ca := certstest.New(t, "ca")
	tests := []struct {
		left time.Duration
		want string
	}{{-time.Hour, "the certificate has expired"}, {13 * 24 * time.Hour, "the certificate expires soon"}, {15 * 24 * time.Hour, ""}}
	for _, test := range tests {
		j := newJournal()
		end := time.Now().Add(test.left).Truncate(time.Second)
		l, err := receive.Listen(tlsOptions(j, ca, func(c *x509.Certificate) { c.NotAfter = end }), newPool())
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if warned := strings.Contains(j.logged(), "level=WARN"); warned != (test.want != "") || !strings.Contains(j.logged(), test.want) {
			t.Errorf("%v left: got %q, want %q", test.left, j.logged(), test.want)
		}
		if got := j.metric(t, "certificate_expiry_timestamp_seconds"); got != float64(end.Unix()) {
			t.Errorf("got the end %v, want %v", got, end.Unix())
		}
	}
}

func TestRefreshReadsTheCertificateAgain(t *testing.T) {
	ca := certstest.New(t, "ca")
	p, j := newPool(), newJournal()
	o := tlsOptions(j, ca)
	l := listen(t, o, p)
	end := time.Now().Add(50 * time.Hour).Truncate(time.Second)
	ca.Issue("server", func(c *x509.Certificate) { c.NotAfter = end })
	if err := l.Refresh(); err != nil {
		t.Fatal(err)
	}
	if got := dialTLS(t, l, ca.Trust()).ConnectionState().PeerCertificates[0].NotAfter; !got.Equal(end) {
		t.Errorf("got a certificate until %v, want %v", got, end)
	}
	if err := os.Remove(o.TLS.Key); err != nil {
		t.Fatal(err)
	}
	if err := l.Refresh(); err == nil {
		t.Error("got no error for a key that is gone")
	}
	send(t, dialTLS(t, l, ca.Trust()), "a 1 2\n")
	p.wait(t, 1)
	for result, want := range map[string]float64{"ok": 1, "error": 1} {
		if got := j.metric(t, "certificate_reloads_total", "result="+result); got != want {
			t.Errorf("got %v reloads %s, want %v", got, result, want)
		}
	}
	if err := listen(t, options(j), p).Refresh(); err != nil {
		t.Errorf("got %v without TLS, want nil", err)
	}
}

func TestAReloadThatDoesNotWorkIsLogged(t *testing.T) {
	ca := certstest.New(t, "ca")
	j := newJournal()
	o := tlsOptions(j, ca)
	l := listen(t, o, newPool())
	if err := os.Remove(o.TLS.Key); err != nil {
		t.Fatal(err)
	}
	eventually(t, "logged", func() bool {
		dialTLS(t, l, ca.Trust()).Close()
		return strings.Contains(j.logged(), "the certificate in force stays")
	})
	if got := j.metric(t, "certificate_reloads_total", "result=error"); got != 1 {
		t.Errorf("got %v reloads that did not work, want 1", got)
	}
}

// TestAListenerThatHasEndedTellsNothingOfItsCertificate: nobody renews it any more.
func TestAListenerThatHasEndedTellsNothingOfItsCertificate(t *testing.T) {
	const expiry = "plumbago_receive_certificate_expiry_timestamp_seconds"
	ca := certstest.New(t, "ca")
	j := newJournal()
	told := func() int {
		t.Helper()
		n, err := testutil.GatherAndCount(j, expiry)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	l := listen(t, tlsOptions(j, ca), newPool())
	if told() != 1 {
		t.Error("got no end of a certificate in force")
	}
	l.stop()
	if told() != 0 {
		t.Error("got the end of a certificate that nobody is shown")
	}
	unused, err := receive.Listen(tlsOptions(j, ca), newPool())
	if err != nil {
		t.Fatal(err)
	}
	if told() != 1 {
		t.Error("got no end of the certificate of a listener that is opened again")
	}
	if unused.Close(); told() != 0 {
		t.Error("got the end of the certificate of a listener that was never run")
	}
}

// TestAListenerThatTakesAnothersPlaceTakesItsGauge: a reload opens the new door
// before the old one is closed.
func TestAListenerThatTakesAnothersPlaceTakesItsGauge(t *testing.T) {
	ca := certstest.New(t, "ca")
	j := newJournal()
	for _, days := range []int{100, 200} {
		end := time.Now().AddDate(0, 0, days).Truncate(time.Second)
		l := listen(t, tlsOptions(j, ca, func(c *x509.Certificate) { c.NotAfter = end }), newPool())
		if got := j.metric(t, "certificate_expiry_timestamp_seconds"); got != float64(end.Unix()) {
			t.Errorf("got the end %v of %s, want %v", got, l.Name(), end.Unix())
		}
	}
}

func TestListenSaysWhatIsWrongWithTheCertificate(t *testing.T) {
	o := options(newJournal())
	o.Address = "tls://127.0.0.1:0"
	o.TLS.Cert, o.TLS.Key = "/none.crt", "/none.key"
	_, err := receive.Listen(o, newPool())
	if err == nil || !strings.Contains(err.Error(), `listen on "tls://127.0.0.1:0"`) || !strings.Contains(err.Error(), "/none.crt") {
		t.Errorf("got %v, want the address and the file", err)
	}
}
