package carbon_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/deliver/carbon"
	"github.com/plumbago/plumbago/deliver/delivertest"
	"github.com/plumbago/plumbago/internal/certs"
	"github.com/plumbago/plumbago/internal/certs/certstest"
	"github.com/plumbago/plumbago/metric"
)

// TestKeepsThePromisesOverTLS speaks protobuf, whose promises are then held too.
func TestKeepsThePromisesOverTLS(t *testing.T) {
	a := certstest.New(t, "ca")
	server := a.Server()
	delivertest.Run(t, delivertest.Harness{
		New: func(t *testing.T, address string) deliver.Destination {
			return newDestination(t, carbon.Options{Address: "tls://" + address, Protocol: "protobuf", TLS: &certs.Client{CAFile: a.CA}})
		},
		Serve: serveProtobuf,
		Greet: func(c *net.TCPConn) (net.Conn, error) {
			k := tls.Server(c, server)
			return k, k.Handshake()
		},
	})
}

// secure serves TLS on loopback until the test ends: each connection by itself,
// in a goroutine.
func secure(t testing.TB, server *tls.Config, serve func(*tls.Conn)) (address string) {
	t.Helper()
	ln := listen(t, "tcp4")
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				if k := tls.Server(c, server); k.Handshake() == nil {
					serve(k)
				}
			}()
		}
	}()
	return ln.Addr().String()
}

// swallow reads to the end, and says goodbye.
func swallow(k *tls.Conn) {
	io.Copy(io.Discard, k)
	k.Close()
}

// dialTLS makes one connection.
func dialTLS(t testing.TB, address string, o certs.Client) (deliver.Conn, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	return newDestination(t, carbon.Options{Address: "tls://" + address, TLS: &o}).Dial(ctx)
}

func TestTLSCarriesPoints(t *testing.T) {
	a := certstest.New(t, "ca")
	other := certstest.New(t, "other")
	address, read := "", make(chan string, 1)
	cert, key := a.Issue("client", func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} })
	tests := []struct {
		name   string
		server *tls.Config
		o      certs.Client
	}{
		{"a file", a.Server(), certs.Client{CAFile: a.CA}},
		{"a file of many", a.Server(), certs.Client{CAFile: concat(t, other.CA, a.CA)}},
		{"a directory with other things in it", a.Server(), certs.Client{CADir: a.Dir}},
		{"both", a.Server(), certs.Client{CAFile: other.CA, CADir: a.Dir}},
		{"another name", a.Server(func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"carbon.example"} }),
			certs.Client{CAFile: a.CA, ServerName: "carbon.example"}},
		{"a client certificate", a.Demand(a.Server()), certs.Client{CAFile: a.CA, Cert: cert, Key: key}},
		{"TLS 1.3", a.Server(), certs.Client{CAFile: a.CA, MinVersion: "1.3"}},
		{"any certificate", other.Server(), certs.Client{CAFile: a.CA, InsecureSkipVerify: true}},
	}
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, tt := range tests {
			if version == tls.VersionTLS12 && tt.o.MinVersion == "1.3" {
				continue
			}
			t.Run(tls.VersionName(version)+" "+tt.name, func(t *testing.T) {
				tt.server.MaxVersion = version
				address = secure(t, tt.server, func(k *tls.Conn) {
					all, _ := io.ReadAll(k)
					k.Close()
					read <- string(all)
				})
				conn, err := dialTLS(t, address, tt.o)
				if err != nil {
					t.Fatal(err)
				}
				send(t, conn, 2)
				awaitAcked(t, conn, 2)
				if err := conn.Close(context.Background()); err != nil {
					t.Errorf("Close: got %v, want nil", err)
				}
				if got, want := <-read, strings.Repeat(string(point.Lines), 2); got != want {
					t.Errorf("got %q, want %q", got, want)
				}
			})
		}
	}
}

func TestTLSErrorsAreSentences(t *testing.T) {
	a, other := certstest.New(t, "ca"), certstest.New(t, "other")
	cert, key := other.Issue("stranger")
	expired := func(c *x509.Certificate) {
		c.NotAfter = time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
		c.NotBefore = c.NotAfter.Add(-time.Hour)
	}
	early := func(c *x509.Certificate) {
		c.NotBefore = time.Now().Add(time.Hour)
		c.NotAfter = time.Now().Add(2 * time.Hour)
	}
	wrong := func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"a.example", "b.example"} }
	nameless := func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, nil }
	old := a.Server()
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	only12 := a.Server()
	only12.MaxVersion = tls.VersionTLS12
	ca := certs.Client{CAFile: a.CA}
	tests := []struct {
		name      string
		server    *tls.Config
		o         certs.Client
		want      []string
		permanent bool
	}{
		{"unknown authority", other.Server(), ca, []string{`issued by "CN=other", which is not in`, a.CA}, true},
		{"unknown to the system", other.Server(), certs.Client{}, []string{`issued by "CN=other"`, "this system trusts"}, true},
		{"expired", a.Server(expired), ca, []string{`"CN=server" expired on 2020-01-02T03:04:05Z`}, true},
		{"not valid yet", a.Server(early), ca, []string{"is not valid before", "clock"}, true},
		{"wrong name", a.Server(wrong), ca, []string{`is for a.example, b.example, not for "127.0.0.1"`}, true},
		{"no name", a.Server(nameless), ca, []string{"for no name"}, true},
		{"old", old, ca, []string{"does not speak TLS 1.2 or later"}, false},
		{"not new", only12, certs.Client{CAFile: a.CA, MinVersion: "1.3"}, []string{"does not speak TLS 1.3 or later"}, false},
		{"client certificate", a.Demand(a.Server()), ca, []string{"wants a client certificate, and there is none"}, false},
		{"client certificate of a stranger", a.Demand(a.Server()), certs.Client{CAFile: a.CA, Cert: cert, Key: key},
			[]string{"does not take the client certificate", cert}, false},
	}
	for _, tt := range tests {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			t.Run(tt.name+" "+tls.VersionName(version), func(t *testing.T) {
				if tt.server.MaxVersion == 0 || tt.server.MaxVersion > version {
					tt.server.MaxVersion = version
					defer func() { tt.server.MaxVersion = 0 }()
				}
				address := secure(t, tt.server, swallow)
				err := lasting(dialTLS(t, address, tt.o))
				if err == nil {
					t.Fatal("got a connection that lasts")
				}
				for _, want := range tt.want {
					if !strings.Contains(err.Error(), want) {
						t.Errorf("got %q, want %q in it", err, want)
					}
				}
				if deliver.IsPermanent(err) != tt.permanent {
					t.Errorf("got permanent: %v, want %v", !tt.permanent, tt.permanent)
				}
			})
		}
	}
}

// lasting uses a connection until it breaks: under TLS 1.3 a client may hear of
// it late that it is not wanted. What a Send says must never be permanent then:
// that would be the end of its batch.
func lasting(conn deliver.Conn, err error) error {
	if err != nil {
		return err
	}
	defer conn.Close(atOnce())
	select {
	case <-conn.Broken():
		for range 1000 { // the kernel takes bytes until it hears that nobody does
			if err := conn.Send(context.Background(), point); err != nil {
				return err
			}
			time.Sleep(time.Millisecond)
		}
		return nil
	case <-time.After(3 * time.Second):
		return nil
	}
}

func TestPeersWithoutTLS(t *testing.T) {
	tests := []struct {
		name string
		peer func(net.Conn)
		want string
	}{
		{"speaks", func(c net.Conn) { io.WriteString(c, "220 mail.example ready\r\n"); io.Copy(io.Discard, c) }, "does not speak TLS on this port"},
		{"hangs up", func(c net.Conn) { c.Read(make([]byte, 4)); c.(*net.TCPConn).SetLinger(0) }, "ended the connection in mid-handshake"},
		{"waits for more", func(c net.Conn) { io.Copy(io.Discard, c) }, "did not finish the handshake; does it speak TLS"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ln := listen(t, "tcp4")
			go func() {
				if c, err := ln.Accept(); err == nil {
					defer c.Close()
					tt.peer(c)
				}
			}()
			ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
			defer cancel()
			began := time.Now()
			_, err := newDestination(t, carbon.Options{Address: "tls://" + ln.Addr().String()}).Dial(ctx)
			if err == nil || !strings.Contains(err.Error(), tt.want) || deliver.IsPermanent(err) {
				t.Errorf("got %v, want a temporary error with %q", err, tt.want)
			}
			if took := time.Since(began); took > 2*time.Second {
				t.Errorf("took %v, want no longer than the context", took)
			}
		})
	}
}

func TestSessionsAreResumed(t *testing.T) {
	a := certstest.New(t, "ca")
	resumed := make(chan bool, 1)
	address := secure(t, a.Server(), func(k *tls.Conn) {
		resumed <- k.ConnectionState().DidResume
		swallow(k)
	})
	d := newDestination(t, carbon.Options{Address: "tls://" + address, TLS: &certs.Client{CAFile: a.CA}})
	for _, want := range []bool{false, true, true} {
		conn, err := d.Dial(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		send(t, conn, 1)
		if err := conn.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if got := <-resumed; got != want {
			t.Errorf("got resumed: %v, want %v", got, want)
		}
	}
}

// TestRecordsAreFull: of the records that hold a block only the last is small, and
// the client's last word in the handshake.
func TestRecordsAreFull(t *testing.T) {
	a := certstest.New(t, "ca")
	server, b := a.Server(), block()
	ln := listen(t, "tcp4")
	seen := make(chan []byte, 1)
	go func() {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		w := &wire{Conn: c}
		io.CopyN(io.Discard, tls.Server(w, server), int64(len(b.Lines)))
		seen <- w.read
	}()
	conn, err := dialTLS(t, ln.Addr().String(), certs.Client{CAFile: a.CA, MinVersion: "1.3"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(atOnce())
	if err := conn.Send(context.Background(), b); err != nil {
		t.Fatal(err)
	}
	full, small := 0, 0
	for data := <-seen; len(data) >= 5; {
		const applicationData, most = 23, 16384
		size := int(binary.BigEndian.Uint16(data[3:]))
		switch {
		case data[0] == applicationData && size > most:
			full++
		case data[0] == applicationData:
			small++
		}
		data = data[min(5+size, len(data)):]
	}
	if want := len(b.Lines) / 16384; full != want || small > 2 {
		t.Errorf("got %d full records and %d small ones, want %d and at most 2", full, small, want)
	}
}

// wire keeps what is read from a connection.
type wire struct {
	net.Conn
	read []byte
}

func (w *wire) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	w.read = append(w.read, b[:n]...)
	return n, err
}

func TestSendAndCloseEndWithTheirContextsOverTLS(t *testing.T) {
	a := certstest.New(t, "ca")
	asleep := make(chan struct{})
	address := secure(t, a.Server(), func(*tls.Conn) { <-asleep })
	defer close(asleep)
	o := carbon.Options{Address: "tls://" + address, UserTimeout: time.Minute, TLS: &certs.Client{CAFile: a.CA}}
	conn, err := newDestination(t, o).Dial(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	big := metric.Batch{Lines: bytes.Repeat(point.Lines, 10_000), Points: 10_000}
	sending, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	for conn.Send(sending, big) == nil {
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	if err := conn.Close(ctx); err == nil {
		t.Error("got nil from Close, want an error: most was never read")
	}
	if took := time.Since(began); took > 500*time.Millisecond {
		t.Errorf("took %v, want about 50ms", took)
	}
}

func TestNewChecksTLS(t *testing.T) {
	tests := []struct {
		name, address string
		o             certs.Client
		want          string // part of the error; "" for none
	}{
		{"system", "tls://a:1", certs.Client{}, ""},
		{"TLS over tcp", "tcp://a:1", certs.Client{}, "write tls://a:1"},
		{"what does not hold", "tls://a:1", certs.Client{CAFile: "/nowhere/ca.pem"}, "read certificate authorities: open /nowhere/ca.pem"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := carbon.New(carbon.Options{Address: tt.address, TLS: &tt.o})
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q in it", err, tt.want)
			}
		})
	}
	if _, err := carbon.New(carbon.Options{Address: "tls://a:1", TLS: &certs.Client{CAFile: "/nowhere"}}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want it to be os.ErrNotExist", err)
	}
}

func TestNewWarnsOfUnverifiedTLS(t *testing.T) {
	for skip, want := range map[bool]int{true: 1, false: 0} {
		var log bytes.Buffer
		_, err := carbon.New(carbon.Options{Address: "tls://carbon.example:1", TLS: &certs.Client{InsecureSkipVerify: skip},
			Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil || strings.Count(log.String(), "level=WARN") != want {
			t.Errorf("skip %v: got %q and %v, want %d warnings", skip, log.String(), err, want)
		}
	}
}

// concat makes one file of several.
func concat(t *testing.T, files ...string) string {
	t.Helper()
	var all bytes.Buffer
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	file := filepath.Join(t.TempDir(), "all.pem")
	if err := os.WriteFile(file, all.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
