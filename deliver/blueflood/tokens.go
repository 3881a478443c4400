package blueflood

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/plumbago/plumbago/deliver"
)

// token is what an identity service gave.
type token struct {
	id     string
	tenant string        // whose it is; "" if that was not said
	life   time.Duration // from the login on
}

// tokens keeps a token and renews it when 90 % of its life is over: whoever needs it
// next logs in, and those who need it meanwhile wait for the outcome. All its
// methods may be called at once.
type tokens struct {
	auth    Auth
	login   func(context.Context) (token, error)
	timeout time.Duration // of a login
	metrics metrics
	log     *slog.Logger
	turn    chan struct{} // held by who logs in

	mu      sync.Mutex
	current token     // no id: there is none
	renew   time.Time // when to log in again
	expires time.Time
	latest  string // id of the token, even if it was rejected
	logins  int    // that have ended
	err     error  // of the last of them
}

func newTokens(o Options, m metrics) (*tokens, error) {
	auth, err := o.Auth.check()
	if err != nil {
		return nil, err
	}
	t := &tokens{auth: auth, timeout: o.Timeout, metrics: m, log: o.Logger, turn: make(chan struct{}, 1)}
	if t.login, err = newLogin(auth, o); err != nil {
		return nil, errors.New(hide(err.Error(), auth.secrets()...))
	}
	return t, nil
}

// get returns a token that is good as far as is known.
func (t *tokens) get(ctx context.Context) (token, error) {
	now, fresh, seen := t.state()
	if fresh {
		return now, nil
	}
	select {
	case t.turn <- struct{}{}:
	case <-ctx.Done():
		return token{}, fmt.Errorf("log in: %w", context.Cause(ctx))
	}
	defer func() { <-t.turn }()
	now, fresh, ended := t.state()
	switch {
	case fresh:
		return now, nil
	case ended > seen && t.failure() != nil: // it was tried while this one waited
		return token{}, t.failure()
	}
	return t.obtain(ctx)
}

// state returns the token, whether it can be used without more ado, and how many
// logins have ended.
func (t *tokens) state() (_ token, fresh bool, logins int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.current, t.current.id != "" && time.Now().Before(t.renew), t.logins
}

func (t *tokens) failure() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

// obtain logs in. Should that fail, a token that has not expired is used on.
func (t *tokens) obtain(ctx context.Context) (token, error) {
	bounded, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	began := time.Now()
	fresh, err := t.login(bounded)
	if err != nil && ctx.Err() != nil {
		return token{}, fmt.Errorf("log in: %w", context.Cause(ctx)) // this says nothing to others
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.logins++
	if t.err = err; err == nil {
		t.metrics.logins.Inc()
		t.latest = fresh.id
		t.current, t.expires = fresh, began.Add(fresh.life)
		t.renew = began.Add(fresh.life - fresh.life/10)
		return fresh, nil
	}
	t.metrics.failed.Inc()
	left := time.Until(t.expires)
	if t.current.id == "" || left <= 0 {
		return token{}, err
	}
	t.renew = time.Now().Add(min(left/4, time.Minute))
	t.log.Warn("token not renewed: the old one is used until it expires", "err", err, "retry_in", min(left/4, time.Minute))
	return t.current, nil
}

// reject says that the far end does not take a token.
func (t *tokens) reject(bad token) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current.id == bad.id {
		t.current.id = ""
	}
}

// shown returns the token that the far end may have seen last.
func (t *tokens) shown() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.latest
}

// loginRefused is an error that only a person can cure.
type loginRefused struct{ error }

func (e loginRefused) Unwrap() error { return e.error }

// loginError returns what an answer other than a token means.
func loginError(code int, said string, after time.Duration) error {
	if said == "" {
		said = http.StatusText(code)
	}
	err := fmt.Errorf("log in: the identity service answers: %d %s", code, said)
	switch {
	case code == http.StatusRequestTimeout, code == http.StatusTooManyRequests, code >= 500 && code != http.StatusNotImplemented:
		return deliver.RetryAfter(err, after)
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return loginRefused{fmt.Errorf("%w: check `auth`", err)}
	}
	return loginRefused{fmt.Errorf("%w: check `url` and `version` of `auth`", err)}
}
