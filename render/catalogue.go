package render

import (
	"encoding/json"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
)

// entry is a function as an editor shows it.
type entry struct {
	Name        string       `json:"name"`
	Function    string       `json:"function"`
	Description string       `json:"description"`
	Module      string       `json:"module"`
	Group       string       `json:"group"`
	Params      []entryParam `json:"params"`
}

type entryParam struct {
	Name     string   `json:"name"`
	Type     string   `json:"type"`
	Required bool     `json:"required,omitempty"`
	Default  any      `json:"default,omitempty"`
	Multiple bool     `json:"multiple,omitempty"`
	Options  []string `json:"options,omitempty"`
}

// catalogue answers which functions there are: all, those of a group, or group by
// group.
func (h *Handler) catalogue(w http.ResponseWriter, q question) error {
	grouped := slices.Contains([]string{"1", "true"}, strings.ToLower(q.get("grouped")))
	all, groups := map[string]entry{}, map[string]map[string]entry{}
	for name, f := range h.functions {
		if q.has("group") && f.group != q.get("group") {
			continue
		}
		all[name] = f.entry()
		if groups[f.group] == nil {
			groups[f.group] = map[string]entry{}
		}
		groups[f.group][name] = all[name]
	}
	if grouped {
		return writeJSON(w, groups)
	}
	return writeJSON(w, all)
}

// catalogueEntry answers what one function is.
func (h *Handler) catalogueEntry(w http.ResponseWriter, q question) error {
	f, ok := h.functions[q.PathValue("name")]
	if !ok {
		http.Error(w, "unknown function: "+q.PathValue("name"), http.StatusNotFound)
		return nil
	}
	return writeJSON(w, f.entry())
}

func (f *function) entry() entry {
	e := entry{
		Name: f.name, Description: f.about, Group: f.group, Params: []entryParam{},
		Module: "graphite.render.functions", // editors tell by it that a function is no plug-in
	}
	names := make([]string, len(f.params))
	for i, p := range f.params {
		e.Params = append(e.Params, p.entry())
		names[i] = p.signature()
	}
	e.Function = f.name + "(" + strings.Join(names, ", ") + ")"
	return e
}

func (p *param) entry() entryParam {
	e := entryParam{
		Name: p.name, Type: string(p.kind), Required: p.required, Default: p.otherwise, Multiple: p.many, Options: p.options,
	}
	if f, ok := p.otherwise.(float64); ok && math.IsInf(f, 0) {
		e.Default = json.RawMessage("1e9999")
	}
	if p.kind == kindAggFunc || p.kind == kindAggOrSeries {
		e.Options = slices.Sorted(maps.Keys(aggregators))
	}
	return e
}

// signature is the param as it stands between the parentheses.
func (p *param) signature() string {
	switch {
	case p.many:
		return "*" + p.name
	case p.required:
		return p.name
	case p.otherwise == nil:
		return p.name + "=None"
	}
	text, _ := json.Marshal(p.otherwise)
	if f, ok := p.otherwise.(float64); ok {
		text = []byte(repr(f))
	}
	return p.name + "=" + strings.ReplaceAll(string(text), `"`, "'")
}
