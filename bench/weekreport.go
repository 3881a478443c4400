package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// weekSample is how the gateway was at one moment.
type weekSample struct {
	at         time.Duration // since the first point
	points     int64         // sent until then
	rss        int64         // bytes of memory
	files      int           // open descriptors
	goroutines int
}

// weekReport is what a week was like.
type weekReport struct {
	points            int64
	settled           time.Duration // after so long, memory has no excuse to grow
	took              time.Duration
	reloads, outages  int
	sent, came        int64
	twice, damaged    int64
	appended, dropped int64
	balance           int64 // points that the identity of the queues does not explain
	samples           []weekSample
}

const (
	weekSampleEvery = 100 * time.Millisecond
	weekScrapeEvery = 10   // samples
	hours           = 168  // of a week
	mayGrow         = 1.20 // times the memory of the first hour
)

// watch samples the gateway until ctx is done; then the channel is closed.
func (w *week) watch(ctx context.Context, progress io.Writer) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		begun, tick := time.Now(), time.NewTicker(weekSampleEvery)
		defer tick.Stop()
		goroutines := 0
		for n := 0; ; n++ {
			if n%weekScrapeEvery == 0 {
				if now, err := w.gate.scrape(ctx); err == nil {
					goroutines = int(now["go_goroutines"])
				}
			}
			w.sample(time.Since(begun), goroutines)
			if n%300 == 299 {
				s := w.report.samples[len(w.report.samples)-1]
				fmt.Fprintf(progress, "week: %s points sent, %s came, %d MB, %d files, %d goroutines\n", thousands(s.points),
					thousands(w.seen.unique.Load()), s.rss>>20, s.files, s.goroutines)
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	}()
	return done
}

// sample adds a sample, if the gateway lives.
func (w *week) sample(at time.Duration, goroutines int) {
	pid := w.gate.programs[0].cmd.Process.Pid
	u, err := readUsage(pid)
	if err != nil || u.RSS == 0 {
		return
	}
	files, _ := os.ReadDir(filepath.Join("/proc", fmt.Sprint(pid), "fd"))
	w.report.samples = append(w.report.samples, weekSample{at: at, points: w.sent.Load(), rss: u.RSS, files: len(files), goroutines: goroutines})
}

// weekPart is what the samples of a part of the week say.
type weekPart struct {
	name              string
	peak, median      int64
	files, goroutines int // the most
	samples           int
}

// parts are the first hour, which takes a few seconds only, the time in which memory
// may settle, and the days, those without samples left out.
func (r *weekReport) parts() (parts []weekPart) {
	hour := r.points / hours
	parts = append(parts,
		r.part("first hour", func(s weekSample) bool { return s.points < hour }),
		r.part(fmt.Sprintf("first %v", r.settled), func(s weekSample) bool { return s.points < hour || s.at < r.settled }))
	for d := range int64(7) {
		begin, end := max(hour, d*24*hour), (d+1)*24*hour
		if d == 6 {
			end = r.points + 1
		}
		p := r.part(fmt.Sprintf("day %d", d+1), func(s weekSample) bool { return s.points >= begin && s.points < end })
		if p.samples > 0 {
			parts = append(parts, p)
		}
	}
	return parts
}

func (r *weekReport) part(name string, of func(weekSample) bool) weekPart {
	p := weekPart{name: name}
	var rss []int64
	for _, s := range r.samples {
		if of(s) {
			rss = append(rss, s.rss)
			p.files, p.goroutines = max(p.files, s.files), max(p.goroutines, s.goroutines)
		}
	}
	slices.Sort(rss)
	if p.samples = len(rss); p.samples > 0 {
		p.peak, p.median = rss[len(rss)-1], rss[len(rss)/2]
	}
	return p
}

// identity is an error if a point is missing, or was dropped or damaged.
func (r *weekReport) identity() error {
	if r.sent != r.points || r.came != r.points || r.damaged != 0 || r.appended != r.points || r.dropped != 0 || r.balance != 0 {
		return fmt.Errorf("the points do not add up: %s were to be sent, %s were, %s came, %s damaged; the gateway appended %s, dropped %s, and cannot explain %s",
			thousands(r.points), thousands(r.sent), thousands(r.came), thousands(r.damaged), thousands(r.appended), thousands(r.dropped), thousands(r.balance))
	}
	return nil
}

// growth is the most memory that a day took, as multiples of the peak of the first
// hour and of the time in which memory may settle.
func (r *weekReport) growth() (sinceHour, sinceSettled float64) {
	parts := r.parts()
	worst := int64(0)
	for _, p := range parts[2:] {
		worst = max(worst, p.peak)
	}
	return float64(worst) / float64(max(1, parts[0].peak)), float64(worst) / float64(max(1, parts[1].peak))
}

// verdict is an error unless all points came and memory stayed what it was.
func (r *weekReport) verdict() error {
	if err := r.identity(); err != nil {
		return err
	}
	if _, grown := r.growth(); grown > mayGrow {
		return fmt.Errorf("memory grew to %.2f times that of the first %v", grown, r.settled)
	}
	return nil
}

func (r *weekReport) print(w io.Writer) {
	row(w, []string{"part of the week", "RSS MB, median", "at most", "open files, at most", "goroutines, at most"})
	row(w, []string{"---", "--:", "--:", "--:", "--:"})
	for _, p := range r.parts() {
		row(w, []string{p.name, fmt.Sprintf("%.0f", megabytes(p.median)), fmt.Sprintf("%.0f", megabytes(p.peak)),
			fmt.Sprint(p.files), fmt.Sprint(p.goroutines)})
	}
	hour, settled := r.growth()
	fmt.Fprintf(w, "\n%s points were sent in %.0f s, through %d reloads and %d outages of a destination: %s came, %s of them more than once, "+
		"%s were dropped, %s are missing. ", thousands(r.sent), r.took.Seconds(), r.reloads, r.outages, thousands(r.came), thousands(r.twice),
		thousands(r.dropped), thousands(r.sent-r.came))
	fmt.Fprintf(w, "At most, memory was %.2f times that of the first hour, and %.2f times that of the first %v.\n", hour, settled, r.settled)
	if err := r.verdict(); err != nil {
		fmt.Fprintf(w, "\nNot as it should be: %v.\n", err)
	} else {
		fmt.Fprintf(w, "\nAs it should be: within 20 %% of the first %v, and every point came.\n", r.settled)
	}
}

func megabytes(b int64) float64 { return float64(b) / (1 << 20) }

// text is the page's section.
func (r *weekReport) text(picture string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "`make week`, %s. As many points as a gateway with %s points/s has in a week are sent as fast as they are taken: with keys of tenants who come and go "+
		"by reload, with rules that change, a ring, two destinations of which one is down at times, series that are new all the time, "+
		"and connections that open and close. The first 168th of them is the first hour. It is over in seconds, which is before reloads, outages and the collector of "+
		"garbage have had their turns: what the memory is measured by is the first %v.\n\n", benchGround(), thousands(r.points/hours/3600), r.settled)
	fmt.Fprintf(&b, "![Memory over a week's points](%s)\n\n", picture)
	r.print(&b)
	return b.String()
}

// figure draws the memory over the points.
func (r *weekReport) figure() figure {
	memory := curve{name: "RSS"}
	every := max(1, len(r.samples)/600)
	for i := 0; i < len(r.samples); i += every {
		peak := slices.MaxFunc(r.samples[i:min(i+every, len(r.samples))], func(a, b weekSample) int { return int(a.rss - b.rss) })
		memory.points = append(memory.points, spot{float64(peak.points), megabytes(peak.rss)})
	}
	return figure{"Memory over a week's points", []panel{{x: "points", y: "RSS, MB", curves: []curve{memory}}}}
}

// saveHeap writes the profile of the gateway's heap into a file.
func (w *week) saveHeap(ctx context.Context) error {
	body, err := w.gate.ask(ctx, "/debug/pprof/heap")
	if err != nil {
		return err
	}
	defer body.Close()
	f, err := os.Create(w.heap)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(f, body)
	return err
}
