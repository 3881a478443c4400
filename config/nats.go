package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// NATS is a stream of NATS JetStream that is used as a bus, and how to get at it.
type NATS struct {
	// Servers are some or all of one cluster: nats://host:port or tls://host:port.
	Servers []string `yaml:"servers" like:"nats://nats-1.example.net:4222" need:"yes"`

	// Login is who connects. Without it nobody in particular.
	Login Login `yaml:"login"`

	// TLS says how the servers are spoken to. For tls.
	TLS ClientTLS `yaml:"tls"`

	// Subject is what messages' subjects begin with: a tenant and a partition follow.
	// Default plumbago.
	Subject string `yaml:"subject" like:"plumbago"`

	// Partitions is how many shares names fall into by their hash: a series is always in
	// the same. It is the same for all on one stream. Default 64.
	Partitions int `yaml:"partitions" like:"64" min:"1" max:"1024"`

	// Timeout bounds each answer. Default 5s.
	Timeout time.Duration `yaml:"timeout" like:"5s" min:"100ms" max:"5m"`

	// Stream is the name of the stream. Default PLUMBAGO.
	Stream string `yaml:"stream" like:"PLUMBAGO"`

	// Create makes the stream if it is not there, with the settings below. A stream that
	// is there is never changed: plumbago check --connect tells where it differs.
	Create bool `yaml:"create" like:"true"`

	// Replicas is on how many servers each message is. Default 3.
	Replicas int `yaml:"replicas" like:"3" min:"1" max:"5"`

	// MaxBytes bounds each copy of the stream. Default 10GiB.
	MaxBytes Size `yaml:"max_bytes" like:"100GiB" min:"1MiB"`

	// MaxAge drops messages that are so old. 0, the default, never does.
	MaxAge time.Duration `yaml:"max_age" like:"1d"`

	// WhenFull is what happens at max_bytes: refuse, so that points wait with their
	// senders, or drop_oldest. Default refuse.
	WhenFull string `yaml:"when_full" like:"refuse" one:"refuse drop_oldest"`

	// Keep is how long messages are kept: until_taken by the one group of receivers, or
	// until_old, by max_age or max_bytes, for any number of groups. Default until_taken.
	Keep string `yaml:"keep" like:"until_taken" one:"until_taken until_old"`

	// Duplicates is how long the stream remembers what it has stored, so that a message
	// that comes again is not stored twice. Default 2m.
	Duplicates time.Duration `yaml:"duplicates" like:"2m" min:"1s"`
}

// Login is who connects to NATS: in one of four ways. Nothing of it is ever shown.
type Login struct {
	// Credentials is a .creds file.
	Credentials string `yaml:"credentials" like:"/etc/plumbago/nats.creds"`

	// NKey is a file with the seed of an NKey.
	NKey string `yaml:"nkey" like:"/etc/plumbago/nats.nk"`

	// User is a name, with Password.
	User string `yaml:"user" like:"metrics"`

	// Password is the user's.
	Password Secret `yaml:"password" like:"${env:NATS_PASSWORD}"`

	// Token is for servers that ask for no more.
	Token Secret `yaml:"token" like:"${env:NATS_TOKEN}"`
}

func (n *NATS) defaults(*Config) {
	n.Subject, n.Partitions, n.Timeout = "plumbago", 64, 5*time.Second
	n.Stream, n.Replicas, n.MaxBytes = "PLUMBAGO", 3, 10<<30
	n.WhenFull, n.Keep, n.Duplicates = "refuse", "until_taken", 2*time.Minute
}

var (
	validStream  = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	validSubject = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)
)

// natsLike is an example of the section, for errors.
const natsLike = `{servers: ["nats://127.0.0.1:4222"]}`

// checkNATS checks what both ways through a stream have.
func (d *decoder) checkNATS(path string, n *NATS) {
	if n == nil {
		return
	}
	path = join(path, "nats")
	for i, s := range n.Servers {
		spot, ok := d.spots[entryOf(path, "servers", i)]
		if a, lacks := split(s); ok && (lacks != "" || a.scheme != "nats" && a.scheme != "tls" || a.host == "") {
			d.problem(spot, `servers: want an address like "nats://host:4222" or "tls://host:4222", without a user in it, got %s`, showServer(spot, s))
		}
	}
	if s, ok := d.spots[path+".stream"]; ok && !validStream.MatchString(n.Stream) {
		d.problem(s, "stream: want letters, digits, - and _, at most 64, got %s", s.show())
	}
	if s, ok := d.spots[path+".subject"]; ok && !validSubject.MatchString(n.Subject) {
		d.problem(s, "subject: want words of letters, digits, - and _, with dots between, got %s", s.show())
	}
	d.checkClientTLS(path + ".tls")
	d.checkLogin(path + ".login")
}

// showServer never shows what may be a password.
func showServer(s spot, address string) string {
	if strings.Contains(address, "@") {
		return `one with "@" in it`
	}
	return s.show()
}

// checkLogin checks that there is one way to log in.
func (d *decoder) checkLogin(path string) {
	d.checkNeeds(path, "password", "user", "metrics")
	d.checkNeeds(path, "user", "password", "${env:NATS_PASSWORD}")
	var ways []string
	for _, key := range []string{"credentials", "nkey", "user", "token"} {
		if d.given[join(path, key)] {
			ways = append(ways, key)
		}
	}
	if s, ok := d.spots[path]; ok && len(ways) != 1 {
		d.problem(s, "login: want one of credentials, nkey, user with password, and token, got %s", or(strings.Join(ways, " and "), "none"))
	}
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// checkNATSReceiver checks a receiver that takes points out of a stream.
func (d *decoder) checkNATSReceiver(path string, r Receiver, streams map[string]int) {
	d.missing(path, "nats", natsLike)
	d.checkNATS(path, r.NATS)
	if s, ok := d.spots[path+".consumer"]; ok && !validStream.MatchString(r.Consumer) {
		d.problem(s, "consumer: want letters, digits, - and _, at most 64, got %s", s.show())
	}
	worker, given := d.spots[path+".worker"]
	if given && d.given[path+".partitions"] {
		d.problem(worker, "worker: says which partitions, as partitions does; leave one of them out")
	}
	if r.NATS == nil || len(r.NATS.Servers) == 0 {
		return
	}
	name := r.NATS.Stream + " " + strings.Join(slices.Sorted(slices.Values(r.NATS.Servers)), " ") + " " + r.Consumer
	if line, twice := streams[name]; twice {
		s := d.spots[path]
		d.problem(s, "nats: stream %s is received from already, by line %d; leave one out, or give one another consumer", r.NATS.Stream, line)
		return
	}
	streams[name] = d.spots[path].line
}

// checkNATSSender checks a destination that publishes into a stream.
func (d *decoder) checkNATSSender(path string, dest *Destination) {
	d.missing(path, "nats", natsLike)
	d.checkNATS(path, dest.NATS)
	d.completeRequests(path, dest)
	if s, ok := d.spots[path+".batch"]; ok && dest.Batch > 1<<20 {
		d.problem(s, "batch: want 1MiB or less for type nats, got %s", s.show())
	}
	if s, ok := d.spots[path+".per_tenant"]; ok {
		d.checkWithTenants("per_tenant", s)
	}
}

func entryOf(path, list string, i int) string { return fmt.Sprintf("%s.%s[%d]", path, list, i) }
