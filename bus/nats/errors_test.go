package nats_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/plumbago/plumbago/bus/nats"
	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/internal/certs"
	"github.com/plumbago/plumbago/internal/certs/certstest"
	"github.com/plumbago/plumbago/internal/logtest"
)

const (
	password = "hunter2-of-the-bus"
	token    = "T0ken-of-the-bus"
	seed     = "SUAOL6YWRKY2WFZFXBCMO6AYL5QOMQVFXPMZ5WWN6NDVZRAJDXVTQTCDW4"
	public   = "UCT7FODJQUQ3UKSHPAXY4A7QQAIHJPOWKJYCD6EQVB3G7FCYJHE3ZGTR"
)

// refused dials and returns why that did not succeed.
func refused(t *testing.T, o nats.SenderOptions) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	conn, err := newSender(t, o).Dial(ctx)
	if err == nil {
		conn.Close(ended())
		t.Fatal("got a connection, want an error")
	}
	if deliver.IsPermanent(err) {
		t.Errorf("%v is permanent: batches would be dropped", err)
	}
	return err
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	for _, c := range []struct {
		name   string
		server func(*server.Options)
		change func(*nats.Bus)
		want   string
	}{
		{"no JetStream", func(o *server.Options) { o.JetStream = false }, nil, "nobody answers: JetStream is not enabled, or stream PLUMBAGO has no leader"},
		{"no stream", nil, func(b *nats.Bus) { b.Stream.Create = false }, "there is no stream PLUMBAGO; make it, or say create: true"},
		{"no cluster", nil, func(b *nats.Bus) { b.Stream.Replicas = 3 }, "stream PLUMBAGO cannot have 3 replicas there"},
		{"no space", func(o *server.Options) { o.JetStreamMaxStore = 1 << 20 }, nil, "JetStream is out of space"},
		{"no server", nil, func(b *nats.Bus) { b.Servers = []string{"nats://127.0.0.1:1"} }, "connection refused"},
		{"a wrong password", func(o *server.Options) { o.Username, o.Password = "me", "other" },
			func(b *nats.Bus) { b.Login = nats.Login{User: "me", Password: password} }, "the server does not accept the login"},
		{"a wrong token", func(o *server.Options) { o.Authorization = "other" },
			func(b *nats.Bus) { b.Login = nats.Login{Token: token} }, "the server does not accept the login"},
		{"no credentials", nil, func(b *nats.Bus) { b.Login = nats.Login{Credentials: "/nowhere/nats.creds"} }, "no such file"},
		{"not TLS", nil, func(b *nats.Bus) { b.Servers[0] = strings.Replace(b.Servers[0], "nats://", "tls://", 1) }, "secure connection not available"},
		{"another stream's subject", nil, func(b *nats.Bus) { b.Subject = "other" }, "stream PLUMBAGO does not take other.*.*"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := startServer(t, c.server)
			bus := single(s)
			if c.name == "another stream's subject" {
				publish(t, bus, 0, 1)
			}
			if c.change != nil {
				c.change(&bus)
			}
			err := refused(t, nats.SenderOptions{Bus: bus})
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %q, want %q in it", err, c.want)
			}
			var log logtest.Journal
			bus.Logger = log.Logger()
			receive(t, fast(bus), &store{})
			if c.name != "another stream's subject" {
				eventually(t, "a word in the log", func() bool { return strings.Contains(log.String(), "not receiving") })
			}
			for _, secret := range []string{password, token} {
				if strings.Contains(err.Error()+log.String(), secret) {
					t.Errorf("a secret is shown: %v\n%s", err, log.String())
				}
			}
		})
	}
}

// A stream that is full refuses, and the points wait; when there is room they go.
func TestAFullStreamIsWaitedFor(t *testing.T) {
	t.Parallel()
	s := startServer(t, nil)
	bus := single(s)
	bus.Stream.MaxBytes = 20 << 10
	sender := newSender(t, nats.SenderOptions{Bus: bus, Batch: 4 << 10})
	conn := dial(t, sender)
	place(t, conn, 0, batch(0, 20_000))
	conn.(deliver.Flusher).Flush()
	<-conn.Broken()
	err := conn.Close(t.Context())
	if err == nil || !strings.Contains(err.Error(), "stream PLUMBAGO does not take more: maximum bytes exceeded") {
		t.Errorf("got %v, want that the stream is full", err)
	}
	if got := conn.Acked(); got != 0 {
		t.Errorf("got %d batches acknowledged", got)
	}
	var sink store
	receive(t, fast(bus), &sink)
	eventually(t, "all is published", func() bool {
		conn := dial(t, sender)
		place(t, conn, 0, batch(0, 20_000))
		return conn.Close(t.Context()) == nil
	})
	eventually(t, "all points", func() bool { return sink.distinct() == 20_000 })
}

// Without a majority of its servers a stream has no leader, or one that does not store.
func TestAStreamWithoutALeader(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 3)
	bus := nats.Bus{Servers: c.urls(), Partitions: 1, Timeout: time.Second, Stream: nats.Stream{Create: true, MaxBytes: 1 << 20}}
	sender := newSender(t, nats.SenderOptions{Bus: bus})
	eventually(t, "the stream has a leader", func() bool {
		conn, err := sender.Dial(t.Context())
		return err == nil && conn.Close(t.Context()) == nil
	})
	c.stop(0)
	c.stop(1)
	said := func(err error) bool { return !deliver.IsPermanent(err) && strings.Contains(err.Error(), "leader") }
	eventually(t, "a word of the leader", func() bool {
		conn, err := sender.Dial(t.Context())
		if err != nil {
			return said(err)
		}
		place(t, conn, 0, batch(0, 1))
		conn.(deliver.Flusher).Flush()
		<-conn.Broken()
		err = conn.Close(t.Context())
		return conn.Acked() == 0 && err != nil && said(err)
	})
}

// Whoever may not publish hears that, and not only that nobody answered.
func TestWhoMayNotPublish(t *testing.T) {
	t.Parallel()
	s := startServer(t, func(o *server.Options) {
		all := &server.SubjectPermission{Allow: []string{"$JS.API.>", "_INBOX.>"}}
		o.Users = []*server.User{{Username: "me", Password: password, Permissions: &server.Permissions{Publish: all}}}
	})
	bus := single(s)
	bus.Timeout, bus.Login = time.Second, nats.Login{User: "me", Password: password}
	conn := dial(t, newSender(t, nats.SenderOptions{Bus: bus}))
	place(t, conn, 0, batch(0, 1))
	conn.(deliver.Flusher).Flush()
	<-conn.Broken()
	if err := conn.Close(t.Context()); err == nil || !strings.Contains(err.Error(), "the login may not do this") {
		t.Errorf("got %v, want that it is not allowed", err)
	}
}

func TestLogins(t *testing.T) {
	for _, c := range []struct {
		name   string
		server func(*server.Options)
		login  nats.Login
	}{
		{"password", func(o *server.Options) { o.Username, o.Password = "me", password }, nats.Login{User: "me", Password: password}},
		{"token", func(o *server.Options) { o.Authorization = token }, nats.Login{Token: token}},
		{"nkey", func(o *server.Options) { o.Nkeys = []*server.NkeyUser{{Nkey: public}} }, nats.Login{Seed: write(t, "seed", seed)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			bus := single(startServer(t, c.server))
			bus.Login = c.login
			var log logtest.Journal
			bus.Logger = log.Logger()
			var sink store
			publish(t, bus, 0, 10)
			receive(t, fast(bus), &sink)
			eventually(t, "all points", func() bool { return sink.distinct() == 10 })
			for _, secret := range []string{password, token, seed} {
				if strings.Contains(log.String(), secret) {
					t.Errorf("a secret is shown: %s", log.String())
				}
			}
		})
	}
}

// The authority is our own, the server wants a certificate, and is one of two.
func TestTLS(t *testing.T) {
	authority := certstest.New(t, "bus authority")
	cert, key := authority.Issue("localhost")
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(authority.CA)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	s := startServer(t, func(o *server.Options) {
		o.TLS, o.TLSConfig = true, &tls.Config{Certificates: []tls.Certificate{pair}, ClientCAs: roots, ClientAuth: tls.RequireAndVerifyClientCert}
	})
	_, port, _ := strings.Cut(s.Addr().String(), ":")
	bus := single(s)
	bus.Servers = []string{"tls://localhost:1", "tls://localhost:" + port}
	bus.TLS = certs.Client{CAFile: authority.CA, Cert: cert, Key: key}
	var sink store
	publish(t, bus, 0, 10)
	receive(t, fast(bus), &sink)
	eventually(t, "all points", func() bool { return sink.distinct() == 10 })

	bus.Servers = bus.Servers[1:]
	for _, c := range []struct {
		name string
		tls  certs.Client
		want string
	}{
		{"another authority", certs.Client{CAFile: certstest.New(t, "other").CA, Cert: cert, Key: key}, `the far end's certificate was issued by`},
		{"another name", certs.Client{CAFile: authority.CA, Cert: cert, Key: key, ServerName: "nats.example.net"}, `not for "nats.example.net"`},
	} {
		bus.TLS = c.tls
		if err := refused(t, nats.SenderOptions{Bus: bus}); !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %q, want %q in it", c.name, err, c.want)
		}
	}
}

func TestSecretsAreHiddenInWhatOthersSay(t *testing.T) {
	bus := nats.Bus{Login: nats.Login{User: "me", Password: password, Token: token}}
	err := bus.Explain(fmt.Errorf("no: %s %s: %w", password, token, natsgo.ErrAuthorization))
	if strings.Contains(err.Error(), password) || strings.Contains(err.Error(), token) || !errors.Is(err, natsgo.ErrAuthorization) {
		t.Errorf("got %q", err)
	}
	if err := bus.Explain(nil); err != nil {
		t.Errorf("got %v of nothing", err)
	}
}

// What is there is compared with the configuration, and nothing is changed.
func TestCheck(t *testing.T) {
	s := startServer(t, nil)
	bus := single(s)
	sender, receiver := newSender(t, nats.SenderOptions{Bus: bus}), func() *nats.Receiver {
		o := fast(bus)
		o.Shares = nats.Shares{3}
		r, err := nats.NewReceiver(o)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}()
	check := func(c deliver.Checker) string {
		list, err := c.Check(t.Context())
		return strings.Join(list, "; ") + fmt.Sprint(err)
	}
	const missing = "stream PLUMBAGO is not there: it is made at the start<nil>"
	if got := check(sender); got != missing {
		t.Errorf("got %q, want %q", got, missing)
	}
	if got := check(receiver); got != missing {
		t.Errorf("got %q, want %q", got, missing)
	}
	_, js := connect(t, s.ClientURL())
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{
		Name: "PLUMBAGO", Subjects: []string{"plumbago.>"}, MaxBytes: 1 << 28, Retention: jetstream.LimitsPolicy, Duplicates: time.Minute,
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateConsumer(t.Context(), "PLUMBAGO", jetstream.ConsumerConfig{
		Durable: "plumbago-p3", FilterSubject: "plumbago.*.3", AckPolicy: jetstream.AckExplicitPolicy, AckWait: time.Minute, MaxDeliver: 5,
	}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"subjects: it is [plumbago.>] there, and [plumbago.*.*] in the configuration", "when_full: it is drop_oldest there, and refuse",
		"keep: it is until_old there, and until_taken", "duplicates: it is 1m0s there, and 2m0s",
	} {
		if got := check(sender); !strings.Contains(got, want) {
			t.Errorf("got %q, want %q in it", got, want)
		}
	}
	for _, want := range []string{"consumer plumbago-p3: ack_wait: it is 1m0s there, and 1s", "max_deliver: it is 5 there, and -1"} {
		if got := check(receiver); !strings.Contains(got, want) {
			t.Errorf("got %q, want %q in it", got, want)
		}
	}
	bus.Stream.Create = false
	if got := check(newSender(t, nats.SenderOptions{Bus: bus})); got != "<nil>" {
		t.Errorf("got %q of a stream that is only to be there", got)
	}
}
