package admin_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"
	"github.com/plumbago/plumbago/internal/browser"
)

func testTargets(t *testing.T, b context.Context, graphite http.Handler) {
	p := browser.Open(t, b, serveWith(t, newFlow(), graphite), 1280)
	p.TabTo("#new-target")
	p.Write("servers.*.load" + kb.Enter)
	p.Lines(3)
	p.Shown(".target .note", "3 series")
	p.Write("scale(servers.fra-db-01.load" + kb.Enter)
	p.Shown("#targets .fault", "cannot read the target")
	p.Lines(3)
	browser.Eval[bool](p, "(document.querySelectorAll('#targets input')[1].focus(), true)")
	p.Keys(kb.End)
	p.Write(",2)" + kb.Enter)
	p.Lines(4)
	p.Until("!document.querySelector('#targets .fault:not([hidden])')")
	p.Click("#targets li:first-child button", "Remove")
	p.Lines(1)
	if got := p.Address()["target"]; !slices.Equal(got, []string{"scale(servers.fra-db-01.load,2)"}) {
		t.Errorf("got targets %q, want the one that is left", got)
	}
	p.TabTo("#new-target")
	p.Write("no.such.name" + kb.Enter)
	p.Shown(".target .note", "No series")
}

func testRange(t *testing.T, b context.Context, graphite http.Handler) {
	p := browser.Open(t, b, serveWith(t, newFlow(), graphite)+"/?target=servers.fra-db-01.load", 1280)
	p.Lines(1)
	p.TabTo("#presets [data-from='-6h']")
	p.Keys(kb.Enter)
	p.Until("document.activeElement.ariaPressed === 'true'")
	p.TabTo("#from")
	p.Write("nonsense" + kb.Enter)
	p.Shown("#range-fault", "nonsense")
	if got := p.Address().Get("from"); got != "-6h" {
		t.Errorf("got from=%q, want -6h while the time is wrong", got)
	}
	p.Do("select all", chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	p.Write("-2d" + kb.Enter)
	p.Until("location.search.includes('from=-2d')")
	p.Until("!document.querySelector('#range-fault:not([hidden])')")
	p.Shown(".u-axis, #legend", "servers.fra-db-01.load")
	p.Click("#earlier", "‹")
	p.Until("/from=\\d+&until=\\d+/.test(location.search)")
}

// testDrag drags over the middle half of the graph.
func testDrag(t *testing.T, b context.Context, graphite http.Handler) {
	p := browser.Open(t, b, serveWith(t, newFlow(), graphite)+"/?target=servers.fra-db-01.load&from=1700000000&until=1700003600", 1280)
	p.Lines(1)
	box := browser.Eval[[]float64](p, "(r => [r.left, r.width, r.top])(document.querySelector('.u-over').getBoundingClientRect())")
	for _, m := range []input.DispatchMouseEventParams{
		{Type: input.DispatchMouseEventTypeMouseMoved, X: box[0] + box[1]/4},
		{Type: input.DispatchMouseEventTypeMousePressed, X: box[0] + box[1]/4, Button: input.MouseButtonLeft, ClickCount: 1},
		{Type: input.DispatchMouseEventTypeMouseMoved, X: box[0] + box[1]/2, Button: input.MouseButtonLeft},
		{Type: input.DispatchMouseEventTypeMouseMoved, X: box[0] + box[1]*3/4, Button: input.MouseButtonLeft},
		{Type: input.DispatchMouseEventTypeMouseReleased, X: box[0] + box[1]*3/4, Button: input.MouseButtonLeft, ClickCount: 1},
	} {
		m.Y = box[2] + 50
		p.Do("drag", chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, input.DispatchMouseEvent, m)
			return err
		}))
	}
	p.Until("/from=1700000[89]\\d\\d&until=170000(26|27)\\d\\d/.test(location.search)")
	p.Shown("#legend-time", "2023-11-1")
	p.Lines(1)
}

func testAddress(t *testing.T, b context.Context, graphite http.Handler) {
	const link = "?target=servers.*.load&target=servers.fra-db-01.cpu.user&from=-24h&until=-1h&refresh=5"
	url := serveWith(t, newFlow(), graphite)
	p := browser.Open(t, b, url+"/"+link, 1280)
	p.Lines(4)
	got := browser.Eval[[]string](p, "['from', 'until', 'refresh'].map(id => document.getElementById(id).value)")
	if diff := cmp.Diff([]string{"-24h", "-1h", "5"}, got); diff != "" {
		t.Errorf("the link's times (-want +got):\n%s", diff)
	}
	p.Click("#targets li:first-child button", "Remove")
	p.Lines(1)
	p.Click("nav a", "Status")
	p.Shown("#status", "Destinations")
	browser.Eval[bool](p, "(history.back(), true)")
	p.Shown("#metrics", "Targets")
	browser.Eval[bool](p, "(history.back(), true)")
	p.Lines(4)
	if got := browser.Eval[string](p, "location.search"); got != strings.ReplaceAll(link, "(", "%28") {
		t.Errorf("got the address %q, want %q", got, link)
	}
}

func testRefresh(t *testing.T, b context.Context, graphite http.Handler) {
	var asked atomic.Int64
	p := browser.Open(t, b, serveWith(t, newFlow(), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/render" {
			asked.Add(1)
		}
		graphite.ServeHTTP(w, r)
	}))+"/?target=servers.fra-db-01.load&refresh=1", 1280)
	p.Lines(1)
	eventually(t, "asked again", func() bool { return asked.Load() >= 2 })
	p.TabTo("#refresh")
	p.Keys(kb.Home)
	p.Until("location.search.endsWith('refresh=0')")
}

func testLegend(t *testing.T, b context.Context, graphite http.Handler) {
	p := browser.Open(t, b, serveWith(t, newFlow(), graphite)+"/?target=servers.*.load", 1280)
	p.Lines(3)
	p.TabTo("#legend button")
	p.Keys(kb.Enter)
	p.Lines(2)
	p.Until("document.activeElement.ariaPressed === 'false'")
	p.Keys(" ")
	p.Lines(3)
	if got := browser.Eval[int](p, "[...document.querySelectorAll('#legend td')].filter(c => /^\\d/.test(c.innerText)).length"); got != 12 {
		t.Errorf("got %d values, want 4 of each of 3 series", got)
	}
}
