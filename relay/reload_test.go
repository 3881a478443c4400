package relay_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/plumbago/plumbago/internal/certs/certstest"
	"github.com/plumbago/plumbago/receive"
	"github.com/plumbago/plumbago/relay"
	"github.com/plumbago/plumbago/route"
	"github.com/prometheus/client_golang/prometheus"
)

// options is a gateway that sends everything to all of the destinations given.
func options(dir string, fars map[string]*far, names ...string) relay.Options {
	o := relay.Options{
		Receivers: []receive.Options{{Protocol: "line", Address: "tcp://127.0.0.1:0"}},
		Rules:     []route.Rule{{To: names}},
	}
	for _, n := range names {
		o.Destinations = append(o.Destinations, relay.Destination{
			Name: n, Far: fars[n].make, QueueDir: filepath.Join(dir, n), Version: fmt.Sprintf("%p", fars[n]),
		})
	}
	return o
}

func open(t *testing.T, o relay.Options) (r *relay.Relay, stop func()) {
	t.Helper()
	r, err := relay.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	end := run(r)
	eventually(t, "accepting", r.Accepting)
	return r, func() {
		t.Helper()
		if err := end(); err != nil {
			t.Errorf("Run: %v", err)
		}
	}
}

func reload(t *testing.T, r *relay.Relay, o relay.Options) relay.Changes {
	t.Helper()
	c, err := r.Reload(o)
	if err != nil {
		t.Fatalf("Reload: %v", err)
	}
	return c
}

func TestReloadAddsAndRemovesDestinations(t *testing.T) {
	fars := map[string]*far{"a": {}, "b": {}, "c": {}}
	dir := t.TempDir()
	o := options(dir, fars, "a", "b")
	o.Registerer = prometheus.NewRegistry() // names are taken and given back
	r, stop := open(t, o)
	send(t, r, "one 1 1\n")
	eventually(t, "one at b", func() bool { return len(fars["b"].got()) == 1 })

	c := reload(t, r, options(dir, fars, "a", "c"))
	if got, want := fmt.Sprint(c.Kept, c.Added, c.Removed, c.Opened, c.Closed), "[a] [c] [b] [] []"; got != want {
		t.Errorf("got changes %s, want %s", got, want)
	}
	send(t, r, "two 2 2\n")
	eventually(t, "two at c", func() bool { return len(fars["c"].got()) == 1 })

	reload(t, r, options(dir, fars, "b", "c"))
	send(t, r, "three 3 3\n")
	eventually(t, "three at b", func() bool { return len(fars["b"].got()) == 2 })
	stop()
	want := map[string]string{"a": "[one|1|1 two|2|2]", "b": "[one|1|1 three|3|3]", "c": "[two|2|2 three|3|3]"}
	for n, f := range fars {
		if got := fmt.Sprint(f.got()); got != want[n] {
			t.Errorf("%s: got %s, want %s", n, got, want[n])
		}
	}
}

func TestReloadRefusesABadSetAndChangesNothing(t *testing.T) {
	fars := map[string]*far{"a": {}, "b": {}}
	dir := t.TempDir()
	r, stop := open(t, options(dir, fars, "a"))
	bad := options(dir, fars, "a", "b")
	bad.Rules = []route.Rule{{To: []string{"nowhere"}}}
	if _, err := r.Reload(bad); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("got %v, want an error that names the destination", err)
	}
	bad = options(dir, fars, "a", "b")
	bad.Receivers = append(bad.Receivers, receive.Options{Protocol: "line", Address: "tcp://192.0.2.1:2003"})
	if _, err := r.Reload(bad); err == nil {
		t.Error("got no error for an address that cannot be bound")
	}
	reload(t, r, options(dir, fars, "a", "b")) // b's lock was given back
	send(t, r, "one 1 1\n")
	eventually(t, "one at b", func() bool { return len(fars["b"].got()) == 1 })
	stop()
}

func TestReloadKeepsTheQueueOfADestinationThatMoves(t *testing.T) {
	dir := t.TempDir()
	down, up := &far{down: true}, &far{}
	r, stop := open(t, options(dir, map[string]*far{"a": down}, "a"))
	send(t, r, "one 1 1\n")
	eventually(t, "one queued", func() bool { return r.Status().Destinations[0].Queue.Waiting == 1 })
	c := reload(t, r, options(dir, map[string]*far{"a": up}, "a"))
	if got := fmt.Sprint(c.Reconnected); got != "[a]" {
		t.Errorf("got reconnected %s, want [a]", got)
	}
	eventually(t, "one at the new place", func() bool { return len(up.got()) == 1 })
	stop()
}

func TestARemovedDestinationThatIsDownKeepsItsPointsOnDisk(t *testing.T) {
	dir := t.TempDir()
	fars := map[string]*far{"a": {}, "b": {down: true}}
	r, stop := open(t, options(dir, fars, "a", "b"))
	send(t, r, "one 1 1\n")
	eventually(t, "one queued for b", func() bool { return r.Status().Destinations[1].Queue.Waiting == 1 })
	reload(t, r, options(dir, fars, "a"))
	if s := r.Status().Destinations; len(s) != 2 || !s[1].Removed {
		t.Errorf("got %+v, want b shown as removed", s)
	}
	fars["b"] = &far{}
	reload(t, r, options(dir, fars, "a", "b")) // it comes back, at a better place
	eventually(t, "one at b", func() bool { return len(fars["b"].got()) == 1 })
	stop()
}

func TestReloadOpensAndClosesListeners(t *testing.T) {
	fars := map[string]*far{"a": {}}
	dir := t.TempDir()
	r, stop := open(t, options(dir, fars, "a"))
	before := r.Status().Listeners[0].Address
	o := options(dir, fars, "a")
	o.Receivers = []receive.Options{{Protocol: "pickle", Address: "tcp://127.0.0.1:0"}}
	c := reload(t, r, o)
	if len(c.Opened) != 1 || len(c.Closed) != 1 {
		t.Errorf("got opened %q and closed %q, want one each", c.Opened, c.Closed)
	}
	eventually(t, "the old door shut", func() bool {
		conn, err := net.Dial("tcp", before)
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
	stop()
}

// TestReloadWithAnotherCertificate: that of the listener which stays may be gone by
// then, and is shown on.
func TestReloadWithAnotherCertificate(t *testing.T) {
	fars, dir := map[string]*far{"a": {}}, t.TempDir()
	issuer := certstest.New(t, "ca")
	o := options(dir, fars, "a")
	o.Receivers[0].Address = "tls://127.0.0.1:0"
	o.Receivers[0].TLS.Cert, o.Receivers[0].TLS.Key = issuer.Issue("old")
	r, stop := open(t, o)
	next := options(dir, fars, "a")
	next.Receivers[0].Address = o.Receivers[0].Address
	next.Receivers[0].TLS.Cert, next.Receivers[0].TLS.Key = issuer.Issue("new")
	if err := os.Remove(o.Receivers[0].TLS.Key); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(reload(t, r, next).AtRestart); got != "[line+tls://127.0.0.1:0]" {
		t.Errorf("got %s to be taken up at the next start, want the listener", got)
	}
	if _, err := r.Reload(o); err == nil {
		t.Error("got no error for a certificate in use whose key is gone")
	}
	stop()
}

func TestReloadUnderLoadLosesNothing(t *testing.T) {
	dir := t.TempDir()
	fars := map[string]*far{"a": {}, "b": {}, "c": {}}
	r, stop := open(t, options(dir, fars, "a", "b"))
	const senders, each = 4, 5000
	var sending sync.WaitGroup
	for s := range senders {
		sending.Go(func() {
			var lines strings.Builder
			for i := range each {
				if fmt.Fprintf(&lines, "s%d %d 1\n", s, i); lines.Len() > 1000 {
					send(t, r, lines.String())
					lines.Reset()
				}
			}
			send(t, r, lines.String())
		})
	}
	for i := range 20 {
		names := [][]string{{"a", "c"}, {"a", "b", "c"}, {"a", "b"}}[i%3]
		reload(t, r, options(dir, fars, names...))
	}
	sending.Wait()
	reload(t, r, options(dir, fars, "a"))
	stop()
	if got := len(fars["a"].got()); got != senders*each {
		t.Errorf("got %d points at a, want %d", got, senders*each)
	}
	for _, n := range []string{"b", "c"} {
		left, err := os.ReadDir(filepath.Join(dir, n))
		if err != nil || len(left) == 0 {
			t.Errorf("%s: got no queue left behind: %v", n, err)
		}
	}
}

func TestReloadOfARelayThatDoesNotRun(t *testing.T) {
	o := options(t.TempDir(), map[string]*far{"a": {}}, "a")
	r, err := relay.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Reload(o); err == nil {
		t.Error("got no error")
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}
