package main

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// scrape is what the gateway's metrics said at one moment.
type scrape struct {
	at     time.Time // when the answer was here
	values map[string]float64
	doors  map[string]float64 // points read, by listener
	dests  map[string]account
}

// account is one destination's side of the identity.
type account struct {
	recovered, appended, delivered, waiting, confirming float64
	bytes                                               float64            // of its files
	dropped                                             map[string]float64 // by reason
	failing                                             bool
}

func (a account) allDropped() (n float64) {
	for _, d := range a.dropped {
		n += d
	}
	return n
}

// balanced says that every point is in one place.
func (a account) balanced() bool {
	return a.recovered+a.appended == a.delivered+a.waiting+a.confirming+a.allDropped()
}

// healthy says that the disk takes what every queue writes.
func (s *scrape) healthy() bool {
	for _, a := range s.dests {
		if a.failing {
			return false
		}
	}
	return len(s.dests) > 0
}

// received is how many points came through all doors.
func (s *scrape) received() (n float64) {
	for _, d := range s.doors {
		n += d
	}
	return n
}

// fetch asks for the metrics.
func fetch(admin string) (*scrape, error) {
	r, err := (&http.Client{Timeout: 2 * time.Second}).Get("http://" + admin + "/metrics")
	if err != nil {
		return nil, err
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("metrics are answered %s", r.Status)
	}
	return parseScrape(r.Body)
}

func parseScrape(text io.Reader) (*scrape, error) {
	s := &scrape{values: map[string]float64{}, doors: map[string]float64{}, dests: map[string]account{}}
	lines := bufio.NewScanner(text)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if l := lines.Text(); strings.HasPrefix(l, "plumbago_") || strings.HasPrefix(l, "process_") {
			series, value, _ := cutLast(l)
			v, err := strconv.ParseFloat(value, 64)
			if err != nil {
				return nil, fmt.Errorf("metrics: %w in %q", err, l)
			}
			s.add(series, v)
		}
	}
	s.at = time.Now()
	return s, lines.Err()
}

func cutLast(l string) (before, after string, ok bool) {
	at := strings.LastIndexByte(l, ' ')
	return l[:max(at, 0)], l[at+1:], at >= 0
}

func (s *scrape) add(series string, v float64) {
	s.values[series] = v
	name, labels, _ := strings.Cut(series, "{")
	if name == "plumbago_receive_points_total" {
		s.doors[label(labels, "listener")] = v
	}
	of, ok := strings.CutPrefix(name, "plumbago_queue_")
	if !ok {
		return
	}
	dest := label(labels, "dest")
	a := s.dests[dest]
	a.set(of, labels, v)
	s.dests[dest] = a
}

func (a *account) set(of, labels string, v float64) {
	switch of {
	case "recovered_points_total":
		a.recovered = v
	case "appended_points_total":
		a.appended = v
	case "delivered_points_total":
		a.delivered = v
	case "bytes":
		a.bytes = v
	case "failing":
		a.failing = v != 0
	case "points":
		if label(labels, "state") == "waiting" {
			a.waiting = v
		} else {
			a.confirming = v
		}
	case "dropped_points_total":
		if a.dropped == nil {
			a.dropped = map[string]float64{}
		}
		a.dropped[label(labels, "reason")] = v
	}
}

// label returns the value of a label; none here has quotes in it.
func label(labels, name string) string {
	_, rest, _ := strings.Cut(","+labels, ","+name+`="`)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}

// sortedKeys lists what a map has, for texts that do not change.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
