// Package post sends bodies to one HTTP server: over one connection that is kept
// alive, compressed, with time-outs, and with answers read within bounds.
//
// It drives its connection itself, by HTTP/1.1: so it can connect before there is
// anything to send, knows at once when an idle connection dies, and takes an answer
// that comes before the server has read the body. Redirects are not followed. The
// http:// proxies that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name are used.
package post

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/plumbago/plumbago/internal/certs"
)

// Options say where to post to and how.
type Options struct {
	URL     string        // http:// or https://, without user information
	TLS     certs.Client  // of https
	Timeout time.Duration // of a whole request, its answer included; 30 s if 0
	Gzip    bool          // compress bodies
	Coding  string        // how bodies are compressed already, as Content-Encoding says it; not with Gzip
	Agent   string        // User-Agent
}

const defaultTimeout = 30 * time.Second

// Client posts to one server. One goroutine at a time uses it.
type Client struct {
	timeout time.Duration
	dialer  *dialer
	request *request
	squeeze *squeeze      // nil: bodies go as they are
	conn    *conn         // nil without one
	broken  chan struct{} // closed by conn
}

// New checks the options and reads the files they name. It does not connect.
func New(o Options) (*Client, error) {
	target, err := parseURL(o.URL)
	if err != nil {
		return nil, err
	}
	dialer, err := newDialer(target, o.TLS)
	if err != nil {
		return nil, err
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	c := &Client{timeout: o.Timeout, dialer: dialer, broken: make(chan struct{})}
	c.request = newRequest(target, o, dialer.proxy)
	if o.Gzip {
		c.squeeze = newSqueeze()
	}
	return c, nil
}

// Connect makes the connection, or fails within ctx. A Post makes it too. It does
// nothing while there is one.
func (c *Client) Connect(ctx context.Context) error {
	if c.connected() {
		return nil
	}
	c.Close()
	stream, tcp, err := c.dialer.dial(ctx)
	if err != nil {
		return err
	}
	if isClosed(c.broken) {
		c.broken = make(chan struct{})
	}
	c.conn = newConn(stream, tcp, c.broken)
	return nil
}

func (c *Client) connected() bool { return c.conn != nil && !c.conn.isOver() }

// Post sends body to path below the URL ("" for the URL itself) with the given
// headers beside its own. The path is escaped as in a URL; a query is the URL's. An
// error is one of the connection or of time: errors hold neither headers nor body.
//
// What went over a kept connection that ended before anything of an answer came is
// sent once more over a new one: the server may get it twice.
func (c *Client) Post(ctx context.Context, path string, header http.Header, body []byte) (Answer, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeout, late(c.timeout))
	defer cancel()
	if c.squeeze != nil {
		body = c.squeeze.gzip(body)
	}
	head := c.request.head(path, header, len(body))
	kept := c.connected()
	answer, err := c.try(ctx, head, body)
	if kept && isUnheard(err) && ctx.Err() == nil {
		answer, err = c.try(ctx, head, body)
	}
	return answer, err
}

// try makes one request, on a connection that is there or on a new one.
func (c *Client) try(ctx context.Context, head, body []byte) (Answer, error) {
	if err := c.Connect(ctx); err != nil {
		return Answer{}, err
	}
	answer, err := c.conn.exchange(ctx, head, body)
	if c.conn.isOver() {
		c.Close()
	}
	if err != nil {
		return Answer{}, fmt.Errorf("post to %s: %w", c.dialer.far, withCause(ctx, c.dialer.explain(err)))
	}
	return answer, nil
}

// Broken is closed when the idle connection is known to be gone: its server ended it
// unannounced, or the network did. After the Connect or Post that follows it is
// another channel. A server that announces in an answer that it closes breaks
// nothing: the next Post connects again.
func (c *Client) Broken() <-chan struct{} { return c.broken }

// Cause says why the connection is gone, once Broken is closed and before what
// follows that: nil if the server just closed it.
func (c *Client) Cause() error {
	if c.conn == nil {
		return nil
	}
	if cause := c.conn.ended(); cause != nil {
		return fmt.Errorf("connection to %s: %w", c.dialer.far, c.dialer.explain(cause))
	}
	return nil
}

// Close closes the connection. A Post makes a new one.
func (c *Client) Close() {
	if c.conn != nil {
		c.conn.close()
		c.conn = nil
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
