package admin

import (
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// mostConns is how many connections a door has at once. More wait in the kernel: they
// cost no descriptor, which the queues and files need.
const mostConns = 256

// places is a listener of a bounded number of connections.
type places struct {
	net.Listener
	taken  chan struct{}
	closed chan struct{}
	once   sync.Once
}

func withPlaces(l net.Listener) *places {
	return &places{Listener: l, taken: make(chan struct{}, mostConns), closed: make(chan struct{})}
}

// Accept implements net.Listener. It waits for a place.
func (p *places) Accept() (net.Conn, error) {
	select {
	case p.taken <- struct{}{}:
	case <-p.closed:
		return nil, net.ErrClosed
	}
	c, err := p.Listener.Accept()
	if err != nil {
		<-p.taken
		return nil, err
	}
	return &placed{Conn: c, leave: sync.OnceFunc(func() { <-p.taken })}, nil
}

// Close implements net.Listener.
func (p *places) Close() error {
	p.once.Do(func() { close(p.closed) })
	return p.Listener.Close()
}

// placed is a connection that has a place.
type placed struct {
	net.Conn
	leave func()
}

// Close implements net.Conn.
func (p *placed) Close() error {
	defer p.leave()
	return p.Conn.Close()
}

// prompt has questions come in time, all of them.
func prompt(r *http.Request, answer *http.ResponseController) {
	if r.Body == http.NoBody {
		return
	}
	_ = answer.SetReadDeadline(time.Now().Add(patience)) // where there can be one
	r.Body = &promptBody{r.Body, answer}
}

// promptBody is what comes behind the head of a question. When all of it is there,
// nothing more has to come in time.
type promptBody struct {
	io.ReadCloser
	answer *http.ResponseController
}

// Read implements io.Reader.
func (b *promptBody) Read(p []byte) (n int, err error) {
	n, err = b.ReadCloser.Read(p)
	if err == io.EOF {
		_ = b.answer.SetReadDeadline(time.Time{})
	}
	return n, err
}
