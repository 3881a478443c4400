package nats

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/plumbago/plumbago/deliver"
)

// SenderOptions say how to publish. Zero values are the defaults.
type SenderOptions struct {
	Bus
	Name string // of the destination, for logs, metrics and the file in Dir

	Interval time.Duration // how long points are gathered; 200 ms
	Batch    int           // bytes of a message's lines, before they are compressed; 128 KiB

	// Tenants are those whose points are published as theirs: their name is the first
	// node of the points' names, and taken away.
	Tenants []string

	MaxFlying      int // messages that are not acknowledged yet; 256
	MaxFlyingBytes int // of them; 8 MiB
}

// What SenderOptions mean where they say nothing.
const (
	DefaultInterval       = 200 * time.Millisecond
	DefaultBatch          = 128 << 10
	DefaultMaxFlying      = 256
	DefaultMaxFlyingBytes = 8 << 20
)

// MaxBatch bounds Batch.
const MaxBatch = 1 << 20

// Sender is a stream as a destination.
type Sender struct {
	o       SenderOptions
	tenants map[string]bool
	metrics *senderMetrics
	cuts    *cuts  // where there is no file
	count   uint64 // the place of the next point where nobody says it
}

// NewSender makes a Sender. It connects to nothing.
func NewSender(o SenderOptions) (*Sender, error) {
	b, err := o.Bus.withDefaults()
	if err != nil {
		return nil, err
	}
	o.Bus = b
	if o.Interval <= 0 {
		o.Interval = DefaultInterval
	}
	if o.Batch <= 0 {
		o.Batch = DefaultBatch
	}
	if o.Batch > MaxBatch {
		return nil, errors.New("a batch of more than 1 MiB")
	}
	if o.MaxFlying <= 0 {
		o.MaxFlying = DefaultMaxFlying
	}
	if o.MaxFlyingBytes <= 0 {
		o.MaxFlyingBytes = DefaultMaxFlyingBytes
	}
	l := &link{bus: &o.Bus}
	if _, err := l.secure(); err != nil {
		return nil, err
	}
	if _, err := o.Login.option(); err != nil {
		return nil, err
	}
	s := &Sender{o: o, tenants: map[string]bool{}, metrics: newSenderMetrics(o.Registerer, o.Name)}
	for _, t := range o.Tenants {
		s.tenants[t] = true
	}
	return s, nil
}

// Dial implements deliver.Destination. It makes sure that the stream is there.
func (s *Sender) Dial(ctx context.Context) (deliver.Conn, error) {
	memory, err := s.remember()
	if err != nil {
		return nil, err
	}
	l, err := s.o.connect(ctx)
	if err != nil {
		return nil, err
	}
	stream, err := l.stream(ctx)
	if err == nil && !takes(stream.CachedInfo().Config.Subjects, s.o.all()) {
		err = errors.New("stream " + s.o.Stream.Name + " does not take " + s.o.all())
	}
	if err != nil {
		l.close()
		return nil, err
	}
	return newConn(s, l, memory), nil
}

// remember opens what is remembered: anew each time where it is in a file, as that may
// have been another Sender's meanwhile.
func (s *Sender) remember() (*cuts, error) {
	if s.o.Dir == "" && s.cuts != nil {
		return s.cuts, nil
	}
	c, err := openCuts(s.o.Dir, s.o.Name)
	s.cuts = c
	return c, err
}

// takes reports whether subjects may hold all of wanted: a stream's subjects may be
// wider.
func takes(subjects []string, wanted string) bool {
	return slices.ContainsFunc(subjects, func(s string) bool { return covers(s, wanted) })
}
