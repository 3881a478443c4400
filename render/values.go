package render

import (
	"math"
	"net/http"
	"strconv"
	"time"
)

// render answers what targets are worth.
func (h *Handler) render(w http.ResponseWriter, q question) error {
	write, err := h.format(q)
	if err != nil {
		return err
	}
	targets := q.all("target")
	if len(targets) > h.options.Limits.Targets {
		return faultf("there are %d targets, more than %d", len(targets), h.options.Limits.Targets)
	}
	e, err := h.env(q)
	if err != nil {
		return err
	}
	list, err := e.evaluate(targets)
	if err != nil {
		return err
	}
	return write(w, list, e.from.Location())
}

// format is what writes the answer in the form asked for.
func (h *Handler) format(q question) (func(http.ResponseWriter, []*series, *time.Location) error, error) {
	name := q.get("format")
	if q.has("rawData") && !q.has("format") {
		name = "raw"
	}
	switch name {
	case "", "json":
		thin := thinning{known: q.has("noNullPoints")}
		if n, err := strconv.ParseInt(q.get("maxDataPoints"), 10, 64); err == nil {
			thin.points = n
		}
		return thin.writeJSON, nil
	case "csv":
		return writeCSV, nil
	case "raw":
		return writeRaw, nil
	}
	return nil, faultf("the format %q is none of json, csv and raw", name)
}

// env is what the targets of a question are calculated in.
func (h *Handler) env(q question) (*env, error) {
	from, until, now, err := h.times(q)
	if err != nil {
		return nil, err
	}
	if from.Unix() == until.Unix() {
		return nil, faultf("the time asked for is empty: from and until are the same")
	}
	xff := 0.0
	if q.has("xFilesFactor") {
		if xff, err = strconv.ParseFloat(q.get("xFilesFactor"), 64); err != nil || math.IsNaN(xff) {
			return nil, faultf("xFilesFactor is %q, which is no number", q.get("xFilesFactor"))
		}
	}
	l := h.options.Limits
	return &env{
		ctx: q.Context(), store: h.store, functions: h.functions, limits: l,
		from: from, until: until, now: now, xff: xff,
		shared: &shared{
			found: map[string][]string{}, fetched: map[Range]map[string]Series{},
			series: l.Series, points: l.Points,
		},
	}, nil
}

// times reads from and until, in their order, and now.
func (h *Handler) times(q question) (from, until, now time.Time, err error) {
	k := clock{h.options.Location, h.options.Now().Truncate(time.Second)}
	if zone, err := time.LoadLocation(q.get("tz")); err == nil && q.get("tz") != "" {
		k.location = zone
	}
	k.now = k.now.In(k.location)
	for _, t := range []struct {
		name, otherwise string
		to              *time.Time
	}{{"now", "now", &k.now}, {"from", "-1d", &from}, {"until", "now", &until}} {
		text := t.otherwise
		if q.has(t.name) {
			text = q.get(t.name)
		}
		if *t.to, err = k.read(text); err != nil {
			return
		}
	}
	if until.Before(from) {
		from, until = until, from
	}
	return from, until, k.now, nil
}
