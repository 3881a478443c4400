package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// gateway is the process under test, in one life after another.
type gateway struct {
	ground        *ground
	levers        *levers // nil: none
	binary        string
	config, admin string
	log           *os.File
	lost          *lossWatch

	exchange sync.Mutex // held by whoever ends a life, until the next one is there

	mu    sync.Mutex
	cmd   *exec.Cmd
	ended chan struct{}
	lives []*life
}

const (
	readyWithin = 20 * time.Second
	stopWithin  = 10*time.Second + 5*time.Second // as promised, and an allowance for a busy machine
)

// start begins a life whose monotonic clock is ahead by so many seconds.
func (g *gateway) start(clock int) error {
	cmd := g.ground.shifted(clock, g.binary, "serve", "--config", g.config)
	cmd.Stdout, cmd.Stderr = g.lost, g.lost
	leash(cmd)
	if g.levers != nil {
		cmd.ExtraFiles = []*os.File{g.levers.file}
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the gateway: %w", err)
	}
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	g.mu.Lock()
	g.cmd, g.ended = cmd, ended
	g.lives = append(g.lives, &life{started: began})
	g.mu.Unlock()
	return nil
}

// awaitReady waits until the gateway takes points.
func (g *gateway) awaitReady() error {
	for end := time.Now().Add(readyWithin); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		r, err := (&http.Client{Timeout: time.Second}).Get("http://" + g.admin + "/readyz")
		if err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-g.ended:
			return errors.New("the gateway ended at its start")
		default:
		}
	}
	return fmt.Errorf("the gateway is not ready %v after its start", readyWithin)
}

// kill is kill -9.
func (g *gateway) kill() {
	l := g.current()
	g.close(l, killed) // before: whoever sees that it is gone sees why
	g.signal(syscall.SIGKILL)
	<-g.ended
	g.close(l, killed)
}

// stop is SIGTERM. It is an error if the gateway does not end well and in time.
func (g *gateway) stop() error {
	l := g.current()
	turns := g.levers.turnsOfDisk()
	g.mu.Lock()
	l.told = time.Now()
	g.mu.Unlock()
	g.signal(syscall.SIGTERM)
	select {
	case <-g.ended:
	case <-time.After(stopWithin):
		g.signal(syscall.SIGKILL)
		<-g.ended
		g.close(l, killed)
		return fmt.Errorf("the gateway still runs %v after SIGTERM", stopWithin)
	}
	g.close(l, stopped)
	if status := g.cmd.ProcessState.ExitCode(); status != 0 && g.levers.wholeSince(turns) && !g.lost.excused() {
		return fmt.Errorf("the gateway's exit status is %d after SIGTERM, want 0", status)
	}
	return nil
}

func (g *gateway) close(l *life, end ending) {
	g.mu.Lock()
	defer g.mu.Unlock()
	l.end, l.gone = end, time.Now()
}

func (g *gateway) signal(s os.Signal) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.cmd.Process.Signal(s)
}

// ranOut tells that a life ended that nobody ended.
func (g *gateway) ranOut() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-g.ended:
		l := g.lives[len(g.lives)-1]
		return l.end == lives && l.told.IsZero()
	default:
		return false
	}
}

func (g *gateway) current() *life {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.lives[len(g.lives)-1]
}

// reload has the gateway take up its configuration, and waits until it says what
// came of it; "" if it was ended meanwhile. One that is under way is always waited
// for: its outcome would be taken for that of the next.
func (g *gateway) reload() (outcome string) {
	l := g.current()
	before := g.reloads(l)
	g.signal(syscall.SIGHUP)
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if g.current() != l {
			return ""
		}
		after := g.reloads(l)
		for _, result := range []string{"applied", "refused"} {
			if after[result] > before[result] {
				return result
			}
		}
	}
	return ""
}

// reloads counts the outcomes of a life's reloads.
func (g *gateway) reloads(l *life) map[string]float64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	counts := map[string]float64{}
	if l.last == nil {
		return counts
	}
	for _, result := range []string{"applied", "refused"} {
		counts[result] = l.last.values[fmt.Sprintf("plumbago_relay_reloads_total{result=%q}", result)]
	}
	return counts
}

// watch scrapes the metrics again and again, and shows each scrape.
func (g *gateway) watch(ctx context.Context, show func(*life, *scrape)) {
	for ctx.Err() == nil {
		l := g.current()
		s, err := fetch(g.admin)
		if err == nil && g.take(l, s) {
			show(l, s)
		}
		select {
		case <-ctx.Done():
		case <-time.After(80 * time.Millisecond):
		}
	}
}

// take notes a scrape, if it is surely of the life l.
func (g *gateway) take(l *life, s *scrape) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if l != g.lives[len(g.lives)-1] || l.end != lives || !l.told.IsZero() {
		return false
	}
	l.see(s)
	return true
}

// lossWatch writes the gateway's log to a file, and reads in it what metrics can
// not tell any more: points that the disk did not take while a queue was closed.
type lossWatch struct {
	file *os.File

	mu      sync.Mutex
	rest    []byte
	atClose map[string]float64
	bad     []string // lines that no gateway must ever write
	excuse  bool
}

var closingLoss = regexp.MustCompile(`msg="disk refuses the last points: they are lost" dest=(\S+) points=(\d+)`)

func (w *lossWatch) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rest = append(w.rest, b...)
	for {
		line, rest, found := bytes.Cut(w.rest, []byte("\n"))
		if !found {
			break
		}
		w.read(string(line))
		w.rest = rest
	}
	return w.file.Write(b)
}

func (w *lossWatch) read(line string) {
	if m := closingLoss.FindStringSubmatch(line); m != nil {
		n, _ := strconv.ParseFloat(m[2], 64)
		w.atClose[m[1]] += n
		w.excuse = true
	}
	for _, word := range []string{"panic:", "fatal error:", "DATA RACE"} {
		if bytes.Contains([]byte(line), []byte(word)) {
			w.bad = append(w.bad, line)
		}
	}
}

// excused says, once, that the last life had a reason not to end well.
func (w *lossWatch) excused() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	was := w.excuse
	w.excuse = false
	return was
}
