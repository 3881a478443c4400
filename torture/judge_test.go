package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

var epoch = time.Unix(1_700_000_000, 0)

func after(d time.Duration) time.Time { return epoch.Add(d) }

// trial is a run that has ended: one stream, one far end, two lives.
type trial struct {
	*torturer
	said bytes.Buffer
}

// newTrial has tries of ten points each: one well before the first life's end, one
// right before it, and one in the second life.
func newTrial(protocol string, end ending) *trial {
	r := &trial{}
	s := &stream{sending: sending{Stream: "s", Protocol: protocol}, listener: "door"}
	for i, at := range []time.Duration{time.Second, 9900 * time.Millisecond, 12 * time.Second} {
		conn := after(time.Duration(i/2) * 11 * time.Second)
		s.tries = append(s.tries, try{first: 10 * i, end: 10 * (i + 1), began: after(at), done: after(at + time.Millisecond), dialled: conn})
	}
	f := &far{sink: &sink{arrivals: newArrivals("far")}}
	first := &life{started: epoch, gone: after(10 * time.Second), told: after(9950 * time.Millisecond), end: end, wasHealthy: true,
		safe: map[string]float64{"door": 10}}
	r.torturer = &torturer{report: newReport(settings{}, &r.said), members: newMembership(), streams: []*stream{s}, fars: []*far{f},
		gateway: &gateway{lost: &lossWatch{atClose: map[string]float64{}}, lives: []*life{first, {started: after(11 * time.Second)}}}}
	return r
}

// got has the far end get all points but some.
func (r *trial) got(but ...int) {
	for i := range 30 {
		lost := false
		for _, b := range but {
			lost = lost || b == i
		}
		if !lost {
			line := appendPoint(nil, "s", i)
			r.fars[0].take(line[:len(line)-1])
		}
	}
}

func TestTheJudge(t *testing.T) {
	for _, test := range []struct {
		name, protocol string
		end            ending
		lost           []int
		dropped        float64
		with           func(*trial)
		want           string // "" if nothing is wrong
	}{
		{name: "all there", protocol: "line", end: killed},
		{name: "lost in the moment of a kill", protocol: "line", end: killed, lost: []int{10, 19}},
		{name: "lost though surely read", protocol: "line", end: killed, lost: []int{9}, want: "lacks 1 points"},
		{name: "lost in the life that goes on", protocol: "line", end: killed, lost: []int{20}, want: "lacks 1 points"},
		{name: "lost by a stop", protocol: "line", end: stopped, lost: []int{10}, want: "lacks 1 points"},
		{name: "sent after a stop began", protocol: "line", end: stopped, lost: []int{10},
			with: func(r *trial) { r.gateway.lives[0].told = after(9 * time.Second) }},
		{name: "stopped on a full disk", protocol: "line", end: stopped, lost: []int{10},
			with: func(r *trial) { r.gateway.lives[0].wasHealthy = false }},
		{name: "answered by 202", protocol: "http", end: killed, lost: []int{10}, want: "lacks 1 points"},
		{name: "not answered", protocol: "http", end: killed, lost: []int{10},
			with: func(r *trial) { r.streams[0].tries[1].done = time.Time{} }},
		{name: "dropped as counted", protocol: "http", end: killed, lost: []int{1, 2, 3}, dropped: 3},
		{name: "dropped, and not all counted", protocol: "http", end: killed, lost: []int{1, 2, 3}, dropped: 2, want: "lacks 3 points"},
		{name: "datagrams", protocol: "udp", end: killed, lost: []int{1, 2, 29}},
		{name: "a guest that was not there", protocol: "line", end: killed, lost: []int{1},
			with: func(r *trial) { r.fars[0].comes = true; r.members.add(after(2 * time.Second)) }},
		{name: "a guest that was", protocol: "line", end: killed, lost: []int{1}, want: "lacks 1 points",
			with: func(r *trial) { r.fars[0].comes = true; r.members.add(epoch) }},
		{name: "a line that nobody sent", protocol: "line", end: killed, want: "which nobody sent",
			with: func(r *trial) { r.fars[0].take([]byte("torture.s.1 1 1700000001")) }},
		{name: "a point that nobody sent yet", protocol: "line", end: killed, want: "points of s that nobody sent",
			with: func(r *trial) { r.fars[0].take(bytes.TrimSpace(appendPoint(nil, "s", 1000))) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newTrial(test.protocol, test.end)
			r.gateway.lives[0].last = &scrape{dests: map[string]account{"far": {dropped: map[string]float64{"queue_full": test.dropped}}}}
			r.got(test.lost...)
			if test.with != nil {
				test.with(r)
			}
			r.judge()
			if broken := r.report.violations() > 0; broken != (test.want != "") || !strings.Contains(r.said.String(), test.want) {
				t.Errorf("got %q, want %q", r.said.String(), test.want)
			}
		})
	}
}

func TestWhatIsSurelyInTheFiles(t *testing.T) {
	healthy := func(at time.Duration, read float64) *scrape {
		return &scrape{at: after(at), doors: map[string]float64{"door": read}, dests: map[string]account{"far": {}}}
	}
	failing := func(at time.Duration, read float64) *scrape {
		s := healthy(at, read)
		s.dests["far"] = account{failing: true}
		return s
	}
	for _, test := range []struct {
		name string
		seen []*scrape
		want float64
	}{
		{"one scrape", []*scrape{healthy(0, 10)}, 0},
		{"flush later", []*scrape{healthy(0, 10), healthy(flush, 20)}, 10},
		{"too soon", []*scrape{healthy(0, 10), healthy(flush/2, 20)}, 0},
		{"the disk failed between", []*scrape{healthy(0, 10), failing(flush/2, 15), healthy(flush, 20)}, 0},
		{"the disk failed later", []*scrape{healthy(0, 10), healthy(flush, 20), failing(2*flush, 30)}, 10},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := &life{}
			for _, s := range test.seen {
				l.see(s)
			}
			if got := l.safe["door"]; got != test.want {
				t.Errorf("got %v points safe, want %v", got, test.want)
			}
		})
	}
}

func TestScrapesAreRead(t *testing.T) {
	text := `# HELP x y
plumbago_receive_points_total{listener="line+tcp://127.0.0.1:1"} 7
plumbago_queue_recovered_points_total{dest="far"} 1
plumbago_queue_appended_points_total{dest="far"} 1.5e+01
plumbago_queue_delivered_points_total{dest="far"} 8
plumbago_queue_points{dest="far",state="waiting"} 4
plumbago_queue_points{dest="far",state="confirming"} 2
plumbago_queue_dropped_points_total{dest="far",reason="queue_full"} 2
plumbago_queue_failing{dest="far"} 0
`
	s, err := parseScrape(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if !s.dests["far"].balanced() || !s.healthy() || s.received() != 7 {
		t.Errorf("got %+v, want it balanced and healthy, with 7 points read", s)
	}
	s, _ = parseScrape(strings.NewReader(strings.Replace(text, `"waiting"} 4`, `"waiting"} 3`, 1)))
	if s.dests["far"].balanced() {
		t.Error("a point that is nowhere: got the account balanced")
	}
}

func TestPointsAreKnownExactly(t *testing.T) {
	for _, i := range []int{0, 1, 63, 64, 12345} {
		line := bytes.TrimSpace(appendPoint(nil, "line-1", i))
		if stream, got, ok := parsePoint(line); !ok || stream != "line-1" || got != i {
			t.Errorf("%s: got %s %d %v", line, stream, got, ok)
		}
	}
	for _, line := range []string{"", "a 1 2", "torture.x.1 1 1700000001", "torture.x.1 1", "torture.x.1 -1 1700000000", "torture.x.01 1 1700000000", "torture. 1 1"} {
		if _, _, ok := parsePoint([]byte(line)); ok {
			t.Errorf("%q is taken for a point", line)
		}
	}
}

func TestWhatALimitedQueueMayHaveDroppedUnseen(t *testing.T) {
	const segments = 2 * limitedSegment / leastLine
	for _, test := range []struct {
		name string
		last *account
		wait time.Duration // from the last scrape to the end
		want float64
	}{
		{name: "never seen", want: limitedBytes / leastLine},
		{name: "far from its bound", last: &account{bytes: 1000, waiting: 20}},
		{name: "near its bound", last: &account{bytes: limitedBytes, waiting: 50_000}, want: segments},
		{name: "on a disk that fails", last: &account{failing: true}, want: segments},
		{name: "seen long ago", last: &account{}, wait: 2 * time.Second, want: segments},
		{name: "with points of a life before", last: &account{recovered: 30, waiting: 20}, want: 20},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := &life{end: killed, gone: after(test.wait)}
			if test.last != nil {
				l.last = &scrape{at: epoch, dests: map[string]account{"far": *test.last}}
			}
			if got := l.unseenDrops("far"); got != float64(test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
