package bluefloodtest

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
)

// value is a point of a view.
type value struct {
	Time    int64       `json:"timestamp"`
	Points  int         `json:"numPoints"`
	Average json.Number `json:"average"`
}

// view answers GET .../views/{metric}, for all its points one by one.
func (s *Server) view(w http.ResponseWriter, r *http.Request, tenant, name string) {
	q := r.URL.Query()
	from, fromErr := strconv.ParseInt(q.Get("from"), 10, 64)
	to, toErr := strconv.ParseInt(q.Get("to"), 10, 64)
	if fromErr != nil || toErr != nil || to <= from || q.Get("points") == "" && q.Get("resolution") == "" {
		s.refuse(w, http.StatusBadRequest, tenant, "Either 'points' or 'resolution' is required, and 'from' before 'to'.")
		return
	}
	s.mu.Lock()
	times := s.points[tenant][name]
	values := []value{}
	for _, at := range slices.Sorted(maps.Keys(times)) {
		if from <= at && at <= to {
			values = append(values, value{at, 1, json.Number(times[at])})
		}
	}
	s.mu.Unlock()
	s.counted(http.StatusOK)
	json.NewEncoder(w).Encode(map[string]any{
		"unit": "unknown", "values": values,
		"metadata": map[string]any{"limit": nil, "next_href": nil, "count": len(values), "marker": nil},
	})
}
