package admin

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"github.com/plumbago/plumbago/relay"
)

const (
	mostRate    = 10_000
	tapFlush    = 100 * time.Millisecond
	tapReport   = time.Second
	tapPatience = 10 * time.Second // for who reads too slowly
)

// Passed is told in a tap's stream of points that were not shown, of those that it
// may be for.
type Passed struct {
	Over uint64 `json:"passed_over"`
}

// tap streams points as they go by, a JSON object a line: a relay.Seen, or Passed.
func tap(in Inside, ending context.Context) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		o, err := tapOptions(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		t, err := in.Tap(o)
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		defer t.Close()
		w.Header().Set("Content-Type", "application/x-ndjson")
		w.Header().Set("Cache-Control", "no-store")
		s := tapStream{tap: t, answer: http.NewResponseController(w), out: bufio.NewWriter(w)}
		s.run(r.Context(), ending)
	}
}

func tapOptions(r *http.Request) (o relay.TapOptions, err error) {
	o = relay.TapOptions{Tenant: r.FormValue("tenant"), Dest: r.FormValue("dest"), Dropped: r.FormValue("dropped") != ""}
	if o.Rate, err = number(r, "rate", 100, mostRate); err != nil {
		return o, err
	}
	if text := r.FormValue("match"); text != "" {
		if o.Match, err = regexp.Compile(text); err != nil {
			return o, fmt.Errorf("match: %w", err)
		}
	}
	return o, nil
}

// tapStream writes what a tap shows.
type tapStream struct {
	tap    *relay.Tap
	answer *http.ResponseController
	out    *bufio.Writer
}

// run writes until the client goes, or the server ends.
func (s *tapStream) run(ctx, ending context.Context) {
	flush, report := time.NewTicker(tapFlush), time.NewTicker(tapReport)
	defer flush.Stop()
	defer report.Stop()
	s.tap.Lost()
	for ok := s.flush(); ok; {
		select {
		case <-ctx.Done():
			return
		case <-ending.Done():
			return
		case seen := <-s.tap.Seen():
			s.write(seen)
		case <-flush.C:
			ok = s.flush()
		case <-report.C:
			s.report()
		}
	}
}

func (s *tapStream) report() {
	for _, lost := range s.tap.Lost() {
		s.write(lost)
	}
	if n := s.tap.Passed(); n > 0 {
		s.write(Passed{n})
	}
}

func (s *tapStream) write(v any) {
	e := json.NewEncoder(s.out)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // flush tells
}

// flush reports whether the client still takes what is written.
func (s *tapStream) flush() bool {
	_ = s.answer.SetWriteDeadline(time.Now().Add(tapPatience)) // where there can be one
	return s.out.Flush() == nil && s.answer.Flush() == nil
}
