package admin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/plumbago/plumbago/relay"
)

// healthz says that the process lives.
func healthz(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") }

// readiness is what /readyz answers.
type readiness struct {
	Ready     bool   `json:"ready"`
	Accepting bool   `json:"accepting"`
	Late      []late `json:"late,omitempty"` // destinations for which points wait for too long
	Why       string `json:"why,omitempty"`  // it is not ready
}

// late is a destination for which a point waits for longer than the bound.
type late struct {
	Destination string  `json:"destination"`
	Oldest      float64 `json:"oldest_seconds"`
	Bound       float64 `json:"bound_seconds"`
}

// readyz says whether points are being taken in. A destination that is down does not
// make the gateway unready, since that is what the queue is for, unless there is a
// bound of how long points may wait.
func readyz(g Gateway, bound time.Duration) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		r := ready(g.Status(), bound, time.Now())
		if r.Ready {
			answer(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusServiceUnavailable)
		_ = json.NewEncoder(w).Encode(r) // who went away needs no answer
	}
}

func ready(s relay.Status, bound time.Duration, now time.Time) readiness {
	r := readiness{Accepting: s.Accepting}
	for _, d := range s.Destinations {
		waits := now.Sub(d.Queue.Oldest)
		if bound > 0 && !d.Queue.Oldest.IsZero() && waits > bound {
			r.Late = append(r.Late, late{d.Name, waits.Seconds(), bound.Seconds()})
		}
	}
	switch {
	case !s.Accepting:
		r.Why = "not accepting points: starting or stopping"
	case len(r.Late) > 0:
		r.Why = fmt.Sprintf("points wait for %s longer than %s", r.Late[0].Destination, bound)
	default:
		r.Ready = true
	}
	return r
}
