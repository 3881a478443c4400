package e2e_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/plumbago/plumbago/internal/browser"
)

// TestThePage is the page of the real binary in a real browser.
func TestThePage(t *testing.T) {
	t.Parallel()
	b := browser.Start(t)
	t.Run("a newcomer", func(t *testing.T) {
		t.Parallel()
		testNewcomer(t, b)
	})
	t.Run("an outage", func(t *testing.T) {
		t.Parallel()
		testWatchedOutage(t, b)
	})
}

// testNewcomer opens the page of a gateway that has nothing yet, sends a point with
// netcat, finds it, and sees it.
func testNewcomer(t *testing.T, b context.Context) {
	g := startDatabase(t, filepath.Join(t.TempDir(), "whisper"), "interval: 200ms")
	p := browser.Open(t, b, "http://"+g.admin+"/", 1280)
	p.Shown("#search-note", "No series yet")
	netcat(t, "hello.world 42\n", "", g.line)
	p.Click("[role=treeitem] .row", "hello")
	p.Click("[aria-level='2'] .row", "world")
	p.Drawn(1, 8) // one point: a dot
	p.Shown("#legend", "hello.world")
	p.Shown("#legend", "42")
	lines, _ := wave("hello.world", time.Now().Unix()-1800, 600)
	sendLines(t, g.line, lines)
	g.awaitDrained("local", 10*time.Second)
	p.Click("#presets button", "6 h")
	p.Drawn(1, 60) // a line
	if failed := p.Failed(); len(failed) > 0 {
		t.Errorf("got the answers %q, want none that is an error", failed)
	}
}

// testWatchedOutage looks at the status while a destination goes down and comes back.
func testWatchedOutage(t *testing.T, b context.Context) {
	const waiting = "Number(document.querySelector('.box-destinations .figure-waiting dd').innerText.replaceAll(',', ''))"
	far := newSink(t, "line")
	g := startGateway(t, to(far))
	points := stream{name: "watched"}
	sending := points.paced(g.line, 1000, 8*time.Second)
	p := browser.Open(t, b, "http://"+g.admin+"/?view=status", 1280)
	p.Shown(".flow-node[data-state=good]", "sink")
	p.TabTo(".box-explain input")
	p.Write("watched.1" + kb.Enter)
	p.Shown(".verdict", "watched.1 goes to sink.")
	p.TabTo(".box-tap input")
	p.Write("^watched" + kb.Enter)
	p.Shown(".tapped li", "→ sink")

	far.down()
	p.Shown("#health", "1 destination down")
	p.Shown(".flow-node[data-state=bad]", "down · oldest")
	p.Until("document.querySelector('.flow-lines path[data-state=bad]')")
	p.Shown(".card[data-state=bad]", "connection refused")
	p.Until(waiting + " > 100")
	p.Until(fmt.Sprintf("%s > %d", waiting, browser.Eval[int](p, waiting)))

	far.up()
	p.Shown("#health", "1 destination up")
	<-sending
	p.Shown(".card[data-state=good] .figure-catching dd", "yes")
	p.Until(waiting + " === 0")
	p.Until("!document.querySelector('.flow-lines path[data-state=bad]')")
	p.Click(".box-tap button", "Stop")
	if failed := p.Failed(); len(failed) > 0 {
		t.Errorf("got the answers %q, want none that is an error", failed)
	}
	points.checkAllArrived(t, far, 5*time.Second)
	g.checkIdentity("sink")
}
