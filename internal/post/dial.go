package post

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"

	"github.com/plumbago/plumbago/internal/certs"
)

// dialer connects to one server, through a proxy if the environment names one.
type dialer struct {
	far    string // host:port
	client certs.Client
	config *tls.Config // nil for http
	proxy  *url.URL    // nil without one
	dialer net.Dialer
}

func newDialer(target *url.URL, c certs.Client) (*dialer, error) {
	proxy, err := proxyFor(target)
	if err != nil {
		return nil, err
	}
	d := &dialer{far: hostPort(target), client: c, proxy: proxy}
	if target.Scheme == "https" {
		d.config, err = c.Config(target.Hostname())
		return d, err
	}
	if c != (certs.Client{}) {
		return nil, errors.New("a URL of http:// has no TLS, but there are settings for it: write https://")
	}
	return d, nil
}

// proxyFor returns nil if there is none. Errors show nothing of it: its URL may
// hold a password.
func proxyFor(target *url.URL) (*url.URL, error) {
	p, err := http.ProxyFromEnvironment(&http.Request{URL: target})
	switch {
	case err != nil:
		return nil, errors.New("the proxy that the environment names is no URL")
	case p != nil && (p.Scheme != "http" || p.Hostname() == ""):
		return nil, fmt.Errorf("the proxy that the environment names is %s://: only http:// is spoken", p.Scheme)
	}
	return p, nil
}

// hostPort is what u is connected to at.
func hostPort(u *url.URL) string {
	port := u.Port()
	switch {
	case port != "":
	case u.Scheme == "https":
		port = "443"
	default:
		port = "80"
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// dial returns a connection ready for requests, and the TCP connection below it. It
// returns within ctx.
func (d *dialer) dial(ctx context.Context) (stream, tcp net.Conn, err error) {
	first := d.far
	if d.proxy != nil {
		first = hostPort(d.proxy)
	}
	tcp, err = d.dialer.DialContext(ctx, "tcp", first)
	if err != nil {
		return nil, nil, fmt.Errorf("connect to %s: %w", first, bare(err))
	}
	if stream, err = d.prepare(ctx, tcp); err != nil {
		tcp.Close()
		return nil, nil, err
	}
	return stream, tcp, nil
}

// bare leaves out what net says of where it dialled.
func bare(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}

func (d *dialer) prepare(ctx context.Context, tcp net.Conn) (net.Conn, error) {
	if d.config == nil {
		return tcp, nil
	}
	if d.proxy != nil {
		if err := d.tunnel(ctx, tcp); err != nil {
			return nil, fmt.Errorf("connect to %s through the proxy %s: %w", d.far, hostPort(d.proxy), withCause(ctx, err))
		}
	}
	k := tls.Client(tcp, d.config)
	if err := k.HandshakeContext(ctx); err != nil {
		return nil, fmt.Errorf("TLS with %s: %w", d.far, d.explainHandshake(err))
	}
	return k, nil
}

// tunnel asks the proxy to connect to the server.
func (d *dialer) tunnel(ctx context.Context, tcp net.Conn) error {
	stop := context.AfterFunc(ctx, func() { tcp.Close() })
	defer stop()
	h := http.Header{"Host": {d.far}}
	authorize(h, d.proxy)
	w := bufio.NewWriter(tcp)
	w.WriteString("CONNECT " + d.far + " HTTP/1.1\r\n")
	h.Write(w)
	w.WriteString("\r\n")
	if err := w.Flush(); err != nil {
		return hangup(err)
	}
	s := &source{r: tcp, left: maxHead}
	// A TLS server waits for its client's first word, so that nothing of it is read here.
	answer, err := http.ReadResponse(bufio.NewReader(s), &http.Request{Method: http.MethodConnect})
	switch {
	case err != nil && errors.Is(s.err, io.EOF):
		return unheard{}
	case err != nil:
		return s.explain()
	case answer.StatusCode != http.StatusOK:
		return fmt.Errorf("it answers with status %d", answer.StatusCode)
	}
	return nil
}

func (d *dialer) explainHandshake(err error) error {
	sentence, permanent := d.client.Explain(err, d.config)
	if permanent {
		return permanentError{sentence}
	}
	return sentence
}

// explain says what a server's alert meant.
func (d *dialer) explain(err error) error {
	if d.config == nil {
		return err
	}
	return d.client.ExplainAlert(err, d.config)
}
