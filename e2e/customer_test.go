package e2e_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// startCustomer runs a gateway that delivers to a hosted service's sink at url, with
// the key in a file. ca is the service's authority.
func startCustomer(t *testing.T, url, ca, key string) (g *gateway, keyFile string) {
	t.Helper()
	keyFile = filepath.Join(t.TempDir(), "key")
	writeFile(t, keyFile, key+"\n")
	security := ""
	if ca != "" {
		security = fmt.Sprintf(", tls: {ca: %q}", ca)
	}
	return startGateway(t, destinations(fmt.Sprintf(
		`{name: hosted, type: hostedgraphite, address: %q, key: "${file:%s}"%s}`, url, keyFile, security))), keyFile
}

// belongTo has a stream's points named as those of a tenant.
func (s *stream) belongTo(tenant string) *stream {
	s.name = tenant + "." + s.name
	return s
}

func TestACustomersPointsReachTheEdgeOnce(t *testing.T) {
	t.Parallel()
	far := newSink(t, "line")
	e := startEdge(t, acme+to(far))
	g, _ := startCustomer(t, "https://"+e.https, e.ca.CA, seedKey)
	points := stream{name: "once"}
	points.pace(g.line, rate, 2*time.Second)
	points.belongTo("acme").checkAllArrived(t, far, 5*time.Second)
	if n := far.repeated(); n != 0 {
		t.Errorf("%d points arrived twice, want none", n)
	}
	g.awaitDrained("hosted", 5*time.Second)
	if a := g.checkIdentity("hosted"); a.delivered != float64(points.sent()) {
		t.Errorf("%+v, want all %d points delivered", a, points.sent())
	}
	e.checkNoKey(seedKey)
}

func TestACustomerLosesNothingWhileTheEdgeIsDown(t *testing.T) {
	t.Parallel()
	far := newSink(t, "line")
	e := startEdge(t, acme+to(far))
	g, _ := startCustomer(t, "https://"+e.https, e.ca.CA, seedKey)
	points := stream{name: "away"}
	sending := points.paced(g.line, rate, 8*time.Second)
	time.Sleep(1500 * time.Millisecond)
	e.stop()
	time.Sleep(5 * time.Second)
	e.start()
	<-sending
	points.belongTo("acme").checkAllArrived(t, far, 10*time.Second)
	if a := g.checkIdentity("hosted"); a.dropped != 0 {
		t.Errorf("%+v, want none dropped", a)
	}
}

func TestAWrongKeyIsSaidOnceAndCuredByAReload(t *testing.T) {
	t.Parallel()
	far := newSink(t, "line")
	e := startEdge(t, acme+to(far))
	g, keyFile := startCustomer(t, "https://"+e.https, e.ca.CA, betaKey)
	points := stream{name: "keyless"}
	points.pace(g.line, 1000, 2*time.Second)
	said := func() int { return strings.Count(g.said(), "level=ERROR") }
	eventually(t, 5*time.Second, "an error in the log", func() bool { return said() > 0 })
	if !g.output.contains("the key is not accepted (401") {
		t.Errorf("the log does not say what is wrong:\n%s", g.said())
	}
	eventually(t, 5*time.Second, "all points waiting", func() bool {
		return g.checkIdentity("hosted").waiting == float64(points.sent())
	})
	writeFile(t, keyFile, seedKey)
	g.signal(syscall.SIGHUP)
	points.belongTo("acme").checkAllArrived(t, far, 5*time.Second)
	if n := said(); n != 1 {
		t.Errorf("%d errors in the log, want one:\n%s", n, g.said())
	}
	(&edge{gateway: g}).checkNoKey(seedKey, betaKey)
	e.checkNoKey(seedKey, betaKey)
}

// critic is a hosted service that takes no request with a certain word in it.
type critic struct {
	word string
	*httptest.Server

	mu    sync.Mutex
	taken []string
}

func newCritic(t *testing.T, word string) *critic {
	c := &critic{word: word}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Close)
	return c
}

func (c *critic) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		body = z
	}
	text, err := io.ReadAll(body)
	if err != nil || strings.Contains(string(text), c.word) {
		http.Error(w, "we do not like "+c.word, http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.taken = append(c.taken, strings.Split(strings.TrimSpace(string(text)), "\n")...)
	w.WriteHeader(http.StatusAccepted)
}

// has reports how often a line was taken.
func (c *critic) has(line string) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, l := range c.taken {
		if l == line {
			n++
		}
	}
	return n
}

func TestALineThatTheServiceRefusesIsRefusedAlone(t *testing.T) {
	t.Parallel()
	service := newCritic(t, "marmalade")
	g, _ := startCustomer(t, service.URL, "", seedKey)
	var lines strings.Builder
	for n := range 1000 {
		fmt.Fprintf(&lines, "good.m%d 1 1700000000\n", n)
		if n == 500 {
			lines.WriteString("a.marmalade.m 1 1700000000\n")
		}
	}
	sendLines(t, g.line, lines.String())
	eventually(t, 10*time.Second, "all settled", func() bool {
		a := g.metrics().account("hosted")
		return a.delivered+a.dropped == 1001
	})
	for n := range 1000 {
		if line := fmt.Sprintf("good.m%d 1 1700000000", n); service.has(line) == 0 {
			t.Fatalf("%q was not delivered", line)
		}
	}
	if a := g.checkIdentity("hosted"); a.dropped != 1 {
		t.Errorf("%+v, want one dropped", a)
	}
	kept, err := os.ReadFile(filepath.Join(g.data, "queue", "hosted", "refused"))
	if err != nil || !strings.Contains(string(kept), "\na.marmalade.m 1 1700000000\n") ||
		strings.Contains(string(kept), "good.") || !strings.Contains(string(kept), "we do not like") {
		t.Errorf("the refused file has %q (%v), want the one bad line and why", kept, err)
	}
}
