package render

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// find answers which nodes a pattern names, in the form of a tree, a completion, or
// a plain list.
func (h *Handler) find(w http.ResponseWriter, q question) error {
	pattern := q.get("query")
	if pattern == "" {
		return faultf("the query is missing")
	}
	if _, _, _, err := h.times(q.withoutNone("from", "until")); err != nil {
		return err
	}
	form, err := q.form()
	if err != nil {
		return err
	}
	if form.name == "completer" {
		pattern = form.complete(pattern)
	}
	nodes, err := h.nodes(q, pattern)
	if err != nil {
		return err
	}
	if form.leaves {
		nodes = slices.DeleteFunc(nodes, func(n Node) bool { return !n.Leaf })
	}
	w.Header().Set("Cache-Control", "no-cache")
	return writeJSON(w, form.write(q.get("query"), nodes))
}

// withoutNone leaves out times that are -1, which stands for none.
func (q question) withoutNone(names ...string) question {
	q.values = maps.Clone(q.values)
	for _, name := range names {
		if q.get(name) == "-1" {
			delete(q.values, name)
		}
	}
	return q
}

// nodes finds by pattern, in the order of the last nodes' names.
func (h *Handler) nodes(q question, pattern string) ([]Node, error) {
	nodes, err := find(q.Context(), h.store, search{pattern, h.options.Limits.Nodes})
	slices.SortFunc(nodes, func(a, b Node) int {
		return cmp.Or(cmp.Compare(a.name(), b.name()), cmp.Compare(a.Path, b.Path), cmp.Compare(leafLast(a), leafLast(b)))
	})
	return nodes, err
}

func (n Node) name() string { return n.Path[strings.LastIndexByte(n.Path, '.')+1:] }

func leafLast(n Node) int {
	if n.Leaf {
		return 1
	}
	return 0
}

// form is how found nodes are to be shown.
type form struct {
	name     string
	leaves   bool // no others
	wildcard bool // one more node, that stands for all
	variants bool // a comma in the pattern stands for a choice
	position int  // of the nodes in a list of them
}

func (q question) form() (f form, err error) {
	f.name = "treejson"
	if q.has("format") {
		f.name = q.get("format")
	}
	if !slices.Contains([]string{"treejson", "completer", "nodelist", "json"}, f.name) {
		return f, faultf("the format %q is none of treejson, completer, nodelist and json", f.name)
	}
	for name, to := range map[string]*bool{"leavesOnly": &f.leaves, "wildcards": &f.wildcard, "automatic_variants": &f.variants} {
		if *to, err = q.flag(name); err != nil {
			return f, err
		}
	}
	f.position, err = q.integer("position", -1)
	return f, err
}

// complete makes the pattern of what was typed so far.
func (f form) complete(pattern string) string {
	pattern = strings.ReplaceAll(pattern, "..", "*.")
	if !strings.HasSuffix(pattern, "*") {
		pattern += "*"
	}
	if !f.variants {
		return pattern
	}
	nodes := strings.Split(pattern, ".")
	for i, n := range nodes {
		if strings.Contains(n, ",") && !strings.Contains(n, "{") {
			nodes[i] = "{" + n + "}"
		}
	}
	return strings.Join(nodes, ".")
}

func (f form) write(pattern string, nodes []Node) any {
	switch f.name {
	case "completer":
		return f.completions(nodes)
	case "nodelist":
		return map[string][]string{"nodes": nodesAt(nodes, f.position)}
	case "json":
		return plainNodes(nodes)
	}
	return f.tree(pattern, nodes)
}

// completion is a node as an editor completes names by.
type completion struct {
	Path string `json:"path,omitempty"`
	Name string `json:"name"`
	Leaf string `json:"is_leaf,omitempty"`
}

func (f form) completions(nodes []Node) any {
	list := make([]completion, 0, len(nodes)+1)
	for _, n := range nodes {
		c := completion{n.Path + ".", n.name(), "0"}
		if n.Leaf {
			c.Path, c.Leaf = n.Path, "1"
		}
		list = append(list, c)
	}
	if f.wildcard && len(nodes) > 1 {
		list = append(list, completion{Name: "*"})
	}
	return map[string][]completion{"metrics": list}
}

func nodesAt(nodes []Node, position int) []string {
	found := map[string]bool{}
	for _, n := range nodes {
		parts := strings.Split(n.Path, ".")
		at := position
		if at < 0 {
			at += len(parts)
		}
		if 0 <= at && at < len(parts) {
			found[parts[at]] = true
		}
	}
	return slices.AppendSeq([]string{}, slices.Values(slices.Sorted(maps.Keys(found))))
}

type plainNode struct {
	Path string `json:"path"`
	Leaf bool   `json:"is_leaf"`
}

func plainNodes(nodes []Node) []plainNode {
	list := make([]plainNode, len(nodes))
	for i, n := range nodes {
		list[i] = plainNode(n)
	}
	slices.SortStableFunc(list, func(a, b plainNode) int { return cmp.Compare(a.Path, b.Path) })
	return list
}

// branch is a node as a tree shows it.
type branch struct {
	Text       string `json:"text"`
	ID         string `json:"id"`
	Children   int    `json:"allowChildren"`
	Expandable int    `json:"expandable"`
	Leaf       int    `json:"leaf"`
}

func newBranch(text, id string, leaf bool) branch {
	if leaf {
		return branch{text, id, 0, 0, 1}
	}
	return branch{text, id, 1, 1, 0}
}

// tree shows each name once, branches before leaves, and the nodes before the last
// as the pattern has them.
func (f form) tree(pattern string, nodes []Node) []branch {
	base := pattern[:strings.LastIndexByte(pattern, '.')+1]
	branches, leaves, inner := []branch{}, []branch{}, false
	seen := map[string]bool{}
	for _, n := range nodes {
		inner = inner || !n.Leaf
		if seen[n.name()] {
			continue
		}
		seen[n.name()] = true
		text, err := url.QueryUnescape(n.name())
		if err != nil {
			text = n.name()
		}
		if b := newBranch(text, base+n.name(), n.Leaf); n.Leaf {
			leaves = append(leaves, b)
		} else {
			branches = append(branches, b)
		}
	}
	if f.wildcard && len(nodes) > 1 {
		branches = append([]branch{newBranch("*", base+"*", !inner)}, branches...)
	}
	return append(branches, leaves...)
}
