package hostedgraphite_test

import (
	"crypto/tls"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/deliver/hostedgraphite"
	"github.com/plumbago/plumbago/internal/certs"
	"github.com/plumbago/plumbago/internal/certs/certstest"
)

// newSecureSink is a sink behind TLS, and a file with its authority.
func newSecureSink(t *testing.T, config *tls.Config) (s *sink, ca string) {
	t.Helper()
	s = &sink{}
	s.Server = httptest.NewUnstartedServer(s)
	s.TLS = config
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	ca = filepath.Join(t.TempDir(), "ca.pem")
	block := pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}
	if err := os.WriteFile(ca, pem.EncodeToMemory(&block), 0o600); err != nil {
		t.Fatal(err)
	}
	return s, ca
}

func TestTLS(t *testing.T) {
	s, ca := newSecureSink(t, nil)
	conn := dial(t, newDestination(t, hostedgraphite.Options{URL: s.URL, TLS: certs.Client{CAFile: ca}}))
	if err := conn.Send(t.Context(), batch("a 1 1")); err != nil {
		t.Fatal(err)
	}
	s.checkTaken(t, "a 1 1")

	for name, c := range map[string]certs.Client{
		"unknown authority": {},
		"other name":        {CAFile: ca, ServerName: "other.example.net"},
	} {
		_, err := newDestination(t, hostedgraphite.Options{URL: s.URL, TLS: c}).Dial(t.Context())
		if !deliver.IsPermanent(err) || !strings.Contains(err.Error(), "certificate") {
			t.Errorf("%s: got %v, want that a person must mend the certificate", name, err)
		}
	}
}

// TestACertificateThatGoesBadIsNotTheBatchsFault has a connection end in the middle
// of a batch, and the server show another certificate on the next.
func TestACertificateThatGoesBadIsNotTheBatchsFault(t *testing.T) {
	var conns atomic.Int64
	other := certstest.New(t, "other").Server()
	other.SessionTicketsDisabled = true
	s, ca := newSecureSink(t, &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		if conns.Add(1) == 1 {
			return nil, nil
		}
		return other, nil
	}})
	s.behave(func(http.ResponseWriter, []string) { panic(http.ErrAbortHandler) })
	r := run(t, hostedgraphite.Options{URL: s.URL, TLS: certs.Client{CAFile: ca}}, "a 1 1")
	r.Wait("down", func() bool { return r.Worker.State().LastError != "" })
	if text := r.Log.String(); !strings.Contains(text, `level=ERROR msg="destination down"`) || !strings.Contains(text, "certificate") {
		t.Errorf("got %s, want an error that tells what is wrong with the certificate", text)
	}
	if p := r.Source.Progress(); p.Dropped > 0 {
		t.Errorf("got %+v, want the points kept", p)
	}
}
