package render

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/plumbago/plumbago/internal/pyregex"
)

// mostSuggestions is how many an editor is shown if it does not say how many.
const mostSuggestions = 100

// tagged finds series by the conditions in a question: all with tags, if there are
// none.
func (h *Handler) tagged(q question, more ...string) ([]string, error) {
	texts := q.all("expr")
	if len(texts) == 0 {
		return h.store.Tagged(q.Context(), nil, h.options.Limits.Names)
	}
	exprs, err := tagExprs(append(slices.Clone(texts), more...))
	if err != nil {
		return nil, err
	}
	names, err := h.store.Tagged(q.Context(), exprs, h.options.Limits.Names)
	return names, cmp.Or(checkTime(exprs), err)
}

// findSeries answers which series fit conditions on their tags.
func (h *Handler) findSeries(w http.ResponseWriter, q question) error {
	if len(q.all("expr")) == 0 {
		return faultf("the conditions on tags are missing: expr")
	}
	names, err := h.tagged(q)
	if err != nil {
		return err
	}
	return writeJSON(w, append([]string{}, names...))
}

// completeTags answers which tags the series have that fit the conditions, but for
// those that the conditions are on.
func (h *Handler) completeTags(w http.ResponseWriter, q question) error {
	names, err := h.tagged(q)
	if err != nil {
		return err
	}
	asked := map[string]bool{}
	for _, text := range q.all("expr") {
		x, _ := ParseTagExpr(text)
		asked[x.Tag] = true
	}
	found := map[string]bool{}
	for _, name := range names {
		for tag := range Tags(name) {
			if !asked[tag] && strings.HasPrefix(tag, q.get("tagPrefix")) {
				found[tag] = true
			}
		}
	}
	return q.suggest(w, found)
}

// completeValues answers which values a tag has among the series that fit the
// conditions.
func (h *Handler) completeValues(w http.ResponseWriter, q question) error {
	tag := q.get("tag")
	if tag == "" {
		return faultf("the tag is missing")
	}
	names, err := h.tagged(q, tag+"!=")
	if err != nil {
		return err
	}
	found := map[string]bool{}
	for _, name := range names {
		if v := Tags(name)[tag]; v != "" && strings.HasPrefix(v, q.get("valuePrefix")) {
			found[v] = true
		}
	}
	return q.suggest(w, found)
}

// suggest writes the first of what was found.
func (q question) suggest(w http.ResponseWriter, found map[string]bool) error {
	most, err := q.integer("limit", mostSuggestions)
	if err != nil {
		return err
	}
	list := inOrder(found)
	return writeJSON(w, list[:min(max(most, 0), len(list))])
}

type tagName struct {
	Tag string `json:"tag"`
}

// tags answers with all tags.
func (h *Handler) tags(w http.ResponseWriter, q question) error {
	counts, err := h.count(q, func(tags map[string]string) []string { return slices.Collect(maps.Keys(tags)) })
	if err != nil {
		return err
	}
	list := make([]tagName, len(counts))
	for i, c := range counts {
		list[i] = tagName{c.Value}
	}
	return writeJSON(w, list)
}

// valueCount is a value with the number of series that have it.
type valueCount struct {
	Value string `json:"value"`
	Count int    `json:"count"`
}

// tag answers with the values of one tag.
func (h *Handler) tag(w http.ResponseWriter, q question) error {
	tag := q.PathValue("tag")
	counts, err := h.count(q, func(tags map[string]string) []string {
		if v, ok := tags[tag]; ok {
			return []string{v}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return writeJSON(w, struct {
		tagName
		Values []valueCount `json:"values"`
	}{tagName{tag}, counts})
}

// count counts what pick takes of the tags of all series, as far as it fits the
// question's filter and limit.
func (h *Handler) count(q question, pick func(map[string]string) []string) ([]valueCount, error) {
	filter, err := pyregex.Compile(q.get("filter"), pyregex.Options{Anchored: true})
	if err != nil {
		return nil, faultf("the filter: %v", err)
	}
	most, err := q.integer("limit", h.options.Limits.Names)
	if err != nil {
		return nil, err
	}
	names, err := h.store.Tagged(q.Context(), nil, h.options.Limits.Names)
	if err != nil {
		return nil, err
	}
	found := map[string]int{}
	for _, name := range names {
		for _, v := range pick(Tags(name)) {
			found[v]++
		}
	}
	counts := make([]valueCount, 0, len(found))
	for v, n := range found {
		if filter.Match([]byte(v)) {
			counts = append(counts, valueCount{v, n})
		}
		if filter.Overruns() > 0 {
			return nil, slow(filter)
		}
	}
	slices.SortFunc(counts, func(a, b valueCount) int { return cmp.Compare(a.Value, b.Value) })
	return counts[:min(max(most, 0), len(counts))], nil
}
