package nats

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// link is one connection to one of the servers. It does not connect again by itself:
// who uses it makes another.
type link struct {
	bus  *Bus
	nc   *nats.Conn
	js   jetstream.JetStream
	dial *dialer
	tls  *tls.Config // nil without

	gone  chan struct{} // closed when the connection is
	alarm atomic.Pointer[error]
}

// connect connects to one of the servers, and returns within ctx.
func (b *Bus) connect(ctx context.Context) (*link, error) {
	l := &link{bus: b, gone: make(chan struct{}), dial: &dialer{ctx: ctx}}
	o, err := l.options()
	if err != nil {
		return nil, b.explain(err)
	}
	defer context.AfterFunc(ctx, l.dial.abort)()
	l.nc, err = nats.Connect(strings.Join(b.Servers, ","), o...)
	if err == nil && ctx.Err() != nil {
		l.close()
	}
	if ctx.Err() != nil {
		err = errors.Join(context.Cause(ctx), l.dial.failure())
	}
	if err != nil {
		return nil, b.explain(l.sentence(err))
	}
	l.js, err = jetstream.New(l.nc, jetstream.WithPublishAsyncTimeout(b.Timeout), jetstream.WithDefaultTimeout(b.Timeout))
	if err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

func (l *link) options() ([]nats.Option, error) {
	b := l.bus
	o := []nats.Option{
		nats.Name("plumbago"), nats.NoReconnect(), nats.Timeout(b.Timeout), nats.FlusherTimeout(b.Timeout),
		nats.PingInterval(b.Timeout), nats.MaxPingsOutstanding(2),
		nats.SetCustomDialer(l.dial), nats.SkipHostLookup(),
		nats.ClosedHandler(func(*nats.Conn) { close(l.gone) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { l.alarm.CompareAndSwap(nil, &err) }),
	}
	secured, err := l.secure()
	if err != nil {
		return nil, err
	}
	login, err := b.Login.option()
	if err != nil || login == nil {
		return append(o, secured...), err
	}
	return append(append(o, secured...), login), nil
}

// secure returns what TLS needs, nothing without any.
func (l *link) secure() ([]nats.Option, error) {
	encrypted := false
	for _, s := range l.bus.Servers {
		encrypted = encrypted || strings.HasPrefix(s, "tls://")
	}
	if !encrypted {
		return nil, nil
	}
	c, err := l.bus.TLS.Config("") // each server has the name of its own address
	if err != nil {
		return nil, err
	}
	l.tls = c
	return []nats.Option{nats.Secure(c)}, nil
}

func (l Login) option() (nats.Option, error) {
	switch {
	case l.Credentials != "":
		return nats.UserCredentials(l.Credentials), nil
	case l.Seed != "":
		o, err := nats.NkeyOptionFromSeed(l.Seed)
		if err != nil {
			return nil, fmt.Errorf("login: nkey: %w", withoutText(err))
		}
		return o, nil
	case l.Token != "":
		return nats.Token(l.Token), nil
	case l.User != "":
		return nats.UserInfo(l.User, l.Password), nil
	}
	return nil, nil
}

// sentence says for people why a connection was not made.
func (l *link) sentence(err error) error {
	if l.tls != nil {
		if explained, _ := l.bus.TLS.Explain(err, l.tls); explained != nil && explained.Error() != err.Error() {
			return explained
		}
	}
	if failed := l.dial.failure(); failed != nil && (errors.Is(err, nats.ErrNoServers) || !errors.Is(err, nats.ErrAuthorization)) {
		return failed
	}
	return err
}

// warning is what the server complained of without being asked, nil if nothing.
func (l *link) warning() error {
	if err := l.alarm.Load(); err != nil {
		return *err
	}
	return nil
}

// close ends the link at once, and returns when it is gone.
func (l *link) close() {
	l.dial.abort()
	l.nc.Close()
	<-l.gone
}

// leave ends the link in good order: what was written is given time until ctx is done.
func (l *link) leave(ctx context.Context) {
	if ctx.Err() == nil {
		ctx, cancel := context.WithTimeout(ctx, l.bus.Timeout)
		_ = l.nc.FlushWithContext(ctx)
		cancel()
	}
	l.close()
}

// dialer makes the network's connections, so that they can be broken off.
type dialer struct {
	ctx context.Context

	mu    sync.Mutex
	conn  net.Conn
	err   error // of the last try
	ended bool
}

// Dial implements nats.CustomDialer.
func (d *dialer) Dial(network, address string) (net.Conn, error) {
	nd := net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 3}}
	c, err := nd.DialContext(d.ctx, network, address)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.err = err
	if err != nil {
		return nil, err
	}
	if d.ended {
		c.Close()
		return nil, net.ErrClosed
	}
	d.conn = c
	return c, nil
}

func (d *dialer) failure() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.err
}

// abort breaks the connection off: whoever reads or writes returns.
func (d *dialer) abort() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ended = true
	if d.conn != nil {
		d.conn.Close()
	}
}

// hostsOf lists the servers' hosts and ports, for operators.
func hostsOf(servers []string) string {
	var hosts []string
	for _, s := range servers {
		if u, err := url.Parse(s); err == nil {
			hosts = append(hosts, u.Host)
		}
	}
	return strings.Join(hosts, ", ")
}

// Address is the bus as operators know it.
func (b Bus) Address() string { return b.Stream.Name + " at " + hostsOf(b.Servers) }
