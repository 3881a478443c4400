// Package slack uses a Slack channel as a bus for metrics: a Sender posts lines
// into it, a Receiver reads them and acknowledges, and a Relay is a Receiver with
// a queue on disk and a destination behind it. Both ends only make connections to
// Slack; neither is reached from outside.
//
// A message is some canonical lines, name value timestamp, below a line that
// carries a batch id, such as
//
//	# b=kdoahfpcmbnelgij
//	web01.cpu.user 12.5 1700000000
//	web01.cpu.sys 3 1700000000
//
// so that a post whose outcome was not known can be made again and counts once.
// Points arrive at least once. A message is acknowledged, by deleting it unless
// told otherwise, when its points are on disk. Messages that hold no point are
// people's, and left alone.
package slack

import (
	"errors"
	"log/slog"
	"time"

	"github.com/plumbago/plumbago/internal/backoff"
	"github.com/prometheus/client_golang/prometheus"
)

// Token is a secret of Slack's. It is a string to whoever decodes it from a file,
// and stars to whoever prints it.
type Token string

// String hides the token.
func (t Token) String() string {
	if t == "" {
		return ""
	}
	return "***"
}

// GoString hides the token.
func (t Token) GoString() string { return `"` + t.String() + `"` }

// LogValue hides the token.
func (t Token) LogValue() slog.Value { return slog.StringValue(t.String()) }

// MarshalText hides the token.
func (t Token) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// Account is how to get at a channel: what Sender and Receiver have in common.
// Zero values are the defaults, but Token and Channel are needed.
type Account struct {
	Token   Token  // xoxb- of a bot, or xoxp- of a person
	Channel string // its id or its name, former names too
	API     string // where Slack's methods are; https://slack.com/api/

	// CallEvery spaces calls of one method that Slack allows about 50 of a minute:
	// those that read, and those that acknowledge. 1.2 s.
	CallEvery time.Duration

	Timeout time.Duration   // of each call; 30 s
	Backoff backoff.Backoff // between tries that fail; 1 to 50 times CallEvery

	Logger     *slog.Logger          // nil: silent
	Registerer prometheus.Registerer // nil: counted, not shown
}

// DefaultAPI is where Slack's methods are.
const DefaultAPI = "https://slack.com/api/"

// DefaultCallEvery keeps to the 50 calls a minute that Slack allows of most
// methods.
const DefaultCallEvery = 1200 * time.Millisecond

// DefaultTimeout bounds a call with its answer.
const DefaultTimeout = 30 * time.Second

func (a Account) withDefaults() (Account, error) {
	switch {
	case a.Token == "":
		return a, errors.New("a token is needed: one that begins with xoxb- or xoxp-")
	case a.Channel == "":
		return a, errors.New("a channel is needed: its name or its id")
	}
	if a.API == "" {
		a.API = DefaultAPI
	}
	if a.CallEvery <= 0 {
		a.CallEvery = DefaultCallEvery
	}
	if a.Timeout <= 0 {
		a.Timeout = DefaultTimeout
	}
	if a.Backoff == (backoff.Backoff{}) {
		a.Backoff = backoff.Backoff{Min: a.CallEvery, Max: unsaidWait * a.CallEvery}
	}
	if a.Logger == nil {
		a.Logger = slog.New(slog.DiscardHandler)
	}
	return a, nil
}
