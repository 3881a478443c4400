package certs_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plumbago/plumbago/internal/certs"
	"github.com/plumbago/plumbago/internal/certs/certstest"
)

// shake has a client and a server meet, and returns what each saw.
func shake(t *testing.T, id *certs.Identity, client *tls.Config) (seen tls.ConnectionState, serverErr error) {
	t.Helper()
	near, far := pair(t)
	s, c := tls.Server(far, id.Config()), tls.Client(near, client)
	done := make(chan error, 1)
	go func() {
		err := s.Handshake()
		if err == nil {
			_, err = s.Write([]byte("."))
		}
		far.Close()
		done <- err
	}()
	_, _ = io.ReadFull(c, make([]byte, 1)) // reads session tickets too
	seen = c.ConnectionState()
	near.Close()
	return seen, <-done
}

// pair returns both ends of a connection.
func pair(t *testing.T) (near, far net.Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if near, err = net.Dial("tcp", ln.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if far, err = ln.Accept(); err != nil {
		t.Fatal(err)
	}
	return near, far
}

// meets wants a client to be shown a certificate of a name.
func meets(t *testing.T, id *certs.Identity, client *tls.Config, name string) {
	t.Helper()
	seen, err := shake(t, id, client)
	if err != nil {
		t.Errorf("got %v, want a handshake", err)
		return
	}
	if got := seen.PeerCertificates[0].Subject.CommonName; got != name {
		t.Errorf("got the certificate of %q, want that of %q", got, name)
	}
}

func open(t *testing.T, s certs.Server) *certs.Identity {
	t.Helper()
	id, err := certs.Open(s)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func serverOf(i *certstest.Issuer, name string, change ...func(*x509.Certificate)) certs.Server {
	cert, key := i.Issue(name, change...)
	return certs.Server{Cert: cert, Key: key}
}

func write(t *testing.T, file string, text []byte) string {
	t.Helper()
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func contents(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestOpenSaysWhatIsWrongWithTheFiles(t *testing.T) {
	ca := certstest.New(t, "ca")
	good, other := serverOf(ca, "good"), serverOf(ca, "other")
	file := func(name, text string) string { return write(t, filepath.Join(ca.Dir, name), []byte(text)) }
	block, _ := pem.Decode(contents(t, good.Cert))
	der := file("der", string(block.Bytes))
	wrongOrder := file("order", string(contents(t, ca.CA))+string(contents(t, good.Cert)))
	locked := file("locked", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n")
	old := file("old", "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----\n")
	broken := file("broken", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
	tests := []struct {
		name   string
		server certs.Server
		want   []string
	}{
		{"no cert", certs.Server{Key: good.Key}, []string{"a cert and a key"}},
		{"no key", certs.Server{Cert: good.Cert}, []string{"a cert and a key"}},
		{"no such cert", certs.Server{Cert: "/none.crt", Key: good.Key}, []string{"read the certificate", "/none.crt", "no such file"}},
		{"no such key", certs.Server{Cert: good.Cert, Key: "/none.key"}, []string{"read the key", "/none.key"}},
		{"empty", certs.Server{Cert: file("empty", "\n"), Key: good.Key}, []string{`/empty"`, "it is empty"}},
		{"text", certs.Server{Cert: file("text", "hello"), Key: good.Key}, []string{`/text"`, "BEGIN CERTIFICATE"}},
		{"DER", certs.Server{Cert: der, Key: good.Key}, []string{`/der"`, "-inform der"}},
		{"exchanged", certs.Server{Cert: good.Key, Key: good.Cert}, []string{"it holds PRIVATE KEY", "exchanged"}},
		{"certificate as key", certs.Server{Cert: good.Cert, Key: good.Cert}, []string{"no key in PEM", "it holds CERTIFICATE"}},
		{"broken", certs.Server{Cert: broken, Key: good.Key}, []string{`/broken"`, "cannot be read"}},
		{"locked key", certs.Server{Cert: good.Cert, Key: locked}, []string{`/locked"`, "passphrase"}},
		{"locked key of old", certs.Server{Cert: good.Cert, Key: old}, []string{`/old"`, "passphrase"}},
		{"another's key", certs.Server{Cert: good.Cert, Key: other.Key}, []string{"/other.key", "does not belong", "/good.crt", "CN=good"}},
		{"wrong order", certs.Server{Cert: wrongOrder, Key: good.Key}, []string{"belongs to certificate 2", "first"}},
		{"client CA", certs.Server{Cert: good.Cert, Key: good.Key, ClientCA: good.Key}, []string{"client_ca", "no certificate"}},
		{"no such client CA", certs.Server{Cert: good.Cert, Key: good.Key, ClientCA: "/none.ca"}, []string{"client_ca", "/none.ca"}},
		{"client auth alone", certs.Server{Cert: good.Cert, Key: good.Key, ClientAuth: "require"}, []string{"client_auth without client_ca"}},
		{"client auth", certs.Server{Cert: good.Cert, Key: good.Key, ClientCA: ca.CA, ClientAuth: "yes"}, []string{`client_auth is "yes"`, "require or request"}},
		{"version", certs.Server{Cert: good.Cert, Key: good.Key, MinVersion: "1.1"}, []string{`min_version is "1.1"`, "1.2 or 1.3"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := certs.Open(test.server)
			if err == nil {
				t.Fatal("got no error")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %q, want %q in it", err, want)
				}
			}
		})
	}
}

func TestOneFileMayHoldCertificateAndKey(t *testing.T) {
	ca := certstest.New(t, "ca")
	s := serverOf(ca, "good")
	both := write(t, filepath.Join(ca.Dir, "both"), slices.Concat(contents(t, s.Key), contents(t, s.Cert)))
	meets(t, open(t, certs.Server{Cert: both, Key: both}), ca.Trust(), "good")
}

func TestAnExpiredCertificateIsOpened(t *testing.T) {
	ca := certstest.New(t, "ca")
	end := time.Now().Add(-time.Minute).Truncate(time.Second)
	id := open(t, serverOf(ca, "old", func(c *x509.Certificate) { c.NotAfter = end }))
	if got := id.NotAfter(); !got.Equal(end) {
		t.Errorf("got the end %v, want %v", got, end)
	}
}

func TestVersions(t *testing.T) {
	ca := certstest.New(t, "ca")
	tests := []struct {
		least  string
		client uint16
		met    bool
	}{
		{"", tls.VersionTLS11, false}, {"", tls.VersionTLS12, true}, {"1.2", tls.VersionTLS12, true},
		{"1.3", tls.VersionTLS12, false}, {"1.3", tls.VersionTLS13, true},
	}
	for _, test := range tests {
		s := serverOf(ca, "good")
		s.MinVersion = test.least
		client := ca.Trust()
		client.MinVersion, client.MaxVersion = test.client, test.client
		if _, err := shake(t, open(t, s), client); (err == nil) != test.met {
			t.Errorf("at least %q, client %x: got %v, want a handshake: %v", test.least, test.client, err, test.met)
		}
	}
}

// changes are ways in which files are replaced.
var changes = map[string]func(t *testing.T, s, by certs.Server){
	"written over": func(t *testing.T, s, by certs.Server) {
		write(t, s.Cert, contents(t, by.Cert))
		write(t, s.Key, contents(t, by.Key))
	},
	"renamed over": func(t *testing.T, s, by certs.Server) {
		rename(t, by.Cert, s.Cert)
		rename(t, by.Key, s.Key)
	},
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

// told counts what an identity has told of.
type told struct {
	mu   sync.Mutex
	errs []error
}

func (c *told) tell(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.errs = append(c.errs, err)
}

func (c *told) want(t *testing.T, n int, last string) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.errs) != n {
		t.Fatalf("told of %d changes (%v), want %d", len(c.errs), c.errs, n)
	}
	if got := c.errs[n-1]; (last == "") != (got == nil) || got != nil && !strings.Contains(got.Error(), last) {
		t.Errorf("told of %v, want %q", got, last)
	}
}

func TestChangedFilesAreReadAgain(t *testing.T) {
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ca := certstest.New(t, "ca")
				s, next := serverOf(ca, "one"), serverOf(ca, "two")
				id := open(t, s)
				var c told
				id.Changed = c.tell
				meets(t, id, ca.Trust(), "one")
				change(t, s, next)
				meets(t, id, ca.Trust(), "one") // nobody looks so soon
				time.Sleep(3 * time.Second)
				meets(t, id, ca.Trust(), "two")
				time.Sleep(3 * time.Second)
				meets(t, id, ca.Trust(), "two")
				c.want(t, 1, "")
			})
		})
	}
}

// TestALinkThatIsSwappedIsFollowed does what certbot and Kubernetes do: the names
// stay links, and what they lead to is exchanged.
func TestALinkThatIsSwappedIsFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, two := certstest.New(t, "one"), certstest.New(t, "two")
		one.Issue("server")
		two.Issue("server")
		dir := t.TempDir()
		link(t, one.Dir, filepath.Join(dir, "data"))
		link(t, filepath.Join("data", "server.crt"), filepath.Join(dir, "tls.crt"))
		link(t, filepath.Join("data", "server.key"), filepath.Join(dir, "tls.key"))
		id := open(t, certs.Server{Cert: filepath.Join(dir, "tls.crt"), Key: filepath.Join(dir, "tls.key")})
		meets(t, id, one.Trust(), "server")
		link(t, two.Dir, filepath.Join(dir, "new"))
		rename(t, filepath.Join(dir, "new"), filepath.Join(dir, "data"))
		time.Sleep(3 * time.Second)
		meets(t, id, two.Trust(), "server")
	})
}

func link(t *testing.T, to, name string) {
	t.Helper()
	if err := os.Symlink(to, name); err != nil {
		t.Fatal(err)
	}
}

func TestWhatCannotBeUsedKeepsTheOldPair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ca := certstest.New(t, "ca")
		s, next := serverOf(ca, "one"), serverOf(ca, "two")
		id := open(t, s)
		var c told
		id.Changed = c.tell
		write(t, s.Cert, contents(t, next.Cert))
		for range 3 {
			time.Sleep(3 * time.Second)
			meets(t, id, ca.Trust(), "one")
			c.want(t, 1, "does not belong")
		}
		write(t, s.Key, contents(t, next.Key))
		time.Sleep(3 * time.Second)
		meets(t, id, ca.Trust(), "two")
		c.want(t, 2, "")
	})
}

// TestWhatIsCuredWithoutATraceIsSeen: rights that were wrong do not show in a file's
// size and time.
func TestWhatIsCuredWithoutATraceIsSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ca := certstest.New(t, "ca")
		s, next := serverOf(ca, "one"), serverOf(ca, "two")
		id := open(t, s)
		var c told
		id.Changed = c.tell
		good, at := contents(t, next.Key), time.Now().Add(-time.Hour)
		write(t, s.Cert, contents(t, next.Cert))
		for n, key := range [][]byte{bytes.Repeat([]byte{'x'}, len(good)), good} {
			write(t, s.Key, key)
			if err := os.Chtimes(s.Key, at, at); err != nil {
				t.Fatal(err)
			}
			time.Sleep(3 * time.Second)
			meets(t, id, ca.Trust(), []string{"one", "two"}[n])
			c.want(t, n+1, []string{"no key in PEM", ""}[n])
		}
	})
}

func TestRefreshOfAFileThatIsGone(t *testing.T) {
	ca := certstest.New(t, "ca")
	s := serverOf(ca, "one")
	id := open(t, s)
	rename(t, s.Key, s.Key+".away")
	if err := id.Refresh(); err == nil || !strings.Contains(err.Error(), s.Key) {
		t.Errorf("got %v, want an error that names the key", err)
	}
	meets(t, id, ca.Trust(), "one")
}

func TestRefreshReadsNow(t *testing.T) {
	ca := certstest.New(t, "ca")
	s, next := serverOf(ca, "one"), serverOf(ca, "two")
	id := open(t, s)
	id.Changed = func(err error) { t.Errorf("told of %v, want the caller to tell", err) }
	changes["written over"](t, s, next)
	if err := id.Refresh(); err != nil {
		t.Fatal(err)
	}
	meets(t, id, ca.Trust(), "two")
}

func TestClientsAreAskedForCertificates(t *testing.T) {
	ca, stranger := certstest.New(t, "ca"), certstest.New(t, "stranger")
	known, foreign := ca.Client("known"), stranger.Client("foreign")
	foreign.RootCAs = known.RootCAs
	tests := []struct {
		name, auth string
		client     *tls.Config
		met        bool
	}{
		{"known", "", known, true}, {"known, required", "require", known, true}, {"known, asked", "request", known, true},
		{"none", "", ca.Trust(), false}, {"none, required", "require", ca.Trust(), false}, {"none, asked", "request", ca.Trust(), true},
		{"foreign", "", foreign, false}, {"foreign, asked", "request", foreign, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := serverOf(ca, "server")
			s.ClientCA, s.ClientAuth = ca.CA, test.auth
			if _, err := shake(t, open(t, s), test.client); (err == nil) != test.met {
				t.Errorf("got %v, want a handshake: %v", err, test.met)
			}
		})
	}
}

func TestTheAuthoritiesOfClientsAreReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ca, next := certstest.New(t, "ca"), certstest.New(t, "next")
		s := serverOf(ca, "server")
		s.ClientCA = write(t, filepath.Join(ca.Dir, "clients"), contents(t, ca.CA))
		id := open(t, s)
		known, foreign := ca.Client("known"), next.Client("foreign")
		foreign.RootCAs = known.RootCAs
		known.ClientSessionCache = tls.NewLRUClientSessionCache(1)
		meets(t, id, known, "server")
		write(t, s.ClientCA, contents(t, next.CA))
		time.Sleep(3 * time.Second)
		meets(t, id, foreign, "server")
		if _, err := shake(t, id, known); err == nil {
			t.Error("one whose authority is no longer known was let in, by its session")
		}
	})
}

func TestSessionsAreResumedAcrossChanges(t *testing.T) {
	for name, withCA := range map[string]bool{"plain": false, "with client certificates": true} {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			t.Run(name+" "+tls.VersionName(version), func(t *testing.T) {
				ca := certstest.New(t, "ca")
				s, next := serverOf(ca, "one"), serverOf(ca, "two")
				if withCA {
					s.ClientCA = ca.CA
				}
				id := open(t, s)
				client := ca.Client("client")
				client.ClientSessionCache = tls.NewLRUClientSessionCache(1)
				client.MaxVersion = version
				for n := range 3 {
					seen, err := shake(t, id, client)
					if err != nil || seen.DidResume != (n > 0) {
						t.Fatalf("handshake %d: got %v, resumed: %v", n, err, seen.DidResume)
					}
					if n == 1 {
						changes["written over"](t, s, next)
						_ = id.Refresh()
					}
				}
			})
		}
	}
}

func TestAllMayUseAnIdentityAtOnce(t *testing.T) {
	ca := certstest.New(t, "ca")
	id := open(t, serverOf(ca, "one"))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { meets(t, id, ca.Trust(), "one") })
		wg.Go(func() { _ = id.Refresh() })
		wg.Go(func() { id.NotAfter() })
	}
	wg.Wait()
}
