// Package receive holds the doors in: it listens on TCP and UDP, cuts streams
// into lines or frames, has a codec turn them into batches of canonical lines,
// and hands those to a Sink.
//
// A protocol sees bytes, never a socket; a stream sees a source of bytes and
// owns the memory; a door sees sockets. A bad line or frame never costs its
// connection, and never the batch it came in.
package receive

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"runtime"
	"syscall"
	"time"

	"github.com/plumbago/plumbago/internal/certs"
	"github.com/plumbago/plumbago/internal/inherit"
	"github.com/plumbago/plumbago/internal/tidy"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/tenant"
	"github.com/prometheus/client_golang/prometheus"
)

// Sink takes what the doors read. Receive copies b before it returns, may block
// (then nothing more is read from that sender), and is called by many at once.
// An error means that points were refused and that the sink has counted them.
type Sink interface {
	Receive(ctx context.Context, b metric.Batch) error
}

// DurableSink is a Sink that can promise more: the door of HTTP needs one.
type DurableSink interface {
	Sink

	// Store is Receive, and returns nil only when every point of b is on disk,
	// synced, wherever it is routed to. An error says that some may not be: the
	// sender has to send them all again.
	Store(ctx context.Context, b metric.Batch) error
}

// Options say what to listen to, and how much to bear. Zero values are the
// defaults.
type Options struct {
	Protocol string // "line", "pickle", "protobuf" or "http"
	Address  string // "tcp://0.0.0.0:2003", "tls://0.0.0.0:20030", "udp://[::1]:2003"; port 0 takes a free one

	MaxLine  int // longest line taken, in bytes without its end; 64 KiB
	MaxFrame int // longest pickle or protobuf message taken, in bytes without its length; 1 MiB

	// KeepTags leaves names as they came. Otherwise their tags are put in
	// carbon's order.
	KeepTags bool

	// Resolution, in seconds, is what times are rounded down to a multiple of,
	// without their fraction; 0 leaves them as they are.
	Resolution int

	MaxConnections int              // at this many no more are accepted until one closes; 10,000
	Limit          *ConnectionLimit // bounds them together with those of other listeners; nil: no such bound
	IdleTimeout    time.Duration    // a connection that brings no point for so long is closed; 0: never
	MaxHeldBytes   int              // all unfinished lines and frames of the listener together; 64 MiB

	// TLS is for addresses that begin with tls://.
	TLS certs.Server

	// ProxyFrom are the addresses of proxies that may say, by the PROXY protocol, for
	// whom they connect. Others' headers are bad input.
	ProxyFrom []netip.Prefix

	// Tenants says whose points are whose; nil: there are no tenants. Tenant is whose
	// this listener is, if it is for one only. Names is the policy for names, where
	// the tenant has none; nil: there is none.
	Tenants *tenant.Book
	Tenant  string
	Names   *tidy.Policy

	MaxBody int // largest HTTP body taken, in bytes after decompression; 16 MiB

	// KeepAlive says when an idle connection is tested: after 10 s, every 30 s
	// and twice if nil. Its zero value makes it never.
	KeepAlive *net.KeepAliveConfig

	// AcceptUnterminated takes the last piece of a stream as a line although
	// it lacks its end, provided that the sender closed in good order.
	AcceptUnterminated bool

	UDPBuffer  int // receive buffer to ask of the kernel for each socket, in bytes; 8 MiB
	UDPSockets int // sockets that share a UDP address, where the system can; one a processor, at most 4

	// Inherited are sockets that listen already: one with the name or the address of
	// this listener is used instead of binding. nil: there are none.
	Inherited *inherit.Sockets

	Samples    *Samples              // keeps what is not let in; nil: nothing does
	Sent       func(netip.Addr, int) // is told by whom how many points were read, of many at once; nil: nobody is
	Logger     *slog.Logger          // nil: silent
	Registerer prometheus.Registerer // nil: counted, not shown
	Now        func() time.Time      // what a point without a time gets; nil: time.Now
}

// Listener is an address that is bound, and all that reads from it.
type Listener struct {
	in   *intake
	door door
}

// door is a listener's sockets.
type door interface {
	addr() net.Addr
	connections() int
	run(context.Context) error
	close() error
	sockets() []syscall.Conn
}

// Listen binds o.Address. Nothing is read before Run.
func Listen(o Options, sink Sink) (*Listener, error) {
	o = o.withDefaults()
	in := newIntake(o, sink)
	d, err := listen(in)
	if err != nil {
		in.end()
		return nil, fmt.Errorf("listen on %q: %w", o.Address, err)
	}
	return &Listener{in, d}, nil
}

func listen(in *intake) (door, error) {
	scheme, host, err := split(in.o.Address)
	switch {
	case err != nil:
		return nil, err
	case in.o.Protocol != "line" && in.o.Protocol != "http" && framings[in.o.Protocol] == nil:
		return nil, fmt.Errorf("protocol is %q: want line, pickle, protobuf or http", in.o.Protocol)
	case in.o.Protocol == "http" && (scheme == "tcp" || scheme == "tls"):
		return listenHTTP(in, host)
	case scheme == "tcp", scheme == "tls":
		return listenTCP(in, host)
	case scheme == "udp" && in.o.Protocol == "line":
		return listenUDP(in, host)
	case scheme == "udp":
		return nil, fmt.Errorf("%s is spoken over tcp only", in.o.Protocol)
	}
	return nil, fmt.Errorf("scheme is %q: want tcp, tls or udp", scheme)
}

// split takes an address apart that must be a scheme, a host and a port.
func split(address string) (scheme, host string, err error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", "", err
	}
	if u.Host == "" || u.Port() == "" || address != u.Scheme+"://"+u.Host {
		return "", "", fmt.Errorf("want an address like tcp://0.0.0.0:2003")
	}
	return u.Scheme, u.Host, nil
}

// Name is the listener's name in metrics and logs: its protocol and its address
// as configured, such as line+tcp://0.0.0.0:2003.
func (l *Listener) Name() string { return l.in.name }

// Addr is the address that was bound.
func (l *Listener) Addr() net.Addr { return l.door.addr() }

// Connections is how many connections are open; none where there are only
// datagrams.
func (l *Listener) Connections() int { return l.door.connections() }

// Run reads until ctx is done. Then it closes the door, hands on what the
// kernel holds for those already in, which takes it a second at most, closes
// their connections and returns nil. What it read, Sink.Receive was given; a
// Receive that still blocks when the second is over has its context cancelled.
// Any other return is a door that broke. Run is called once.
func (l *Listener) Run(ctx context.Context) error {
	defer l.in.end()
	return l.door.run(ctx)
}

// Refresh reads the files of certificates again now. On an error the ones in force
// stay so.
func (l *Listener) Refresh() error { return l.in.refresh() }

// Close releases a listener that has not been run.
func (l *Listener) Close() error {
	defer l.in.end()
	return l.door.close()
}

func (o Options) withDefaults() Options {
	setDefault(&o.MaxLine, 64<<10)
	setDefault(&o.MaxFrame, 1<<20)
	setDefault(&o.MaxConnections, 10_000)
	setDefault(&o.MaxHeldBytes, 64<<20)
	setDefault(&o.MaxBody, 16<<20)
	setDefault(&o.UDPBuffer, 8<<20)
	setDefault(&o.UDPSockets, min(runtime.NumCPU(), 4))
	if o.KeepAlive == nil {
		o.KeepAlive = &net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 30 * time.Second, Count: 2}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

func setDefault(v *int, d int) {
	if *v <= 0 {
		*v = d
	}
}
