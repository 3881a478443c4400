package render

import (
	"strings"

	"github.com/plumbago/plumbago/internal/pyregex"
)

func aliasFunctions() []function {
	list := need("seriesList", kindSeriesList)
	return []function{
		{"alias", groupAlias, "Gives the series a name of your choice.",
			[]param{list, need("newName", kindString)}, alias},
		{"aliasByNode", groupAlias, "Names each series by some of its nodes, counted from 0 or from the end, or by tags.",
			[]param{list, some("nodes", kindNodeOrTag)}, aliasByNode},
		{"aliasByTags", groupAlias, "Names each series by the values of tags, or by some of its nodes.",
			[]param{list, some("tags", kindNodeOrTag)}, aliasByNode},
		{"aliasByMetric", groupAlias, "Names each series by its last node.",
			[]param{list}, aliasByMetric},
		{"aliasSub", groupAlias, "Replaces what a regular expression matches in the names; \\1 stands for its first group.",
			[]param{list, need("search", kindString), need("replace", kindString)}, aliasSub},
		{"substr", groupSpecial, "Names each series by the nodes from start up to stop, without the functions around them.",
			[]param{list, may("start", kindNode, 0), may("stop", kindNode, 0)}, substr},
	}
}

func alias(c *call) ([]*series, error) {
	for _, s := range c.list(0) {
		s.name = c.text(1)
	}
	return c.list(0), nil
}

func aliasByNode(c *call) ([]*series, error) {
	for _, s := range c.list(0) {
		name, err := c.key(s, 1)
		if err != nil {
			return nil, err
		}
		if err := c.name(s, name); err != nil {
			return nil, err
		}
	}
	return c.list(0), nil
}

// mostName bounds a name where a target may make much of little: the same node, tag or
// match, again and again.
const mostName = 1 << 20

var errLongName = faultf("a name of more than %d bytes", mostName)

// joined joins the parts of a name.
func joined(parts []string, between string) (string, error) {
	size := 0
	for _, p := range parts {
		if size += len(p) + len(between); size > mostName {
			return "", errLongName
		}
	}
	return strings.Join(parts, between), nil
}

// key joins the nodes and tags of s that argument i and those behind it name.
func (c *call) key(s *series, i int) (string, error) {
	name := s.name
	if strings.HasSuffix(name, ")") {
		if path := firstPath(name, c.limits.Depth); path != "" {
			name = path
		}
	}
	name, _, _ = strings.Cut(name, ";")
	nodes := strings.Split(name, ".")
	parts := make([]string, len(c.given[i]))
	for j, a := range c.given[i] {
		parts[j] = nodeOrTag(s, nodes, a)
	}
	return joined(parts, ".")
}

// nodeOrTag is the node with a number, which counts from the end if it is
// negative, or the value of a tag.
func nodeOrTag(s *series, nodes []string, a argument) string {
	n := int(a.number)
	if n < 0 {
		n += len(nodes)
	}
	if a.kind == argInteger && 0 <= n && n < len(nodes) {
		return nodes[n]
	}
	return s.tags[a.text]
}

func aliasByMetric(c *call) ([]*series, error) {
	for _, s := range c.list(0) {
		s.name = nodesBetween(s.name, -1, 0)
	}
	return c.list(0), nil
}

func substr(c *call) ([]*series, error) {
	for _, s := range c.list(0) {
		s.name = nodesBetween(s.name, c.integer(1), c.integer(2))
	}
	return c.list(0), nil
}

// nodesBetween cuts nodes out of what stands in the innermost parentheses of name.
// A stop of 0 is the end, and negative numbers count from there.
func nodesBetween(name string, start, stop int) string {
	left := strings.LastIndexByte(name, '(') + 1
	right := strings.IndexByte(name, ')')
	if right < 0 {
		right = len(name)
	}
	nodes := strings.Split(name[left:max(left, right)], ".")
	if stop == 0 {
		stop = len(nodes)
	}
	clean, _, _ := strings.Cut(strings.Join(slice(nodes, start, stop), "."), ",")
	return clean
}

// slice cuts a list as Python does: negative numbers count from the end, and what
// lies outside is left out.
func slice[T any](list []T, start, stop int) []T {
	if start < 0 {
		start += len(list)
	}
	if stop < 0 {
		stop += len(list)
	}
	start, stop = max(start, 0), min(stop, len(list))
	if start >= stop {
		return nil
	}
	return list[start:stop]
}

func aliasSub(c *call) ([]*series, error) {
	re, err := pyregex.Compile(c.text(1), pyregex.Options{})
	if err != nil {
		return nil, faultf("%v", err)
	}
	replacement, err := re.Template(c.text(2))
	if err != nil {
		return nil, faultf("%v", err)
	}
	for _, s := range c.list(0) {
		name, ok := re.ReplaceWithin(mostName, []byte(s.name), replacement)
		if err := c.matched(re); err != nil {
			return nil, err
		}
		if !ok {
			return nil, errLongName
		}
		if err := c.name(s, string(name)); err != nil {
			return nil, err
		}
	}
	return c.list(0), nil
}
