// Package carbon delivers to whatever speaks carbon's line, pickle or protobuf
// protocol over TCP or TLS, or lines over UDP: carbon-cache, carbon-relay, go-carbon,
// stunnel before one of them, another plumbago.
//
// No protocol of carbon's has an acknowledgement. What counts as arrived is what the
// far end's kernel has acknowledged, as this machine's kernel tells; a worker
// with a replay margin covers what a far end loses after that. Of UDP what is sent
// counts as arrived: it promises nothing.
package carbon

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/internal/certs"
)

// Options describe a carbon destination.
type Options struct {
	Address  string // tcp://host:port, or tls:// or udp://; an IPv6 address in brackets
	Protocol string // line, pickle or protobuf; "" means line
	LineEnd  string // of the line protocol: "\n", or "\r\n" as carbon writes it; "" means "\n"

	// Prefix is put before each name, with a dot between. It may be a key:
	// it appears in no error and no log.
	Prefix string

	// UserTimeout is how long sent bytes may stay without acknowledgement
	// before the connection counts as broken, where the system can do that.
	// 10 s unless given.
	UserTimeout time.Duration

	// KeepAlive says when an idle connection is tested: after 10 s, every
	// 5 s and 3 times if nil. Its zero value makes it never.
	KeepAlive *net.KeepAliveConfig

	MaxFrame  int // bytes in a frame of pickle or protobuf; 0 leaves the choice to the encoder
	MaxPoints int // points in such a frame; 0 leaves the choice to the encoder

	MaxDatagram int // bytes of a datagram of udp that holds more than one line; 1400 if 0

	TLS *certs.Client // of a tls:// address; nil is the zero value

	Logger *slog.Logger // nil: silent
}

const defaultUserTimeout = 10 * time.Second

var defaultKeepAlive = net.KeepAliveConfig{
	Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 3,
}

// Destination is a carbon that points can be sent to.
type Destination struct {
	scheme      string
	address     string // host:port
	newEncoder  func() encoder
	dialer      net.Dialer
	userTimeout time.Duration
	security    *security // nil without TLS
	maxDatagram int
}

// New checks the options and reads the files of certificates that they name. It
// does not connect, nor resolve names.
func New(o Options) (*Destination, error) {
	o = o.withDefaults()
	scheme, address, err := parseAddress(o.Address)
	if err != nil {
		return nil, err
	}
	if scheme == "udp" {
		if err := checkDatagrams(o); err != nil {
			return nil, err
		}
	}
	newEncoder, err := chooseEncoder(o)
	if err != nil {
		return nil, err
	}
	security, err := chooseSecurity(o, scheme, address)
	if err != nil {
		return nil, err
	}
	return &Destination{
		scheme:      scheme,
		address:     address,
		newEncoder:  newEncoder,
		dialer:      net.Dialer{KeepAliveConfig: *o.KeepAlive, KeepAlive: -1},
		userTimeout: o.UserTimeout,
		security:    security,
		maxDatagram: o.MaxDatagram,
	}, nil
}

func (o Options) withDefaults() Options {
	if o.UserTimeout <= 0 {
		o.UserTimeout = defaultUserTimeout
	}
	if o.KeepAlive == nil {
		o.KeepAlive = &defaultKeepAlive
	}
	if o.MaxDatagram == 0 {
		o.MaxDatagram = defaultDatagram
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// chooseSecurity returns nil if there is to be no TLS.
func chooseSecurity(o Options, scheme, address string) (*security, error) {
	switch {
	case scheme != "tls" && o.TLS == nil:
		return nil, nil
	case scheme != "tls":
		return nil, fmt.Errorf("address %q has no TLS, but there are settings for it: write tls://%s", o.Address, address)
	case o.TLS == nil:
		o.TLS = &certs.Client{}
	}
	if o.TLS.InsecureSkipVerify {
		o.Logger.Warn("the far end's certificate is not verified: whoever gets between can read and change everything", "addr", o.Address)
	}
	return newSecurity(*o.TLS, address)
}

// Dial implements deliver.Destination.
func (d *Destination) Dial(ctx context.Context) (deliver.Conn, error) {
	if d.scheme == "udp" {
		return d.dialUDP(ctx)
	}
	stream, err := d.dialer.DialContext(ctx, "tcp", d.address)
	if err != nil {
		return nil, err
	}
	conn, err := d.open(ctx, newLink(stream.(*net.TCPConn)))
	if err != nil {
		stream.Close()
		return nil, err
	}
	return conn, nil
}

func (d *Destination) dialUDP(ctx context.Context) (deliver.Conn, error) {
	socket, err := d.dialer.DialContext(ctx, "udp", d.address)
	if err != nil {
		return nil, err
	}
	return newDatagrams(socket, d.newEncoder(), d.maxDatagram), nil
}

func (d *Destination) open(ctx context.Context, l *link) (*conn, error) {
	if err := setUserTimeout(l.tcp, d.userTimeout); err != nil {
		return nil, err
	}
	if d.security == nil {
		return newConn(l, l, d.newEncoder()), nil
	}
	k, err := d.security.handshake(ctx, l)
	if err != nil {
		return nil, err
	}
	return newConn(l, k, d.newEncoder()), nil
}
