package blueflood

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/plumbago/plumbago/internal/certs"
)

// newLogin returns what logs in as a says, which is checked.
func newLogin(a Auth, o Options) (func(context.Context) (token, error), error) {
	if a.TLS == (certs.Client{}) {
		a.TLS = o.TLS
		a.TLS.ServerName, a.TLS.InsecureSkipVerify = "", false
	}
	c, err := newCaller(a)
	if err != nil {
		return nil, err
	}
	if a.Version == version3 {
		return (&keystone3{c}).login, nil
	}
	return (&keystone2{c}).login, nil
}

// caller calls an identity service.
type caller struct {
	auth   Auth
	client *http.Client
	config *tls.Config // nil without TLS
}

// newCaller makes one that keeps no connections, since logins are rare, and follows
// no redirections, since what it posts is secret.
func newCaller(a Auth) (*caller, error) {
	u, err := url.Parse(a.URL)
	if err != nil {
		return nil, err
	}
	c := &caller{auth: a}
	if u.Scheme == "https" {
		if c.config, err = a.TLS.Config(u.Hostname()); err != nil {
			return nil, fmt.Errorf("auth: %w", err)
		}
	}
	c.client = &http.Client{
		Transport: bounded{&http.Transport{
			Proxy: http.ProxyFromEnvironment, TLSClientConfig: c.config, DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10,
		}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c, nil
}

// explain says why there was no answer.
func (c *caller) explain(err error) error {
	permanent := false
	if c.config != nil {
		err, permanent = c.auth.TLS.Explain(err, c.config)
	}
	var u *url.Error // which tells the URL again
	if errors.As(err, &u) {
		err = u.Err
	}
	err = fmt.Errorf("log in at %s: %w", c.auth.URL, err)
	if permanent {
		return loginRefused{err}
	}
	return err
}

// bounded bounds what is read of an answer.
type bounded struct{ http.RoundTripper }

const maxLoginAnswer = 1 << 20

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := b.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(answer.Body, maxLoginAnswer), answer.Body}
	return answer, nil
}

// message returns what an identity service says in an answer of either version,
// without secrets.
func (c *caller) message(text []byte) string {
	var body map[string]struct{ Message string }
	if json.Unmarshal(text, &body) == nil {
		for _, v := range body {
			return shorten(hide(v.Message, c.auth.secrets()...))
		}
	}
	return ""
}

// wish is how long a far end asks to wait.
func wish(h http.Header) time.Duration {
	seconds, _ := strconv.ParseUint(h.Get("Retry-After"), 10, 16)
	return time.Duration(seconds) * time.Second
}

// dateOr returns the time at which an answer was given, now by our clock, by that of
// the far end: which is ours, unless it shows quite another time.
func dateOr(h http.Header, now time.Time) time.Time {
	date, err := http.ParseTime(h.Get("Date"))
	if off := date.Sub(now); err != nil || -2*time.Second < off && off < time.Second {
		return now
	}
	return date.Add(time.Second) // it leaves out what is less than one
}

var errNoToken = errors.New("log in: the answer holds no token: check `url` and `version` of `auth`")

// live returns the token, unless it is dead.
func (t token) live() (token, error) {
	if t.life <= 0 {
		return token{}, errors.New("log in: the token that came has expired: compare the clocks")
	}
	return t, nil
}
