package hostedgraphite

import (
	"context"
	"net/http"
	"net/url"

	"github.com/plumbago/plumbago/internal/post"
)

// clients are the two ways to post: compressed, as long as nothing speaks against
// it, and plain. No document says that the sink takes compressed bodies, and one
// that does not finds no points in them.
type clients struct {
	packed, plain *post.Client
	packing       packing
}

// packing is what is known of compressed bodies.
type packing int

const (
	untried packing = iota // the far end has taken none yet
	proven                 // it has
	off                    // it takes none, or is to get none
)

func newClients(o Options) (clients, error) {
	c := clients{}
	if o.Plain {
		c.packing = off
	}
	base := post.Options{URL: withPath(o.URL), TLS: o.TLS, Timeout: o.Timeout, Agent: agent}
	var err error
	if c.plain, err = post.New(base); err != nil {
		return c, err
	}
	base.Gzip = true
	c.packed, err = post.New(base)
	return c, err
}

// withPath gives a URL the path of the sink unless it has one.
func withPath(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Path != "" && u.Path != "/" {
		return text
	}
	u.Path = sinkPath
	return u.String()
}

// current is the client to use.
func (c *clients) current() *post.Client {
	if c.packing == off {
		return c.plain
	}
	return c.packed
}

func (c *clients) close() {
	c.packed.Close()
	c.plain.Close()
}

// ask posts lines and returns the answer. While it is not known whether the far end
// takes compressed bodies, what it finds fault with is posted plain as well, and
// that answer counts.
func (d *Destination) ask(ctx context.Context, lines []byte) (post.Answer, error) {
	a, err := d.post(ctx, d.current(), lines)
	if err != nil || d.packing != untried {
		return a, err
	}
	if isTaken(a) {
		d.packing = proven
		return a, nil
	}
	if !isFault(a) {
		return a, nil
	}
	a, err = d.post(ctx, d.plain, lines)
	if err == nil && isTaken(a) {
		d.packing = off
		d.packed.Close()
		d.log.Info("the far end takes no compressed bodies: they go plain from now on")
	}
	return a, err
}

func (d *Destination) post(ctx context.Context, c *post.Client, lines []byte) (post.Answer, error) {
	a, err := c.Post(ctx, "", d.header, lines)
	d.requests.Count(a.Status)
	return a, err
}

// isFault reports whether a finds fault with the body, which may be for its form.
func isFault(a post.Answer) bool {
	switch a.Status {
	case http.StatusBadRequest, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		return true
	}
	return false
}
