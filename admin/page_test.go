package admin_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	neturl "net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/plumbago/plumbago/internal/browser"
	"github.com/plumbago/plumbago/render"
)

// TestPage drives the page in a browser as a person does: mostly by keys.
func TestPage(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	b := browser.Start(t)
	graphite := render.New(newStore(), render.Options{})
	tests := []struct {
		name string
		run  func(t *testing.T, b context.Context, graphite http.Handler)
	}{
		{"the tree by keyboard", testTree},
		{"a level too large for one look", testMore},
		{"search", testSearch},
		{"expressions", testTargets},
		{"time range", testRange},
		{"a part of the graph", testDrag},
		{"the address", testAddress},
		{"refresh", testRefresh},
		{"hidden lines", testLegend},
		{"hostile names", testHostile},
		{"dark and light", testTheme},
		{"phone", testPhone},
		{"status", testStatus},
		{"a crowd drawn", testCrowd},
		{"catching up", testCatching},
		{"explain", testExplain},
		{"tap", testTap},
		{"drops", testDrops},
		{"token", testToken},
		{"silent gateway", testSilence},
		{"no database", testNoDatabase},
		{"names for those who listen", testLabels},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel() // each page has an address, and so a store for its theme, of its own
			test.run(t, b, graphite)
		})
	}
}

func testTheme(t *testing.T, b context.Context, graphite http.Handler) {
	const ground = "getComputedStyle(document.documentElement).backgroundColor"
	p := browser.Open(t, b, serveWith(t, newFlow(), graphite)+"/?target=servers.fra-db-01.load", 1280)
	p.Lines(1)
	light := browser.Eval[string](p, ground)
	p.Do("prefer dark", browser.Theme("dark"))
	p.Until(ground + " !== " + browser.Quote(light))
	dark := browser.Eval[string](p, ground)
	p.Lines(1)
	p.TabTo("#theme")
	p.Keys(kb.Enter)
	p.Focused("Theme: light")
	p.Until(ground + " === " + browser.Quote(light))
	p.Do("again", chromedp.Reload())
	p.Until(ground + " === " + browser.Quote(light))
	p.Lines(1)
	p.TabTo("#theme")
	p.Keys(kb.Enter)
	p.Focused("Theme: dark")
	p.Do("prefer light", browser.Theme("light"))
	p.Until(ground + " === " + browser.Quote(dark))
	p.Keys(kb.Enter)
	p.Focused("Theme: auto")
	p.Until(ground + " === " + browser.Quote(light))
}

func testPhone(t *testing.T, b context.Context, graphite http.Handler) {
	url := serveWith(t, newFlow(), graphite)
	p := browser.Open(t, b, url+"/?target=servers.*.load&target=sumSeries(servers.*.cpu.*,servers.*.disk.sda.util)", 360)
	p.Lines(4)
	p.Narrow()
	p.Click("#browse-toggle", "Browse")
	p.Click("[role=treeitem] .row", "hostile")
	p.Shown("[aria-level='2']", "onerror")
	p.Narrow()
	p.Click("nav a", "Status")
	p.Shown("#status", "connection refused")
	p.Narrow()
}

func testStatus(t *testing.T, b context.Context, graphite http.Handler) {
	const dead = "document.querySelectorAll('.flow-lines path[data-state=bad]').length"
	f := newFlow()
	p := browser.Open(t, b, serveWith(t, f, graphite)+"/?view=status", 1280)
	p.Until(dead + " === 5") // two to hosted, one to store-b, and the ends of both
	p.Shown(".flow-node[data-state=bad]", "down · oldest 1 h 12 min, caught up when it is up")
	p.Shown(".flow-node[data-state=bad]", "disk error")
	p.Shown("#health", "1 destination down")
	for _, want := range []string{"hosted", "Down for 1 h 12 min", "connection refused", "871 tries failed", "89 queue full", "8.3 GiB of 10.0 GiB"} {
		p.Shown("#status .card[data-state=bad]", want)
	}
	p.Shown(".card[data-state=bad]", "no space left on device")
	p.Shown(".card[data-state=good]", "local")
	p.Shown(".chip[data-state=bad]", "hosted – down")
	p.Shown(".rules", "^servers\\.(ams|fra)-")
	p.Shown(".box-tenants", "950 of 1,000")
	p.Shown(".box-receivers .reasons", "1,041 fields")
	p.Until("/^18[.,]\\d/.test(document.querySelector('.box-gateway .figure-in dd').innerText)") // 18,200 a second
	p.Until(`(([line, pickle, udp]) => line > pickle && pickle > udp)(
		[...document.querySelectorAll(".flow-lines path")].slice(0, 3).map(l => Number(l.getAttribute("stroke-width"))))`)
	f.mend()
	p.Shown("#health", "Disk error")
	p.Until(dead + " === 2")
	p.Shown(".flow-node[data-state=good]", "hosted")
	p.Shown(".card[data-state=good]", "hosted")
}

func testSilence(t *testing.T, b context.Context, graphite http.Handler) {
	url := serveWith(t, newFlow(), graphite)
	var silent atomic.Bool
	target, err := neturl.Parse(url)
	if err != nil {
		t.Fatal(err)
	}
	through := httputil.NewSingleHostReverseProxy(target)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if silent.Load() && !strings.HasPrefix(r.URL.Path, "/page/") {
			http.Error(w, "Nobody is there.", http.StatusBadGateway)
			return
		}
		through.ServeHTTP(w, r)
	}))
	defer proxy.Close()
	p := browser.Open(t, b, proxy.URL+"/?view=status", 1280)
	p.Shown("#status", "hosted")
	silent.Store(true)
	p.Shown("#trouble", "Nobody is there. No answer for")
	p.Shown("#health", "No answer")
	p.Shown("#status", "hosted")
	silent.Store(false)
	p.Until("document.getElementById('trouble').hidden")
}

func testNoDatabase(t *testing.T, b context.Context, _ http.Handler) {
	url := serveWith(t, newFlow(), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no destination keeps series here", http.StatusNotFound)
	}))
	p := browser.Open(t, b, url+"/?target=a.b", 1280)
	p.Shown("#metrics", "no destination keeps series here")
	p.Shown("#metrics pre", "type: whisper")
	p.Click("nav a", "Status")
	p.Shown("#status", "Destinations")
	p.Click("nav a", "Metrics")
	p.Shown("#metrics pre", "type: whisper")
}

// testLabels: whatever can have the focus is called something, and can be seen to have it.
func testLabels(t *testing.T, b context.Context, graphite http.Handler) {
	url := serveWith(t, newFlow(), graphite)
	for _, view := range []string{"/?target=servers.*.load", "/?view=status"} {
		p := browser.Open(t, b, url+view, 1280)
		p.Until("document.querySelector('#legend button, .card')")
		nameless := browser.Eval[string](p, `[...document.querySelectorAll("a, button, input, select, summary, [tabindex='0']")]
			.filter(e => !(e.ariaLabel || e.innerText?.trim() || e.labels?.[0]?.innerText || e.getAttribute("aria-labelledby")))
			.map(e => e.outerHTML).join("\n")`)
		if nameless != "" {
			t.Errorf("%s has nameless parts:\n%s", view, nameless)
		}
		seen := map[string]bool{}
		for range 40 {
			p.Keys(kb.Tab)
			at := browser.Eval[string](p, "document.activeElement.outerHTML.slice(0, 80)")
			seen[at] = true
			visible := browser.Eval[bool](p, `(e => e === document.body || [e, e.firstElementChild].some(x => x && parseFloat(getComputedStyle(x).outlineWidth) > 0 && getComputedStyle(x).outlineStyle !== "none"))(document.activeElement)`)
			if !visible {
				t.Errorf("%s: the focus cannot be seen at %s", view, at)
			}
		}
		if len(seen) < 5 {
			t.Errorf("%s: Tab comes to %d parts, want more", view, len(seen))
		}
	}
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}
