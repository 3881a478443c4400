package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/plumbago/plumbago/internal/secret"
)

const (
	// maxAnswer bounds what is read of an answer.
	maxAnswer = 32 << 20
	// unsaidWait is how many calls' time to wait where Slack limits them without
	// saying for how long: a minute, at its limits.
	unsaidWait = 50
)

// client calls Slack's methods with one token. A method that Slack limits waits
// for as long as Slack wishes, whoever calls it.
type client struct {
	base    string
	token   Token
	traces  secret.Traces // of the token
	unsaid  time.Duration
	http    *http.Client
	mu      sync.Mutex
	blocked map[string]time.Time // until when, by method
}

func newClient(a Account, token Token) *client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 4
	return &client{
		base: strings.TrimSuffix(a.API, "/") + "/", token: token, traces: secret.Of(string(token)), unsaid: unsaidWait * a.CallEvery,
		http: &http.Client{
			Transport: transport, Timeout: a.Timeout,
			CheckRedirect: func(*http.Request, []*http.Request) error {
				return errors.New("redirected: the address is not Slack's")
			},
		},
		blocked: map[string]time.Time{},
	}
}

// close gives back idle connections.
func (c *client) close() { c.http.CloseIdleConnections() }

// call calls a method and decodes its answer into out, which may be nil. It waits
// while the method is limited. Its errors are of type *Error where Slack said what is
// wrong, and hold no token.
func (c *client) call(ctx context.Context, method string, form url.Values, out any) error {
	if err := c.await(ctx, method); err != nil {
		return err
	}
	err := c.try(ctx, method, form, out)
	var e *Error
	if errors.As(err, &e) && e.RetryAfter > 0 {
		c.mu.Lock()
		c.blocked[method] = time.Now().Add(e.RetryAfter)
		c.mu.Unlock()
	}
	return err
}

// await waits until a method may be called again. Where ctx does not last so long it
// says at once for how long that is.
func (c *client) await(ctx context.Context, method string) error {
	c.mu.Lock()
	wait := time.Until(c.blocked[method])
	c.mu.Unlock()
	if end, ok := ctx.Deadline(); ok && time.Until(end) < wait {
		return &Error{Method: method, Code: "ratelimited", Status: http.StatusTooManyRequests, RetryAfter: wait}
	}
	return sleep(ctx, wait)
}

func (c *client) try(ctx context.Context, method string, form url.Values, out any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+method, strings.NewReader(form.Encode()))
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "Bearer "+string(c.token))
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("%s: %w", method, c.safe(err))
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("%s: read the answer: %w", method, c.safe(err))
	}
	if err := c.refusal(method, resp, body); err != nil {
		return err
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("%s: the answer is not as documented: %w", method, c.safe(err))
	}
	return nil
}

// head is what all answers have in common.
type head struct {
	OK       bool   `json:"ok"`
	Error    string `json:"error"`
	Needed   string `json:"needed"`
	Provided string `json:"provided"`
}

// refusal returns what is wrong with an answer, nil if nothing is. Only an answer
// that says ok is one: Slack refuses with status 200, sometimes without a word.
func (c *client) refusal(method string, resp *http.Response, body []byte) error {
	if resp.StatusCode == http.StatusTooManyRequests {
		return &Error{Method: method, Code: "ratelimited", Status: resp.StatusCode, RetryAfter: c.wish(resp)}
	}
	if resp.StatusCode != http.StatusOK {
		return &Error{Method: method, Status: resp.StatusCode}
	}
	var h head
	if err := json.Unmarshal(body, &h); err != nil {
		return fmt.Errorf("%s: the answer is no JSON", method)
	}
	if h.OK {
		return nil
	}
	e := &Error{Method: method, Code: c.mask(h.Error), Status: resp.StatusCode, Needed: c.mask(h.Needed), Provided: c.mask(h.Provided)}
	if e.limited() {
		e.RetryAfter = c.wish(resp)
	}
	return e
}

// wish is how long Slack wants not to be called.
func (c *client) wish(resp *http.Response) time.Duration {
	if n, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && n > 0 {
		return min(time.Duration(n)*time.Second, time.Hour)
	}
	return c.unsaid
}

// mask takes the token out of what came from outside.
func (c *client) mask(text string) string { return c.traces.Hide(text) }

// safe takes out of an error of the transport what may hold a secret: the address,
// where a proxy's password can be.
func (c *client) safe(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	if text := err.Error(); c.mask(text) != text {
		return errors.New(c.mask(text))
	}
	return err
}

// sleep waits for d, or until ctx is done.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// unbounded is a client for connections that last.
func (c *client) unbounded() *http.Client { return &http.Client{Transport: c.http.Transport} }

// hide says err without the token and without address, which holds a ticket.
func (c *client) hide(err error, address string) string {
	text := c.mask(c.safe(err).Error())
	if u, err := url.Parse(address); err == nil && u.RawQuery != "" {
		text = strings.ReplaceAll(strings.ReplaceAll(text, address, u.Host), u.RawQuery, "***")
	}
	return text
}
