package admin_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
	"github.com/plumbago/plumbago/internal/browser"
)

func testTree(t *testing.T, b context.Context, graphite http.Handler) {
	p := browser.Open(t, b, serveWith(t, newFlow(), graphite), 1280)
	p.Until("document.querySelectorAll('[role=treeitem]').length === 3")
	p.TabTo("#tree [role=treeitem]")
	p.Focused("hostile")
	p.Write("s")
	p.Focused("servers")
	p.Keys(kb.ArrowRight)
	p.Until("document.activeElement.querySelectorAll('[role=treeitem]').length === 3")
	p.Keys(kb.ArrowRight)
	p.Focused("ams-web-01")
	p.Keys(kb.ArrowDown, kb.ArrowDown)
	p.Focused("fra-db-01")
	p.Keys(kb.Enter)
	p.Until("document.activeElement.querySelectorAll('[role=treeitem]').length === 3")
	p.Keys(kb.End)
	p.Focused("load")
	p.Keys(kb.Enter)
	p.Lines(1)
	p.Until("document.activeElement.ariaSelected === 'true'")
	if got := p.Address()["target"]; !slices.Equal(got, []string{"servers.fra-db-01.load"}) {
		t.Errorf("got targets %q, want the one chosen", got)
	}
	p.Keys(kb.ArrowLeft)
	p.Focused("fra-db-01")
	p.Keys(kb.ArrowLeft, kb.ArrowLeft)
	p.Focused("servers")
	p.Keys(kb.Home, kb.ArrowUp)
	p.Focused("hostile")
}

func testMore(t *testing.T, b context.Context, graphite http.Handler) {
	p := browser.Open(t, b, serveWith(t, newFlow(), graphite), 1280)
	p.Until("document.querySelector('[role=treeitem]')")
	p.TabTo("#tree [role=treeitem]")
	p.Write("m")
	p.Keys(kb.ArrowRight)
	p.Until("document.querySelectorAll('[aria-level=\"2\"]').length === 201")
	p.Keys(kb.ArrowRight, kb.ArrowLeft, kb.ArrowDown)
	p.Focused("host-000")
	p.Write("m")
	p.Focused("more… (250)")
	p.Keys(kb.Enter)
	p.Focused("host-200")
	p.Until("document.querySelectorAll('[aria-level=\"2\"]').length === 401")
}

func testSearch(t *testing.T, b context.Context, graphite http.Handler) {
	p := browser.Open(t, b, serveWith(t, newFlow(), graphite), 1280)
	p.Until("document.querySelector('[role=treeitem]')")
	p.TabTo("#search")
	p.Write("CPU ams")
	p.Until("[...document.querySelectorAll('#found li:first-child mark')].map(m => m.innerText).join() === 'ams,cpu'")
	p.Shown("#search-note", "4 series")
	p.Keys(kb.ArrowDown, kb.ArrowDown)
	p.Focused("servers.ams-web-01.cpu.user")
	p.Keys(kb.Enter)
	p.Lines(1)
	p.Keys(kb.ArrowDown, kb.Enter)
	p.Lines(2)
	p.Until("document.activeElement.ariaPressed === 'true'")
	p.Keys(kb.Enter)
	p.Lines(1)
	p.Keys(kb.Escape, kb.Escape)
	p.Until("document.getElementById('found').hidden && !document.getElementById('tree').hidden")
	p.Write("no such thing")
	p.Shown("#search-note", "Nothing found")
}

// testHostile has names shown that would be something else if they were not text.
func testHostile(t *testing.T, b context.Context, graphite http.Handler) {
	p := browser.Open(t, b, serveWith(t, newFlow(), graphite), 1280)
	p.Click("[role=treeitem] .row", "hostile")
	for _, name := range hostile {
		name = strings.TrimPrefix(name, "hostile.")
		p.Click("[aria-level='2'] .row", name)
	}
	p.Lines(4)
	for _, name := range hostile {
		p.Shown("#legend", name)
	}
	p.Click("nav a", "Status")
	p.Click("summary", "Last 2 samples")
	p.Shown(".samples code", `<img src=x onerror="alert(1)"> oops`)
	if got := browser.Eval[int](p, "document.querySelectorAll('body img:not(.brand img), body script').length"); got != 0 {
		t.Errorf("got %d images and scripts in the body, want only text", got)
	}
}
