package hostedgraphite_test

import (
	"bufio"
	"compress/gzip"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/deliver/delivertest"
	"github.com/plumbago/plumbago/deliver/hostedgraphite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const secret = "A1b2c3d4-55aa-4c6f-9d2e-0f1e2d3c4b5a"

func TestKeepsThePromises(t *testing.T) {
	for _, plain := range []bool{false, true} {
		name := map[bool]string{false: "compressed", true: "plain"}[plain]
		t.Run(name, func(t *testing.T) {
			delivertest.Run(t, delivertest.Harness{
				New: func(t *testing.T, address string) deliver.Destination {
					return newDestination(t, hostedgraphite.Options{URL: "http://" + address, Timeout: time.Second, Interval: 20 * time.Millisecond, Plain: plain})
				},
				Serve:   serveRequests,
				Answers: true,
			})
		})
	}
}

// serveRequests answers the requests of one connection.
func serveRequests(c net.Conn, take func(string)) {
	r := bufio.NewReader(c)
	for {
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		lines, err := bodyOf(req)
		if err != nil {
			return
		}
		for line := range strings.Lines(lines) {
			take(strings.TrimSuffix(line, "\n"))
		}
		if _, err := io.WriteString(c, "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"); err != nil {
			return
		}
	}
}

func bodyOf(r *http.Request) (string, error) {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			return "", err
		}
		body = z
	}
	all, err := io.ReadAll(body)
	return string(all), err
}

func newDestination(t *testing.T, o hostedgraphite.Options) *hostedgraphite.Destination {
	t.Helper()
	if o.Key == "" {
		o.Key = secret
	}
	d, err := hostedgraphite.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
