package blueflood

import (
	"context"
	"log/slog"
	"time"

	"github.com/plumbago/plumbago/metric"
)

// Encoder encodes again and again.
type Encoder struct{ e encoder }

// NewEncoder makes one that judges times by now.
func NewEncoder(o Options, now time.Time) *Encoder {
	o.complete()
	e := newEncoder(o)
	e.start(now)
	return &Encoder{e}
}

// Encode hands each of the bodies that are made of b to each, and returns how many
// points were left out.
func (e *Encoder) Encode(b metric.Batch, each func(body []byte, points int)) (refused int) {
	for rest := b; rest.Points > 0; {
		var part metric.Batch
		part, rest = e.e.fill(rest, func([]byte, reason) { refused++ })
		if part.Points == 0 {
			break
		}
		each(e.e.json, part.Points)
	}
	return refused
}

// PerPoint is what a point has in JSON more than in its line.
func PerPoint(o Options) int {
	o.complete()
	e := newEncoder(o)
	return e.perPoint()
}

// Tokens are a login's, for tests of their own.
type Tokens struct{ t *tokens }

// NewTokens makes tokens with a login that returns an id and how long it lives.
func NewTokens(login func(context.Context) (id string, life time.Duration, err error), log *slog.Logger) Tokens {
	return Tokens{&tokens{
		login: func(ctx context.Context) (token, error) {
			id, life, err := login(ctx)
			return token{id: id, life: life}, err
		},
		timeout: defaultTimeout, metrics: newMetrics(nil, ""), log: log, turn: make(chan struct{}, 1),
	}}
}

// Get returns the id of a token.
func (t Tokens) Get(ctx context.Context) (string, error) {
	got, err := t.t.get(ctx)
	return got.id, err
}

// Reject says that the far end does not take a token.
func (t Tokens) Reject(id string) { t.t.reject(token{id: id}) }

// Login logs in as a says, and returns the token, whose it is and how long it lives.
func Login(ctx context.Context, a Auth) (id, tenant string, life time.Duration, err error) {
	a, err = a.check()
	if err != nil {
		return "", "", 0, err
	}
	login, err := newLogin(a, Options{})
	if err != nil {
		return "", "", 0, err
	}
	t, err := login(ctx)
	return t.id, t.tenant, t.life, err
}

// CheckAuth returns the version and URL that a comes to.
func CheckAuth(a Auth) (version, url string, err error) {
	a, err = a.check()
	return a.Version, a.URL, err
}
