package receive

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// patience is how long each step of entering may take.
type patience struct {
	proxy     time.Duration // a trusted proxy's header
	handshake time.Duration
}

// enter does what comes before the first point: a proxy's header, the handshake,
// and the question whose the points will be. What it holds is small, however many
// never come to an end with it.
func (k *conn) enter() error {
	if k.stream != nil {
		k.in.log.Debug("taken over", "peer", k.from.String())
		return nil
	}
	ahead, err := k.hear()
	switch {
	case errors.Is(err, errYielded):
		k.ahead = ahead
		return err
	case err != nil && k.stops():
		return errStopped
	case err != nil:
		return err
	}
	k.in.log.Debug("connected", "peer", k.from.String())
	shown, err := k.secure(ahead)
	if err != nil {
		return err
	}
	k.shown = shown
	k.begin()
	k.entered()
	return nil
}

// begin makes the stream of a connection that has entered.
func (k *conn) begin() {
	k.stream = newStream(k.in, k, sender{k.from, k.in.visit(addrOf(k.from), k.shown)})
}

// hear reads the header of a trusted proxy, and returns what was read behind it.
func (k *conn) hear() (ahead []byte, err error) {
	if !k.in.trusts(addrOf(k.from)) {
		return k.ahead, nil
	}
	k.grant(k.in.patience.proxy)
	socket := &lateReader{Reader: k.c}
	named, ahead, err := readProxy(io.MultiReader(bytes.NewReader(k.ahead), socket))
	if socket.late && k.in.yielding.Load() {
		return ahead, errYielded
	}
	if named != nil {
		k.from = named
	}
	return ahead, err
}

// lateReader notes that a read came to its deadline.
type lateReader struct {
	io.Reader
	late bool
}

func (r *lateReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.late = r.late || errors.Is(err, os.ErrDeadlineExceeded)
	return n, err
}

// secure shakes hands with a TLS client, and returns the certificate that it
// showed, if it was asked for one. ahead is what was read of the socket before.
func (k *conn) secure(ahead []byte) (shown *x509.Certificate, err error) {
	if k.in.cert == nil {
		k.socket = behind(ahead, newSource(k.c))
		return nil, nil
	}
	k.grant(k.in.patience.handshake)
	c := &cable{Conn: k.c, ahead: ahead}
	t := tls.Server(c, k.in.cert.Config())
	if err := t.Handshake(); err != nil {
		return nil, k.noHandshake(err, c.first[:c.seen])
	}
	c.open = true
	k.tls, k.cable, k.socket = t, c, newSealedSource(t, c, func() []byte { return k.stream.ahead() })
	if state := t.ConnectionState(); len(state.VerifiedChains) > 0 {
		shown = state.PeerCertificates[0]
	}
	return shown, nil
}

// handshakeError ends a connection that does not become one of TLS.
type handshakeError struct{ why error }

func (e *handshakeError) Error() string { return e.why.Error() }

// noHandshake says what a handshake's error means. Who comes and goes without a
// byte, as load balancers do to see whether somebody is there, made no mistake.
func (k *conn) noHandshake(err error, first []byte) error {
	switch {
	case k.stops():
		return errStopped
	case len(first) > 0 && first[0] != recordHandshake:
		return &handshakeError{k.in.notTLS(first)}
	case len(first) == 0 && !errors.Is(err, os.ErrDeadlineExceeded):
		return err
	}
	return &handshakeError{k.in.cert.Explain(err)}
}

// notTLS says what the first bytes look like that should have been TLS.
func (in *intake) notTLS(first []byte) error {
	looks := foreign(first)
	if looks == "" && isText(first) {
		looks = "plain text"
	}
	if looks == "" || looks == "TLS" {
		return fmt.Errorf("this is the TLS %s port, and what came is no TLS", in.o.Protocol)
	}
	return fmt.Errorf("this is the TLS %s port, and what came looks like %s", in.o.Protocol, looks)
}

// noHandshake counts a handshake that did not succeed, and logs why.
func (in *intake) noHandshake(why error, peer fmt.Stringer) {
	in.sealed.handshakeErrors.Inc()
	if suppressed, ok := in.handshakes.pass(); ok {
		in.log.Warn("TLS handshake", "peer", peer.String(), "err", why, "suppressed", suppressed)
	}
}

// grant gives the reader so much time for the next step of entering. Once the
// listener stops, what stop gave is all.
func (k *conn) grant(d time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.entering = true
	if !k.stopping {
		_ = k.c.SetDeadline(time.Now().Add(d))
	}
}

// entered ends the time limits of entering. If the listener stops by now, the
// first read begins the drain.
func (k *conn) entered() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.entering {
		return
	}
	k.entering = false
	_ = k.c.SetDeadline(time.Time{})
	if k.stopping {
		_ = k.c.SetReadDeadline(longAgo)
	}
}

func (k *conn) stops() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.stopping
}

// behind is a source of what was read of a socket before, and then of the socket.
func behind(ahead []byte, s source) source {
	if len(ahead) == 0 {
		return s
	}
	return &aheadSource{s, ahead}
}

type aheadSource struct {
	source
	ahead []byte
}

func (a *aheadSource) read(room func() []byte, wait func() error) (int, error) {
	if len(a.ahead) == 0 {
		return a.source.read(room, wait)
	}
	n := copy(room(), a.ahead)
	if a.ahead = a.ahead[n:]; len(a.ahead) == 0 {
		a.ahead = nil
	}
	return n, nil
}
