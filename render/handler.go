package render

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Version is the release of Graphite's own web application whose answers these are
// like.
const Version = "1.1.8"

// Handler answers what dashboards ask of Graphite. It may be called at once.
type Handler struct {
	store     Store
	options   Options
	functions map[string]*function
	mux       http.ServeMux
	slots     chan struct{} // one for each question that is being answered, of those that take much
	searches  chan struct{} // and of those that take less
	metrics   metrics
}

// New makes a Handler that answers from store.
func New(store Store, o Options) *Handler {
	o = o.orDefaults()
	h := &Handler{
		store: store, options: o, functions: functions(),
		slots: make(chan struct{}, o.Limits.AtOnce), searches: make(chan struct{}, o.Limits.Searches), metrics: newMetrics(o.Metrics),
	}
	for path, answer := range h.routes() {
		served := h.serve(path, answer)
		for _, pattern := range patternsOf(path) {
			h.mux.Handle(pattern, served)
		}
	}
	return h
}

// Patterns are what a Handler wants to be asked, as http.ServeMux reads it.
func Patterns() []string {
	var all []string
	for path := range (*Handler)(nil).routes() {
		all = append(all, patternsOf(path)...)
	}
	return all
}

// patternsOf are a path with and without a slash behind it, as Graphite takes both.
func patternsOf(path string) []string {
	return []string{"GET " + path, "POST " + path, "GET " + path + "/{$}", "POST " + path + "/{$}"}
}

// ServeHTTP answers one of Patterns.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.mux.ServeHTTP(w, r) }

// answer writes what was asked for, or returns what went wrong before it wrote
// anything.
type answer func(w http.ResponseWriter, q question) error

func (h *Handler) routes() map[string]answer {
	return map[string]answer{
		"/render":                   h.inTurn(h.render),
		"/metrics/find":             h.amongSearches(h.find),
		"/metrics/expand":           h.amongSearches(h.expand),
		"/metrics/index.json":       h.inTurn(h.index),
		"/metrics/search":           h.amongSearches(h.search),
		"/tags":                     h.inTurn(h.tags),
		"/tags/{tag}":               h.inTurn(h.tag),
		"/tags/findSeries":          h.inTurn(h.findSeries),
		"/tags/autoComplete/tags":   h.inTurn(h.completeTags),
		"/tags/autoComplete/values": h.inTurn(h.completeValues),
		"/functions":                h.catalogue,
		"/functions/{name}":         h.catalogueEntry,
		"/events/get_data":          func(w http.ResponseWriter, _ question) error { return writeJSON(w, []string{}) },
		"/version":                  version,
	}
}

func version(w http.ResponseWriter, _ question) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := io.WriteString(w, Version+"\n")
	return err
}

// serve reads the question, and says what was wrong with it.
func (h *Handler) serve(path string, a answer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		done := h.metrics.begin(path)
		recorded := &recorder{ResponseWriter: w, status: http.StatusOK}
		defer func() { done(recorded.status) }()
		ctx, cancel := context.WithTimeout(r.Context(), h.options.Limits.Time)
		defer cancel()
		r = r.WithContext(ctx)
		q, err := read(recorded, r, h.options.Limits.Body)
		if err == nil {
			err = a(recorded, q)
		}
		if err != nil && !recorded.begun {
			h.complain(recorded, r, err)
		}
	})
}

// inTurn has an answer that may take much memory wait while others take theirs.
func (h *Handler) inTurn(a answer) answer {
	return func(w http.ResponseWriter, q question) error { return inOneOf(h.slots, a, w, q) }
}

// amongSearches has an answer that may take a processor wait while others take theirs.
func (h *Handler) amongSearches(a answer) answer {
	return func(w http.ResponseWriter, q question) error { return inOneOf(h.searches, a, w, q) }
}

func inOneOf(slots chan struct{}, a answer, w http.ResponseWriter, q question) error {
	select {
	case slots <- struct{}{}:
		defer func() { <-slots }()
	case <-q.Context().Done():
		return q.Context().Err()
	}
	return a(w, q)
}

// recorder remembers whether an answer was begun, and as what.
type recorder struct {
	http.ResponseWriter
	begun  bool
	status int
}

func (w *recorder) WriteHeader(status int) {
	w.begun, w.status = true, status
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(p []byte) (int, error) {
	w.begun = true
	return w.ResponseWriter.Write(p)
}

// complain tells who asked what was wrong with the question. What is wrong with the
// store is for the log.
func (h *Handler) complain(w http.ResponseWriter, r *http.Request, err error) {
	var large *http.MaxBytesError
	switch {
	case errors.Is(err, ErrNoStore):
		http.Error(w, err.Error(), http.StatusNotFound)
	case asked(err) && strings.HasPrefix(r.URL.Path, "/tags"):
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		json.NewEncoder(w).Encode(map[string]string{"error": err.Error()})
	case asked(err):
		http.Error(w, err.Error(), http.StatusBadRequest)
	case errors.As(err, &large):
		http.Error(w, fmt.Sprintf("the question is longer than %d bytes", large.Limit), http.StatusRequestEntityTooLarge)
	case r.Context().Err() != nil || errors.Is(err, context.DeadlineExceeded):
		http.Error(w, "the answer took too long", http.StatusServiceUnavailable)
	default:
		h.options.Log.Error("answer a question for series", "err", err)
		http.Error(w, "the store cannot be read: see the log", http.StatusInternalServerError)
	}
}
