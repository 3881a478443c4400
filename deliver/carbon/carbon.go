// Package carbon delivers to whatever speaks carbon's line or pickle protocol
// over TCP: carbon-cache, carbon-relay, go-carbon, another plumbago.
//
// Neither protocol has an acknowledgement. What counts as arrived is what the
// far end's kernel has acknowledged, as this machine's kernel tells; a worker
// with a replay margin covers what a far end loses after that.
package carbon

import (
	"context"
	"net"
	"time"

	"github.com/plumbago/plumbago/deliver"
)

// Options describe a carbon destination.
type Options struct {
	Address  string // tcp://host:port, an IPv6 address in brackets
	Protocol string // line or pickle; "" means line

	// Prefix is put before each name, with a dot between. It may be a key:
	// it appears in no error and no log.
	Prefix string

	// UserTimeout is how long sent bytes may stay without acknowledgement
	// before the connection counts as broken, where the system can do that.
	// 10 s unless given.
	UserTimeout time.Duration

	// KeepAlive says when an idle connection is tested. After 10 s, every
	// 5 s and 3 times unless given.
	KeepAlive net.KeepAliveConfig

	MaxFrame  int // bytes in a pickle frame; 0 leaves the choice to the encoder
	MaxPoints int // points in a pickle frame; 0 leaves the choice to the encoder
}

const defaultUserTimeout = 10 * time.Second

var defaultKeepAlive = net.KeepAliveConfig{
	Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 3,
}

// Destination is a carbon that points can be sent to.
type Destination struct {
	address     string // host:port
	newEncoder  func() encoder
	dialer      net.Dialer
	userTimeout time.Duration
}

// New checks the options. It does not connect, nor resolve names.
func New(o Options) (*Destination, error) {
	address, err := parseAddress(o.Address)
	if err != nil {
		return nil, err
	}
	newEncoder, err := chooseEncoder(o)
	if err != nil {
		return nil, err
	}
	if o.UserTimeout <= 0 {
		o.UserTimeout = defaultUserTimeout
	}
	if o.KeepAlive == (net.KeepAliveConfig{}) {
		o.KeepAlive = defaultKeepAlive
	}
	return &Destination{
		address:     address,
		newEncoder:  newEncoder,
		dialer:      net.Dialer{KeepAliveConfig: o.KeepAlive},
		userTimeout: o.UserTimeout,
	}, nil
}

// Dial implements deliver.Destination.
func (d *Destination) Dial(ctx context.Context) (deliver.Conn, error) {
	stream, err := d.dialer.DialContext(ctx, "tcp", d.address)
	if err != nil {
		return nil, err
	}
	tcp := stream.(*net.TCPConn)
	if err := setUserTimeout(tcp, d.userTimeout); err != nil {
		tcp.Close()
		return nil, err
	}
	return newConn(tcp, d.newEncoder()), nil
}
