package certs

import (
	"crypto/tls"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// Server says how TLS clients are answered.
type Server struct {
	Cert, Key string // files in PEM: the certificate with those that lead to its authority, and its key

	ClientCA   string // a file of authorities; with it clients are asked for a certificate
	ClientAuth string // "require" (the default with ClientCA) or "request": those without one may come in too

	MinVersion string // "1.2" or "1.3"; "1.2" unless given

	// Silent is for protocols in which the server says nothing. It sends no session
	// tickets then: a client that writes and leaves would not read them, for which
	// its kernel resets the connection, and what it wrote last may be lost.
	Silent bool
}

// lookEvery is how often handshakes look whether the files have changed.
const lookEvery = 2 * time.Second

// Identity is a server's files in force. They are read again when they change, at
// most a few seconds later; connections that are open stay. All its methods may be
// called at once.
type Identity struct {
	// Changed is told once of each change of the files that was noticed without
	// Refresh: nil if they are in force now, else why those before stay so. It is
	// set before the first handshake, and may be nil.
	Changed func(error)

	server Server
	config *tls.Config
	force  atomic.Pointer[papers]
	opened time.Time
	next   atomic.Int64 // when the files are looked at again, in nanoseconds since opened

	mu    sync.Mutex // one reads at a time
	seen  []stamp    // of the files as they were read last
	wrong string     // what was then wrong with them
}

// Open reads the files of s.
func Open(s Server) (*Identity, error) {
	i := &Identity{server: s, opened: time.Now(), seen: s.stamps()}
	p, err := s.read()
	if err != nil {
		return nil, err
	}
	i.force.Store(p)
	i.next.Store(int64(lookEvery))
	i.config = &tls.Config{MinVersion: p.config.MinVersion, SessionTicketsDisabled: s.Silent, GetCertificate: i.certificate}
	if s.ClientCA != "" {
		i.config.GetConfigForClient = i.configForClient
	}
	return i, nil
}

// Config is for crypto/tls and net/http servers; it stays valid as files change.
// With a ClientCA no protocol is negotiated by ALPN, so that HTTP is HTTP/1.1.
func (i *Identity) Config() *tls.Config { return i.config }

// Refresh reads the files again now. On an error those in force before stay so.
func (i *Identity) Refresh() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	_, err := i.read()
	return err
}

// NotAfter is when the certificate in force expires.
func (i *Identity) NotAfter() time.Time { return i.current().notAfter }

func (i *Identity) certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return &i.current().config.Certificates[0], nil
}

func (i *Identity) configForClient(*tls.ClientHelloInfo) (*tls.Config, error) {
	return i.current().config, nil
}

// current returns what is in force, and looks at the files if it is time to.
func (i *Identity) current() *papers {
	now, next := time.Since(i.opened), i.next.Load()
	if int64(now) >= next && i.next.CompareAndSwap(next, int64(now+lookEvery)) {
		i.look()
	}
	return i.force.Load()
}

// look reads the files if they have changed, or could not be used when they
// were read last: what cured that need not show in their stamps.
func (i *Identity) look() {
	i.mu.Lock()
	changed, err := false, error(nil)
	if i.wrong != "" || !same(i.seen, i.server.stamps()) {
		changed, err = i.read()
	}
	i.mu.Unlock()
	if changed && i.Changed != nil {
		i.Changed(err)
	}
}

// read reads the files. It reports a change unless they are as wrong as before.
func (i *Identity) read() (changed bool, err error) {
	seen, before := i.seen, i.wrong
	i.seen = i.server.stamps() // before reading, so that a later change shows
	p, err := i.server.read()
	if err != nil {
		i.wrong = err.Error()
		return i.wrong != before || !same(seen, i.seen), err
	}
	i.force.Store(p)
	i.wrong = ""
	return true, nil
}

// settings returns how clients are met, and what is wrong with s beside its files.
func (s Server) settings() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, SessionTicketsDisabled: s.Silent}
	switch s.MinVersion {
	case "", "1.2":
	case "1.3":
		c.MinVersion = tls.VersionTLS13
	default:
		return nil, unknownWord("min_version", s.MinVersion, "1.2 or 1.3")
	}
	switch {
	case s.ClientCA == "" && s.ClientAuth != "":
		return nil, errors.New("client_auth without client_ca: say whose certificates are good")
	case s.ClientCA == "":
	case s.ClientAuth == "" || s.ClientAuth == "require":
		c.ClientAuth = tls.RequireAndVerifyClientCert
	case s.ClientAuth == "request":
		c.ClientAuth = tls.VerifyClientCertIfGiven
	default:
		return nil, unknownWord("client_auth", s.ClientAuth, "require or request")
	}
	return c, nil
}
