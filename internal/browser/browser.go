// Package browser drives a page in Chromium, for tests that do what a person does.
package browser

import (
	"context"
	"encoding/json"
	"net/url"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Start starts Chromium, for as long as the test runs.
func Start(t *testing.T) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil && path == "" {
			path = found
		}
	}
	if path == "" {
		t.Fatal("there is no chromium: run make peers, or apt-get install chromium")
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.WSURLReadTimeout(time.Minute))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	return ctx
}

// Tab is a page in the browser, of which a test says what a person does.
type Tab struct {
	*testing.T
	Ctx context.Context

	mu     sync.Mutex
	failed []string
}

// Open opens a page as wide as a screen. What its console hears of trouble fails the
// test.
func Open(t *testing.T, browser context.Context, url string, width int64) *Tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	p := &Tab{T: t, Ctx: ctx}
	p.Do("open a tab")
	messages := chromedp.Console(ctx)
	var listening sync.WaitGroup
	listening.Go(func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			p.hear(m)
		}
	})
	t.Cleanup(func() {
		cancel()
		listening.Wait()
	})
	p.Do("open", inFront, chromedp.EmulateViewport(width, 800), Theme("light"), chromedp.Navigate(url))
	return p
}

// Failed are the answers of the gateway that were errors.
func (p *Tab) Failed() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.failed)
}

// hear fails the test for what is in the console, but for answers of the gateway that
// the page is to bear.
func (p *Tab) hear(m chromedp.ConsoleMessage) {
	trouble := m.IsException() || m.Type == chromedp.ConsoleError || m.Type == chromedp.ConsoleWarning
	answer := strings.HasPrefix(m.Text, "Failed to load resource") && !strings.Contains(m.URL, "/page/")
	if trouble && answer {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.failed = append(p.failed, m.Text+" "+m.URL)
	} else if trouble {
		p.Errorf("the console says: %v at %s:%d", m, m.URL, m.Line)
	}
}

// inFront has a page believe that it is seen, whatever other pages are.
func inFront(ctx context.Context, t *chromedp.Target) (none chromedp.Void, err error) {
	_, err = cdp.Call(ctx, t, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	return none, err
}

// Theme has the system prefer dark or light.
func Theme(name string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
		})
		return err
	})
}

func (p *Tab) Do(what string, actions ...chromedp.Action[chromedp.Void]) {
	p.Helper()
	if err := chromedp.Do(p.Ctx, actions...); err != nil {
		p.Fatalf("%s: %v", what, err)
	}
}

// Eval is what an expression is worth in the page.
func Eval[V any](p *Tab, expression string) V {
	p.Helper()
	v, err := chromedp.Run(p.Ctx, chromedp.Evaluate[V](expression))
	if err != nil {
		p.Fatalf("%s: %v", expression, err)
	}
	return v
}

// Until waits until an expression is true. It asks from outside: the page's policy
// lets nothing be evaluated inside.
func (p *Tab) Until(expression string) {
	p.Helper()
	for end := time.Now().Add(30 * time.Second); !Eval[bool](p, "Boolean("+expression+")"); time.Sleep(25 * time.Millisecond) {
		if time.Now().After(end) {
			p.Fatalf("never: %s; the page says: %s", expression, Eval[string](p, "document.body.innerText.replace(/\\s+/g, ' ').slice(0, 700)"))
		}
	}
}

// Keys presses keys, one after the other.
func (p *Tab) Keys(names ...string) {
	p.Helper()
	for _, name := range names {
		p.Do("press a key", chromedp.KeyEvent(name))
	}
}

// Write types a text where the focus is.
func (p *Tab) Write(text string) {
	p.Helper()
	p.Do("type", chromedp.KeyEvent(text))
}

// TabTo presses Tab until an element has the focus.
func (p *Tab) TabTo(selector string) {
	p.Helper()
	for range 60 {
		if Eval[bool](p, "document.activeElement.matches("+Quote(selector)+")") {
			return
		}
		p.Keys(kb.Tab)
	}
	p.Fatalf("Tab does not come to %s", selector)
}

// Focused waits until what is called name has the focus.
func (p *Tab) Focused(name string) {
	p.Helper()
	p.Until("(document.activeElement.ariaLabel ?? document.activeElement.textContent) === " + Quote(name))
}

// Shown waits until the text can be seen in an element.
func (p *Tab) Shown(selector, text string) {
	p.Helper()
	p.Until("[...document.querySelectorAll(" + Quote(selector) + ")].some(e => e.checkVisibility() && e.innerText.toLowerCase().includes(" + Quote(strings.ToLower(text)) + "))")
}

// Click clicks what a selector names and has a text.
func (p *Tab) Click(selector, text string) {
	p.Helper()
	p.Until("[...document.querySelectorAll(" + Quote(selector) + ")].some(e => e.checkVisibility() && (e.innerText.includes(" + Quote(text) + ")) && (e.click(), true))")
}

// Address is what the address bar asks for.
func (p *Tab) Address() url.Values {
	p.Helper()
	values, err := url.ParseQuery(strings.TrimPrefix(Eval[string](p, "location.search"), "?"))
	if err != nil {
		p.Fatal(err)
	}
	return values
}

// Quote is a text as JavaScript has it.
func Quote(text string) string {
	b, _ := json.Marshal(text) // a text always can
	return string(b)
}

// Lines waits until so many lines are drawn, in the colours that the legend says.
func (p *Tab) Lines(n int) {
	p.Helper()
	p.Drawn(n, 20)
}

// Drawn waits until so many lines have at least so many pixels each, in the colours that
// the legend says.
func (p *Tab) Drawn(lines, pixels int) {
	p.Helper()
	p.Until(`(() => {
		const canvas = document.querySelector("#plot canvas");
		if (!canvas?.width) return false;
		const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", {willReadFrequently: true});
		copy.drawImage(canvas, 0, 0);
		const pixels = new Uint32Array(copy.getImageData(0, 0, canvas.width, canvas.height).data.buffer);
		const seen = new Map([...document.querySelectorAll("#legend .swatch")].map(s => {
			const [r, g, b] = getComputedStyle(s).color.match(/\d+/g);
			return [(255 << 24 | b << 16 | g << 8 | r) >>> 0, 0];
		}));
		for (const p of pixels) if (p !== 0 && seen.has(p)) seen.set(p, seen.get(p) + 1);
		return [...seen.values()].filter(n => n > ` + strconv.Itoa(pixels) + `).length === ` + strconv.Itoa(lines) + `;
	})()`)
}

// Narrow fails if the page is wider than a screen of 360.
func (p *Tab) Narrow() {
	p.Helper()
	if got := Eval[int](p, "document.documentElement.scrollWidth"); got > 360 {
		p.Errorf("got a page %d wide, want it as wide as the screen: %s", got, Eval[string](p,
			"[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > 361).map(e => e.outerHTML.slice(0, 100)).join('\\n')"))
	}
}
