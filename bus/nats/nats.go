// Package nats uses a stream of NATS JetStream as a bus for metrics: a Sender
// publishes points into it, and a Receiver takes them out of it and acknowledges.
// Any number of either share a stream.
//
// A message is compressed canonical lines of one tenant and one partition, under the
// subject
//
//	plumbago.TENANT.PARTITION
//
// where a partition is a share of the names by their hash, see Partition, and the
// tenant is _ where there is none. Its Nats-Msg-Id is made of its place in the
// sender's queue and of its content, so that what is published again is stored once.
// Points arrive at least once. A message is acknowledged when its points are on disk.
package nats

import (
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"time"

	"github.com/plumbago/plumbago/internal/certs"
	"github.com/prometheus/client_golang/prometheus"
)

// Bus is how to get at a stream: what Sender and Receiver have in common. Zero
// values are the defaults, but Servers are needed.
type Bus struct {
	Servers []string // nats://host:port or tls://host:port, of one cluster
	Login   Login
	TLS     certs.Client // for those with tls://

	Stream     Stream
	Subject    string // in front of tenant and partition; plumbago
	Partitions int    // shares of the names; 64. It is the same for all on one stream

	Timeout time.Duration // of each answer; 5 s
	Dir     string        // where it is remembered what was published or stored; "": in memory alone

	Logger     *slog.Logger          // nil: silent
	Registerer prometheus.Registerer // nil: counted, not shown
}

// Login is who connects: by one of these ways, or by none. What they hold is never
// shown.
type Login struct {
	Credentials    string // a .creds file
	Seed           string // a file with the seed of an NKey
	User, Password string
	Token          string
}

// What a Bus means where it says nothing.
const (
	DefaultStream     = "PLUMBAGO"
	DefaultSubject    = "plumbago"
	DefaultPartitions = 64
	DefaultTimeout    = 5 * time.Second
)

// MaxPartitions bounds how many shares there can be.
const MaxPartitions = 1024

var (
	validStream  = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	validSubject = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)
)

func (b Bus) withDefaults() (Bus, error) {
	if b.Stream.Name == "" {
		b.Stream.Name = DefaultStream
	}
	if b.Subject == "" {
		b.Subject = DefaultSubject
	}
	if b.Partitions == 0 {
		b.Partitions = DefaultPartitions
	}
	if b.Timeout <= 0 {
		b.Timeout = DefaultTimeout
	}
	if b.Logger == nil {
		b.Logger = slog.New(slog.DiscardHandler)
	}
	b.Servers = slices.Clone(b.Servers)
	b.Stream = b.Stream.withDefaults()
	return b, b.check()
}

func (b Bus) check() error {
	switch {
	case len(b.Servers) == 0:
		return errors.New("a server is needed, like nats://127.0.0.1:4222")
	case !validStream.MatchString(b.Stream.Name):
		return fmt.Errorf("stream %q: want letters, digits, - and _, at most 64", b.Stream.Name)
	case !validSubject.MatchString(b.Subject):
		return fmt.Errorf("subject %q: want words of letters, digits, - and _, with dots between", b.Subject)
	case b.Partitions < 1 || b.Partitions > MaxPartitions:
		return fmt.Errorf("%d partitions: want 1 to %d", b.Partitions, MaxPartitions)
	}
	if err := b.Login.check(); err != nil {
		return err
	}
	return b.Stream.check()
}

func (l Login) check() error {
	ways := 0
	for _, used := range []bool{l.Credentials != "", l.Seed != "", l.User != "" || l.Password != "", l.Token != ""} {
		if used {
			ways++
		}
	}
	switch {
	case ways > 1:
		return errors.New("login: want one of credentials, nkey, user with password, and token")
	case l.Password != "" && l.User == "":
		return errors.New("login: a password needs its user")
	}
	return nil
}
