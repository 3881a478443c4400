package blueflood

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/plumbago/plumbago/internal/post"
)

const (
	maxTTL     = (1<<31 - 2) * time.Second // one more fails the whole request
	maxMaxBody = 1 << 20                   // larger bodies get no answer at all
	minMaxBody = 1 << 10
)

// check holds the options to what the far end takes, and returns its base URL.
func (o *Options) check() (base string, err error) {
	switch {
	case o.Tenant == "" && !o.Tenants:
		return "", errNoTenant
	case o.Tenant == "." || o.Tenant == ".." || !isNode(o.Tenant):
		return "", fmt.Errorf("tenant %q: this can be no part of a URL", o.Tenant)
	case !isNode(o.Prefix):
		return "", fmt.Errorf("prefix %q: a metric name can hold no blanks, no control characters and nothing but UTF-8", o.Prefix)
	case o.TTL < time.Second || o.TTL > maxTTL:
		return "", fmt.Errorf("ttl %v: the far end takes from 1 to %d seconds", o.TTL, maxTTL/time.Second)
	case o.MaxBody < minMaxBody || o.MaxBody > maxMaxBody:
		return "", fmt.Errorf("batch of %d bytes: want %d to %d; a Blueflood gives larger bodies no answer", o.MaxBody, minMaxBody, maxMaxBody)
	case o.Interval < 0 || o.Timeout < 0 || o.Past < 0 || o.Ahead < 0:
		return "", errors.New("interval, timeout, past, ahead: a time cannot be negative")
	}
	return baseOf(o.URL), nil
}

// isNode reports whether text can be a part of a name and of a path.
func isNode(text string) bool {
	unfit := func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == '/' }
	return utf8.ValidString(text) && !strings.ContainsFunc(text, unfit)
}

// baseOf leaves out of a URL what is added to it.
func baseOf(text string) string {
	return strings.TrimSuffix(strings.TrimRight(text, "/"), "/v2.0")
}

// warn tells of what leaves points or tokens open to others.
func warn(o Options) {
	u, err := url.Parse(o.URL)
	if err != nil {
		return
	}
	switch {
	case o.TLS.InsecureSkipVerify:
		o.Logger.Warn("the far end's certificate is not verified: whoever gets between can read and change everything", "addr", u.Host)
	case o.Auth != nil && u.Scheme == "http" && !post.IsLocal(u.Hostname()):
		o.Logger.Warn("the token is sent without TLS: whoever gets between can read it", "addr", u.Host)
	}
	if o.Auth == nil {
		return
	}
	if u, err := url.Parse(o.Auth.URL); err == nil && u.Scheme == "http" && !post.IsLocal(u.Hostname()) {
		o.Logger.Warn("the login is sent without TLS: whoever gets between can read it", "addr", u.Host)
	}
}
