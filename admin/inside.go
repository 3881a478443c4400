package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/plumbago/plumbago/internal/heavy"
	"github.com/plumbago/plumbago/receive"
	"github.com/plumbago/plumbago/relay"
)

// Inside is who and what flows through the gateway, and why.
type Inside interface {
	// Tap shows points that go by, until it is closed.
	Tap(relay.TapOptions) (*relay.Tap, error)

	// Heaviest returns the n by which most of the points come.
	Heaviest(by relay.Kind, n, depth int) ([]heavy.Entry, error)

	// Samples are the last pieces of input that were not let in.
	Samples() []receive.Sample

	// Explain says where points of a name go, and why, as an object for JSON. An error
	// is the question's.
	Explain(tenant, name string) (any, error)
}

// insideRoutes are what can be asked of the inside, by patterns of http.ServeMux.
func (o Options) insideRoutes(ending context.Context) map[string]http.Handler {
	return map[string]http.Handler{
		"GET /tap":     tap(o.Inside, ending),
		"GET /top":     o.top(),
		"GET /samples": samples(o.Inside),
		"GET /explain": explain(o.Inside),
	}
}

func samples(in Inside) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		answer(w, append([]receive.Sample{}, in.Samples()...))
	}
}

func explain(in Inside) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		name := r.FormValue("name")
		if name == "" {
			http.Error(w, "which name? ask for /explain?name=servers.a.cpu", http.StatusBadRequest)
			return
		}
		e, err := in.Explain(r.FormValue("tenant"), name)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		answer(w, e)
	}
}

// answer writes v as JSON.
func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // who went away needs no answer
}

// number reads a parameter that is a number from 1 to most, and has a default.
func number(r *http.Request, key string, def, most int) (int, error) {
	text := r.FormValue(key)
	if text == "" {
		return def, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return 0, fmt.Errorf("%s: want a number from 1 to %d", key, most)
	}
	return n, nil
}
