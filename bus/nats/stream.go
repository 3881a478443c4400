package nats

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Stream is where messages are kept. Without Create it has to be there, and nothing of
// it but its name is looked at; with Create it is made if it is missing. Its other
// settings are never changed: Check tells where they differ.
type Stream struct {
	Name   string // PLUMBAGO
	Create bool

	Replicas  int           // copies on different servers; 3
	MaxBytes  int64         // of each copy; 10 GiB
	MaxAge    time.Duration // of messages; 0: any
	Full      string        // what happens at MaxBytes: Refuse, or DropOldest
	Keep      string        // how long messages are kept: UntilTaken, or UntilOld
	Duplicate time.Duration // how long ids are remembered; 2 min
}

// What Stream's settings can be.
const (
	Refuse     = "refuse"      // new messages wait with their senders
	DropOldest = "drop_oldest" // the stream loses what was not taken yet

	UntilTaken = "until_taken" // by the one group of receivers
	UntilOld   = "until_old"   // by MaxAge or MaxBytes, for any number of groups
)

// What a Stream means where it says nothing.
const (
	DefaultReplicas  = 3
	DefaultMaxBytes  = 10 << 30
	DefaultDuplicate = 2 * time.Minute
)

func (s Stream) withDefaults() Stream {
	if s.Replicas == 0 {
		s.Replicas = DefaultReplicas
	}
	if s.MaxBytes == 0 {
		s.MaxBytes = DefaultMaxBytes
	}
	if s.Full == "" {
		s.Full = Refuse
	}
	if s.Keep == "" {
		s.Keep = UntilTaken
	}
	if s.Duplicate == 0 {
		s.Duplicate = DefaultDuplicate
	}
	return s
}

func (s Stream) check() error {
	switch {
	case s.Replicas < 1 || s.Replicas > 5:
		return fmt.Errorf("%d replicas: want 1 to 5", s.Replicas)
	case s.Full != Refuse && s.Full != DropOldest:
		return fmt.Errorf("a full stream: want %s or %s, got %q", Refuse, DropOldest, s.Full)
	case s.Keep != UntilTaken && s.Keep != UntilOld:
		return fmt.Errorf("keeping messages: want %s or %s, got %q", UntilTaken, UntilOld, s.Keep)
	}
	return nil
}

// wanted is the stream as it is made.
func (b Bus) wanted() jetstream.StreamConfig {
	s := b.Stream
	c := jetstream.StreamConfig{
		Name: s.Name, Subjects: []string{b.all()}, Storage: jetstream.FileStorage,
		Replicas: s.Replicas, MaxBytes: s.MaxBytes, MaxAge: s.MaxAge, Duplicates: s.Duplicate,
		Discard: jetstream.DiscardNew, Retention: jetstream.WorkQueuePolicy,
	}
	if s.MaxAge > 0 {
		c.Duplicates = min(s.Duplicate, s.MaxAge) // or the server refuses it
	}
	if s.Full == DropOldest {
		c.Discard = jetstream.DiscardOld
	}
	if s.Keep == UntilOld {
		c.Retention = jetstream.LimitsPolicy
	}
	return c
}

// stream finds the stream, or makes it if it may.
func (l *link) stream(ctx context.Context) (jetstream.Stream, error) {
	s, err := l.js.Stream(ctx, l.bus.Stream.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) && l.bus.Stream.Create {
		s, err = l.js.CreateStream(ctx, l.bus.wanted())
		if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) { // another was quicker
			s, err = l.js.Stream(ctx, l.bus.Stream.Name)
		}
		if err == nil {
			l.bus.Logger.Info("stream made", "stream", l.bus.Stream.Name, "replicas", l.bus.Stream.Replicas)
		}
	}
	return s, l.bus.explain(err)
}

// differences says where the stream that is there is another than the configuration
// says.
func (b Bus) differences(have jetstream.StreamConfig) (list []string) {
	want := b.wanted()
	for _, d := range []struct {
		what       string
		have, want any
	}{
		{"subjects", fmt.Sprint(have.Subjects), fmt.Sprint(want.Subjects)},
		{"replicas", have.Replicas, want.Replicas},
		{"max_bytes", have.MaxBytes, want.MaxBytes},
		{"max_age", have.MaxAge, want.MaxAge},
		{"when_full", fullOf(have), fullOf(want)},
		{"keep", keepOf(have), keepOf(want)},
		{"duplicates", have.Duplicates, want.Duplicates},
		{"storage", have.Storage.String(), want.Storage.String()},
	} {
		if d.have != d.want {
			list = append(list, fmt.Sprintf("stream %s: %s: it is %v there, and %v in the configuration", b.Stream.Name, d.what, d.have, d.want))
		}
	}
	return list
}

func fullOf(c jetstream.StreamConfig) string {
	if c.Discard == jetstream.DiscardOld {
		return DropOldest
	}
	return Refuse
}

func keepOf(c jetstream.StreamConfig) string {
	switch c.Retention {
	case jetstream.WorkQueuePolicy:
		return UntilTaken
	case jetstream.LimitsPolicy:
		return UntilOld
	}
	return c.Retention.String()
}
