package admin_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plumbago/plumbago/admin"
	"github.com/plumbago/plumbago/internal/certs"
	"github.com/plumbago/plumbago/internal/certs/certstest"
	"github.com/plumbago/plumbago/relay"
	"github.com/prometheus/client_golang/prometheus"
)

const token = "hunter2-0123456789"

// open runs a server of an address and access until the test ends.
func open(t *testing.T, address string, a admin.Access) *admin.Server {
	t.Helper()
	s, err := admin.Listen(options(address, a, slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	runServer(t, s)
	return s
}

func options(address string, a admin.Access, log *slog.Logger) admin.Options {
	return admin.Options{
		Address: address, Access: a, Gateway: &gateway{relay.Status{Accepting: true}}, Inside: &inside{},
		Metrics: prometheus.NewRegistry(), Graphite: http.NotFoundHandler(), Logger: log,
	}
}

func runServer(t *testing.T, s *admin.Server) {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

// ask sends a request with headers, of which Host is one, and returns the answer's
// status and body.
func ask(t *testing.T, c *http.Client, method, url string, headers map[string]string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range headers {
		r.Header.Set(k, v)
	}
	if h := headers["Host"]; h != "" {
		r.Host = h
	}
	answer, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// through is a client that reaches a unix socket, whatever the URL's host.
func through(t *testing.T, socket string) *http.Client {
	tr := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

func TestWhoIsLetInOnLoopback(t *testing.T) {
	s := open(t, "127.0.0.1:0", admin.Access{Hosts: []string{"metrics.example.net"}})
	url, port := "http://"+s.Addr().String(), s.Addr().String()[len("127.0.0.1"):]
	tests := []struct {
		name    string
		headers map[string]string
		want    int
	}{
		{"a program", nil, 200},
		{"localhost", map[string]string{"Host": "localhost" + port}, 200},
		{"IPv6", map[string]string{"Host": "[::1]" + port}, 200},
		{"a proxy's name", map[string]string{"Host": "Metrics.example.net"}, 200},
		{"a name that was rebound", map[string]string{"Host": "evil.example.net" + port}, 421},
		{"a name that begins like a good one", map[string]string{"Host": "localhost.evil.example.net" + port}, 421},
		{"its own page", map[string]string{"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}, 200},
		{"an address that is typed", map[string]string{"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}, 200},
		{"a link from elsewhere", map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 200},
		{"a script elsewhere", map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}, 403},
		{"an image elsewhere", map[string]string{"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors"}, 403},
		{"a script of an old browser", map[string]string{"Origin": "http://evil.example.net"}, 403},
		{"a page of no origin", map[string]string{"Origin": "null"}, 403},
		{"its own page in an old browser", map[string]string{"Origin": url}, 200},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got, text := ask(t, http.DefaultClient, "GET", url+"/samples", test.headers); got != test.want {
				t.Errorf("got %d %q, want %d", got, text, test.want)
			}
		})
	}
}

// TestAFormElsewhereChangesNothing: nothing can be changed here, and a form of another
// site does not even come so far.
func TestAFormElsewhereChangesNothing(t *testing.T) {
	url := "http://" + open(t, "127.0.0.1:0", admin.Access{}).Addr().String()
	for _, path := range []string{"/", "/tap", "/top", "/samples", "/explain", "/drops", "/readyz", "/healthz", "/metrics"} {
		for _, method := range []string{"POST", "PUT", "DELETE", "PATCH"} {
			if got, _ := ask(t, http.DefaultClient, method, url+path, nil); got != http.StatusMethodNotAllowed {
				t.Errorf("%s %s: got %d, want 405", method, path, got)
			}
		}
	}
	form := map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
	if got, _ := ask(t, http.DefaultClient, "POST", url+"/render", form); got != http.StatusForbidden {
		t.Errorf("a form: got %d, want 403", got)
	}
}

func TestWhoIsLetInWithAToken(t *testing.T) {
	s := open(t, "127.0.0.1:0", admin.Access{Token: token})
	url := "http://" + s.Addr().String()
	basic := func(password string) map[string]string {
		r := &http.Request{Header: http.Header{}}
		r.SetBasicAuth("anybody", password)
		return map[string]string{"Authorization": r.Header.Get("Authorization")}
	}
	tests := []struct {
		name    string
		headers map[string]string
		want    int
	}{
		{"without", nil, 401},
		{"by Bearer", map[string]string{"Authorization": "Bearer " + token}, 200},
		{"by Basic", basic(token), 200},
		{"a wrong one", map[string]string{"Authorization": "Bearer x" + token}, 401},
		{"the beginning of it", map[string]string{"Authorization": "Bearer " + token[:10]}, 401},
		{"an empty one", map[string]string{"Authorization": "Bearer "}, 401},
		{"an empty password", basic(""), 401},
		{"another kind", map[string]string{"Authorization": "Digest " + token}, 401},
		{"a script elsewhere, in a browser that knows it", map[string]string{
			"Authorization": "Bearer " + token, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}, 403},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, path := range []string{"/", "/samples", "/metrics", "/healthz", "/readyz", "/top"} {
				if got, text := ask(t, http.DefaultClient, "GET", url+path, test.headers); got != test.want {
					t.Errorf("%s: got %d %.100q, want %d", path, got, text, test.want)
				}
			}
		})
	}
}

func TestOthersAreLetInByTLSAndATokenOnly(t *testing.T) {
	cert, key := certstest.New(t, "authority").Issue("localhost")
	files := certs.Server{Cert: cert, Key: key}
	for name, a := range map[string]admin.Access{"nothing": {}, "no token": {TLS: files}, "no TLS": {Token: token}} {
		s, err := admin.Listen(options("0.0.0.0:0", a, slog.New(slog.DiscardHandler)))
		if err == nil {
			s.Close()
			t.Errorf("%s: got no error", name)
		} else if !strings.Contains(err.Error(), "TLS and a token") || strings.Contains(err.Error(), token) {
			t.Errorf("%s: got %v, want what it takes, and no token", name, err)
		}
	}
}

func TestTLSIsSpoken(t *testing.T) {
	authority := certstest.New(t, "authority")
	cert, key := authority.Issue("localhost")
	s := open(t, "0.0.0.0:0", admin.Access{TLS: certs.Server{Cert: cert, Key: key}, Token: token})
	roots := x509.NewCertPool()
	pem, err := os.ReadFile(authority.CA)
	if err != nil {
		t.Fatal(err)
	}
	roots.AppendCertsFromPEM(pem)
	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "localhost"}}
	defer tr.CloseIdleConnections()
	_, port, _ := net.SplitHostPort(s.Addr().String())
	url := "https://127.0.0.1:" + port + "/samples"
	if got, _ := ask(t, &http.Client{Transport: tr}, "GET", url, map[string]string{"Authorization": "Bearer " + token}); got != 200 {
		t.Errorf("got %d, want 200", got)
	}
	if got, _ := ask(t, &http.Client{Transport: tr}, "GET", url, nil); got != 401 {
		t.Errorf("without the token got %d, want 401", got)
	}
}

// TestTheSocketNeedsNoToken: it has its mode instead. Profiles are shown there alone.
func TestTheSocketNeedsNoToken(t *testing.T) {
	for group, mode := range map[bool]os.FileMode{false: 0o600, true: 0o660} {
		path := filepath.Join(t.TempDir(), "admin.sock")
		s := open(t, "127.0.0.1:0", admin.Access{Token: token, Socket: path, SocketGroup: group})
		for _, ask1 := range []string{"/samples", "/metrics", "/debug/pprof/", "/debug/pprof/heap?debug=1"} {
			if got, text := ask(t, through(t, path), "GET", "http://plumbago"+ask1, nil); got != 200 {
				t.Errorf("%s: got %d %.100q, want 200", ask1, got, text)
			}
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != mode {
			t.Errorf("got mode %v and %v, want %v", info.Mode().Perm(), err, mode)
		}
		headers := map[string]string{"Authorization": "Bearer " + token}
		if got, _ := ask(t, http.DefaultClient, "GET", "http://"+s.Addr().String()+"/debug/pprof/heap", headers); got != 404 {
			t.Errorf("profiles at the address: got %d, want 404", got)
		}
	}
}

func TestASocketLeftBehindIsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "admin.sock")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	l.Close()
	open(t, "", admin.Access{Socket: path, SocketNeeded: true})
	if got, _ := ask(t, through(t, path), "GET", "http://plumbago/healthz", nil); got != 200 {
		t.Errorf("got %d, want 200", got)
	}
	again := admin.Access{Socket: path, SocketNeeded: true}
	if _, err := admin.Listen(options("", again, slog.New(slog.DiscardHandler))); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("a second server: got %v, want that the socket is in use", err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Listen(options("", admin.Access{Socket: file, SocketNeeded: true}, slog.New(slog.DiscardHandler))); err == nil {
		t.Error("a file in place of the socket: got no error")
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "precious" {
		t.Errorf("got %q and %v, want the file as it was", text, err)
	}
}

// TestWithoutASocketItGoesOn, and says so, unless it was asked for.
func TestWithoutASocketItGoesOn(t *testing.T) {
	var log bytes.Buffer
	path := filepath.Join(t.TempDir(), strings.Repeat("long", 40), "admin.sock")
	s, err := admin.Listen(options("127.0.0.1:0", admin.Access{Socket: path}, slog.New(slog.NewTextHandler(&log, nil))))
	if err != nil {
		t.Fatal(err)
	}
	runServer(t, s)
	if !strings.Contains(log.String(), "no socket for operators") {
		t.Errorf("got %q, want a warning", log.String())
	}
	if _, err := admin.Listen(options("127.0.0.1:0", admin.Access{Socket: path, SocketNeeded: true}, slog.New(slog.DiscardHandler))); err == nil {
		t.Error("a socket that is needed: got no error")
	}
}

// TestTheTokenIsNotInAnyAnswer or log.
func TestTheTokenIsNotInAnyAnswer(t *testing.T) {
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s, err := admin.Listen(options("127.0.0.1:0", admin.Access{Token: token}, logger))
	if err != nil {
		t.Fatal(err)
	}
	runServer(t, s)
	var all strings.Builder
	for _, shown := range []string{token, "wrong" + token} {
		for _, path := range []string{"/", "/samples", "/metrics", "/healthz", "/readyz", "/top", "/top?by=reason", "/explain?name=a", "/nothing"} {
			_, text := ask(t, http.DefaultClient, "GET", "http://"+s.Addr().String()+path, map[string]string{"Authorization": "Bearer " + shown})
			all.WriteString(text)
		}
	}
	if text := all.String() + log.String(); strings.Contains(text, token) {
		t.Errorf("the token is shown in:\n%s", text)
	}
}
