package render

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// expand answers which paths patterns name, all together or pattern by pattern.
func (h *Handler) expand(w http.ResponseWriter, q question) error {
	leaves, err := q.flag("leavesOnly")
	if err != nil {
		return err
	}
	grouped, err := q.flag("groupByExpr")
	if err != nil {
		return err
	}
	if len(q.all("query")) > h.options.Limits.Targets {
		return faultf("there are more than %d queries", h.options.Limits.Targets)
	}
	all, byPattern := map[string]bool{}, map[string][]string{}
	for _, pattern := range q.all("query") {
		nodes, err := find(q.Context(), h.store, search{pattern, h.options.Limits.Nodes - len(all)})
		if err != nil {
			return err
		}
		found := map[string]bool{}
		for _, n := range nodes {
			if n.Leaf || !leaves {
				found[n.Path], all[n.Path] = true, true
			}
		}
		byPattern[pattern] = inOrder(found)
	}
	w.Header().Set("Cache-Control", "no-cache")
	if grouped {
		return writeJSON(w, map[string]any{"results": byPattern})
	}
	return writeJSON(w, map[string]any{"results": inOrder(all)})
}

// inOrder is a list even if it is empty.
func inOrder(set map[string]bool) []string {
	return append([]string{}, slices.Sorted(maps.Keys(set))...)
}

// index answers with the names of all series.
func (h *Handler) index(w http.ResponseWriter, q question) error {
	names, err := h.store.Names(q.Context(), h.options.Limits.Names)
	if err != nil {
		return err
	}
	return writeJSON(w, append([]string{}, names...))
}

// found is what a search answers.
type found struct {
	Metrics []string `json:"metrics"`
	More    bool     `json:"more"` // there are others
}

// search answers with names of series that hold all words of a query.
func (h *Handler) search(w http.ResponseWriter, q question) error {
	most, err := q.integer("max_results", 100)
	if err != nil {
		return err
	}
	if most < 1 || most > h.options.Limits.Nodes {
		return faultf("max_results is to be between 1 and %d", h.options.Limits.Nodes)
	}
	answer := found{Metrics: []string{}}
	if words := strings.Fields(strings.ToLower(q.get("query"))); len(words) > 0 {
		names, err := h.store.Search(q.Context(), words, most+1)
		if err != nil {
			return err
		}
		slices.Sort(names)
		answer.More = len(names) > most
		answer.Metrics = append(answer.Metrics, names[:min(len(names), most)]...)
	}
	return writeJSON(w, answer)
}
