package receive_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/internal/certs"
	"github.com/plumbago/plumbago/internal/certs/certstest"
	"github.com/plumbago/plumbago/receive"
	"github.com/plumbago/plumbago/tenant"
)

func httpsOptions(t *testing.T, j *journal, i *certstest.Issuer) receive.Options {
	o := httpOptions(j)
	o.Address = "tls://127.0.0.1:0"
	o.TLS.Cert, o.TLS.Key = i.Issue("server")
	return o
}

// over is a client with TLS on its connection.
func (c *poster) over(config *tls.Config) *poster {
	config.ServerName = "localhost"
	s := tls.Client(c.Conn, config)
	return &poster{s, bufio.NewReader(s)}
}

func TestHTTPS(t *testing.T) {
	i, v := certstest.New(t, "authority"), newVault()
	o := httpsOptions(t, newJournal(), i)
	o.ProxyFrom = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	l := listen(t, o, v)
	c := &http.Client{Transport: &http.Transport{TLSClientConfig: i.Trust(), ForceAttemptHTTP2: true}}
	defer c.CloseIdleConnections()
	for range 3 {
		r, err := c.Post("https://"+l.Addr().String()+"/api/v1/sink", "", strings.NewReader("a 1 2"))
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != 202 || r.ProtoMajor != 1 {
			t.Errorf("got %s by %s, want 202 by HTTP/1.1", r.Status, r.Proto)
		}
	}
	proxied := connect(t, l)
	send(t, proxied, "PROXY TCP4 192.0.2.7 192.0.2.1 1000 443\r\n")
	proxied = proxied.over(i.Trust())
	checkCode(t, proxied.ask(t, post("", "b 1 2")), 202)
	if want := strings.Repeat("a 1 2\n", 3) + "b 1 2\n"; v.text() != want {
		t.Errorf("got %q, want %q", v.text(), want)
	}
	l.stop()
	closedByPeer(t, proxied)
}

func TestACertificateStandsForATenant(t *testing.T) {
	i, sink, j := certstest.New(t, "authority"), &ownedVault{vault: newVault()}, newJournal()
	o := httpsOptions(t, j, i)
	o.TLS = certs.Server{Cert: o.TLS.Cert, Key: o.TLS.Key, ClientCA: i.CA, ClientAuth: "request"}
	o.Tenants = book(t, tenant.Options{Tenants: []tenant.Tenant{{Name: "acme", Keys: []string{uuidKey}, Certificates: []string{"agent"}, As: tenant.Plain}}})
	l := listen(t, o, sink)
	checkCode(t, connect(t, l).over(i.Client("agent")).ask(t, post("", "a 1 2")), 202)
	checkCode(t, connect(t, l).over(i.Client("stranger")).ask(t, post("", "b 1 2")), 401)
	checkCode(t, connect(t, l).over(i.Trust()).ask(t, post("", "c 1 2")), 401)
	checkCode(t, connect(t, l).over(i.Trust()).ask(t, post(basic(uuidKey), "d 1 2")), 202)
	if sink.text() != "a 1 2\nd 1 2\n" {
		t.Errorf("got %q, want what acme sent", sink.text())
	}
}

func TestHandshakesOfHTTPSThatDoNotSucceed(t *testing.T) {
	i, j := certstest.New(t, "authority"), newJournal()
	l := listen(t, httpsOptions(t, j, i), newVault())
	plain := connect(t, l)
	checkCode(t, plain.ask(t, post("", "a 1 2")), 400)
	closedByPeer(t, plain)
	old := i.Trust()
	old.MaxVersion, old.MinVersion = tls.VersionTLS11, tls.VersionTLS10
	time.Sleep(1100 * time.Millisecond) // for the next sample in the log
	if err := connect(t, l).over(old).Conn.(*tls.Conn).Handshake(); err == nil {
		t.Error("an old version of TLS is spoken")
	}
	eventually(t, "both counted", func() bool { return j.metric(t, "handshake_errors_total") == 2 && l.Connections() == 0 })
	for _, want := range []string{"looks like text (HTTP)", "older than 1.2"} {
		if !strings.Contains(j.logged(), want) {
			t.Errorf("got %q, want %q", j.logged(), want)
		}
	}
}

func TestAnAnswerOverTLSHasAsLongAsWithoutIt(t *testing.T) {
	v := newVault()
	v.before = func(context.Context) error {
		time.Sleep(1100 * time.Millisecond) // longer than the doors of streams let a write take
		return nil
	}
	i := certstest.New(t, "authority")
	l := listen(t, httpsOptions(t, newJournal(), i), v)
	checkCode(t, connect(t, l).over(i.Trust()).ask(t, post("", "a 1 2")), 202)
}
