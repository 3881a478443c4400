package admin_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	neturl "net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/plumbago/plumbago/admin"
	"github.com/plumbago/plumbago/internal/browser"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/relay"
	"github.com/plumbago/plumbago/route"
)

// watched runs a server of a flow with more or something else in it, and returns its URL.
func watched(t *testing.T, change func(*admin.Options)) string {
	t.Helper()
	o := options("127.0.0.1:0", admin.Access{}, slog.New(slog.DiscardHandler))
	o.Gateway = newFlow()
	change(&o)
	s, err := admin.Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	runServer(t, s)
	return "http://" + s.Addr().String()
}

func testCrowd(t *testing.T, b context.Context, _ http.Handler) {
	const nodes = "['receivers', 'rules', 'destinations'].map(c => document.querySelectorAll(`.flow-${c} > li`).length).join()"
	p := browser.Open(t, b, serve(t, crowd{newFlow()})+"/?view=status", 360)
	p.Until(nodes + " === '6,6,6'")
	p.Shown(".flow-receivers", "35 more")
	p.Shown(".flow-node[data-state=bad]", "store-33") // the dead are among those shown
	p.Narrow()
	p.TabTo(".flow-all")
	p.Keys(kb.Enter)
	p.Until(nodes + " === '40,40,40'")
	p.Narrow()
	p.Keys(kb.Enter)
	p.Until(nodes + " === '6,6,6'")
}

// testCatching asks a module of the page when destinations will have caught up.
func testCatching(t *testing.T, b context.Context, _ http.Handler) {
	p := browser.Open(t, b, serve(t, newFlow())+"/?view=status", 1280)
	p.Until("(window.begun ??= import('/page/flowing.js').then(m => window.flowing = m)) && window.flowing")
	tests := []struct{ name, destination, want string }{
		{"nothing waits", "{connected: false, waiting: 0}", "yes"},
		{"a moment's work", "{connected: true, waiting: 9, late: 1}", "yes"},
		{"down", "{connected: false, waiting: 900, inward: 10, best: 12}", "when it is up"},
		{"down, and was seen to catch up", "{connected: false, waiting: 900, inward: 10, best: 40}", "30 s after it is up"},
		{"not known yet", "{connected: true, waiting: 900, late: 60, inward: null, outward: null}", "–"},
		{"too slow", "{connected: true, waiting: 900, late: 60, inward: 10, outward: 10}", "falls behind"},
		{"catching up", "{connected: true, waiting: 900, late: 60, inward: 10, outward: 20}", "in 1 min 30 s"},
	}
	for _, test := range tests {
		if got := browser.Eval[string](p, "[flowing.catching("+test.destination+")].flat()[0]"); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
	const status = "{time: %TIME, received: 0, dropped: {}, receivers: [], tenants: [], destinations: [{name: 'a', dropped: {}, appended: 0, confirming: 0, delivered: %OUT}]}"
	took := func(time, out string) string {
		return "f.of(" + strings.NewReplacer("%TIME", time, "%OUT", out).Replace(status) + ").destinations[0]"
	}
	got := browser.Eval[[]float64](p, "(f => ["+took("0", "0")+", "+took("10", "500")+", "+took("20", "500")+"].map(d => d.best))(new flowing.Flowing())")
	if want := []float64{0, 50, 50}; !slices.Equal(got, want) {
		t.Errorf("got the best rates %v, want %v", got, want)
	}
}

// explained answers as a gateway with three rules does.
type explained struct{ inside }

func (*explained) Explain(tenant, name string) (any, error) {
	if strings.HasPrefix(name, "bad") {
		return nil, errors.New("there is no such name")
	}
	rules := []route.Verdict{
		{Rule: 1, Label: "billing", Match: `^billing\.`, To: []string{"hosted"}, Outcome: route.NotMatched},
		{Rule: 2, To: []string{"a", "b"}, By: "carbon_ch", Picked: []string{"b"}, Outcome: route.Matched, Continue: true},
		{Rule: 3, Match: "x", To: []string{"far"}, Outcome: route.NotReached},
	}
	if name == "gone" {
		return map[string]any{"name": name, "dropped": metric.NoRoute, "destinations": []string{}, "rules": rules[:1]}, nil
	}
	return map[string]any{"name": name, "tenant": tenant, "routed_as": "acme." + name, "destinations": []string{"b"}, "rules": rules}, nil
}

func testExplain(t *testing.T, b context.Context, _ http.Handler) {
	p := browser.Open(t, b, watched(t, func(o *admin.Options) { o.Inside = &explained{} })+"/?view=status", 1280)
	p.Shown(".box-explain", "Tenant")
	p.TabTo(".box-explain input")
	p.Write("<img src=x>" + kb.Enter)
	p.Shown(".verdict", "<img src=x> goes to b. The rules see it as acme.<img src=x>.")
	for _, want := range []string{`^billing\. does not match · billing`, "every name matches → b · picked by carbon_ch · then goes on", "x is not reached"} {
		p.Shown(".verdicts li", want)
	}
	p.Keys(kb.Tab)
	p.Write("acme")
	p.Keys(kb.Tab, kb.Enter)
	p.Shown(".verdict", "It is acme's.")
	for name, want := range map[string]string{"gone": "gone is dropped: no route.", "bad": "There is no such name."} {
		browser.Eval[bool](p, "(document.querySelector('.box-explain input').select(), document.querySelector('.box-explain input').focus(), true)")
		p.Write(name + kb.Enter)
		p.Shown(".verdict, .box-explain .fault", want)
	}
}

// counting counts the taps that were opened.
type counting struct {
	inside
	opened atomic.Int64
}

func (c *counting) Tap(o relay.TapOptions) (*relay.Tap, error) {
	t, err := c.inside.Tap(o)
	if err == nil {
		c.opened.Add(1)
	}
	return t, err
}

// testTap watches a real relay's points, until it is stopped, and until it is left.
func testTap(t *testing.T, b context.Context, graphite http.Handler) {
	r, err := relay.Open(relay.Options{
		Rules:        []route.Rule{{Match: "^a", To: []string{"far"}}},
		Destinations: []relay.Destination{{Name: "far", Far: noFar, QueueDir: filepath.Join(t.TempDir(), "far")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	in := &counting{inside: inside{r}}
	p := browser.Open(t, b, watched(t, func(o *admin.Options) { o.Inside, o.Graphite = in, graphite })+"/?view=status", 1280)
	send := func(lines string) {
		if err := r.Receive(t.Context(), metric.Batch{Lines: []byte(lines), Points: strings.Count(lines, "\n")}); err != nil {
			t.Fatal(err)
		}
	}
	opened := func(n int64) { eventually(t, "a tap opened", func() bool { return in.opened.Load() == n }) }
	closed := func(what string) { eventually(t, what, func() bool { return taps(r) == 0 }) }
	p.TabTo(".box-tap input")
	p.Write("^a" + kb.Enter)
	opened(1)
	send("a.<b>x</b> 1 1\nb.no 2 2\n")
	p.Shown(".tapped", "a.<b>x</b> 1 1 → far")
	send(strings.Repeat("a.many 3 3\n", 500))
	p.Shown(".box-tap .note", "passed over")
	if got := browser.Eval[string](p, "document.querySelector('.tapped').innerText"); strings.Contains(got, "b.no") {
		t.Errorf("got %q, want no names that do not match", got)
	}
	p.Click(".box-tap button", "Stop")
	closed("the tap that is stopped closed")
	p.Click(".tick", "Dropped only")
	p.Click(".box-tap button", "Start")
	opened(2)
	browser.Eval[bool](p, "(i => (i.value = '', i.dispatchEvent(new Event('change', {bubbles: true})), true))(document.querySelector('.box-tap .expression'))")
	opened(3)
	eventually(t, "a tap of all that is dropped", func() bool {
		send("b.lost 2 2\n")
		return browser.Eval[bool](p, "/b.lost 2 2 dropped: no route/.test(document.querySelector('.tapped').innerText)")
	})
	p.Click("nav a", "Metrics")
	closed("the tap that is left closed")
	full := make([]*relay.Tap, 4)
	for i := range full {
		if full[i], err = r.Tap(relay.TapOptions{}); err != nil {
			t.Fatal(err)
		}
		defer full[i].Close()
	}
	p.Click("nav a", "Status")
	p.Click(".box-tap button", "Start")
	p.Shown(".box-tap .fault", "As many taps are open as there may be: 4.")
}

// taps is how many are open of a relay. For a moment there are as many as there may be.
func taps(r *relay.Relay) int {
	for free := 0; ; free++ {
		one, err := r.Tap(relay.TapOptions{})
		if err != nil {
			return 4 - free
		}
		defer one.Close()
	}
}

func testDrops(t *testing.T, b context.Context, _ http.Handler) {
	l := newLossy()
	url := watched(t, func(o *admin.Options) { o.Metrics = l })
	p := browser.Open(t, b, url+"/?view=status", 1280)
	p.Shown(".box-drops", "Nothing was dropped since the start.")
	l.drop("a", "queue_full", 700)
	l.drop("b", "queue_full", 800)
	p.Do("again", chromedp.Reload())
	p.Shown(".drops li", "queue full")
	p.Shown(".drops li", "1,500")
	p.Until("/^M\\d/.test(document.querySelector('.drops path').getAttribute('d'))")
	p.Until("/^queue full: 1,500, at most 1,500 in a minute, the last at \\d\\d:\\d\\d$/.test(document.querySelector('.drops svg').ariaLabel)")
}

// testToken opens the page with the token in its address, and then by another token.
func testToken(t *testing.T, b context.Context, graphite http.Handler) {
	url := watched(t, func(o *admin.Options) { o.Access.Token, o.Inside, o.Graphite = token, &explained{}, graphite })
	target, err := neturl.Parse(url)
	if err != nil {
		t.Fatal(err)
	}
	var changed atomic.Bool
	var asked atomic.Int64
	through := httputil.NewSingleHostReverseProxy(target)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if changed.Load() {
			r.Header.Set("Authorization", "Bearer another")
			asked.Add(1)
		}
		through.ServeHTTP(w, r)
	}))
	defer proxy.Close()
	p := browser.Open(t, b, strings.Replace(proxy.URL, "//", "//me:"+token+"@", 1)+"/?target=servers.*.load", 1280)
	p.Lines(3)
	p.Click("nav a", "Status")
	p.Shown("#status", "Down for 1 h 12 min")
	p.TabTo(".box-explain input")
	p.Write("a.b" + kb.Enter)
	p.Shown(".verdict", "a.b goes to b.")
	changed.Store(true)
	p.Shown("#trouble", "The gateway wants its token: load this page again")
	before := asked.Load()
	p.Keys(kb.Enter)
	p.Shown(".box-explain .fault", "The gateway wants its token")
	if now := asked.Load(); now > before {
		t.Errorf("asked %d times more, want an end of it", now-before)
	}
}

// TestWhoIsAskedForTheToken: a browser asks the person when the page is opened, and not
// in front of a page that is open.
func TestWhoIsAskedForTheToken(t *testing.T) {
	url := "http://" + open(t, "127.0.0.1:0", admin.Access{Token: token}).Addr().String()
	for dest, want := range map[string]string{"": "Basic ", "document": "Basic ", "script": "Basic ", "empty": "Bearer "} {
		answer, _ := askRaw(t, url+"/status", "Sec-Fetch-Dest", dest)
		if got := answer.Header.Get("WWW-Authenticate"); answer.StatusCode != 401 || !strings.HasPrefix(got, want+`realm="plumbago"`) {
			t.Errorf("%q: got %d %q, want 401 and %s", dest, answer.StatusCode, got, want)
		}
	}
}
