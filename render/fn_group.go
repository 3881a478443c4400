package render

import (
	"slices"
)

func groupFunctions() []function {
	list := need("seriesList", kindSeriesList)
	return []function{
		{"groupByNode", groupCombine, "Combines the series that have the same node at a position, or the same value of a tag.",
			[]param{list, need("nodeNum", kindNodeOrTag), may("callback", kindAggOrSeries, "average")}, groupByNode},
		{"groupByNodes", groupCombine, "Combines the series that have the same nodes at some positions, or the same values of tags.",
			[]param{list, need("callback", kindAggOrSeries), many("nodes", kindNodeOrTag)}, groupByNodes},
		{"groupByTags", groupCombine, "Combines the series that have the same values of some tags.",
			[]param{list, need("callback", kindAggOrSeries), some("tags", kindTag)}, groupByTags},
	}
}

func groupByNode(c *call) ([]*series, error) { return c.groupByKeys(1, c.text(2)) }

func groupByNodes(c *call) ([]*series, error) { return c.groupByKeys(2, c.text(1)) }

func (c *call) groupByKeys(i int, callback string) ([]*series, error) {
	return c.grouped(grouping{
		list: c.list(0),
		key:  func(s *series) (string, error) { return c.key(s, i) },
		make: func(list []*series) ([]*series, error) { return c.callback(callback, list) },
	})
}

// grouping is how a list falls into groups, and what becomes of each.
type grouping struct {
	list []*series
	key  func(*series) (string, error)
	make func([]*series) ([]*series, error)
}

// grouped makes a series of each group, named by its key, in the order in which
// the keys come first.
func (c *call) grouped(g grouping) ([]*series, error) {
	var keys []string
	groups := map[string][]*series{}
	for _, s := range g.list {
		k, err := g.key(s)
		if err == nil {
			err = c.spendPoints(inPoints(k))
		}
		if err != nil {
			return nil, err
		}
		if groups[k] == nil {
			keys = append(keys, k)
		}
		groups[k] = append(groups[k], s)
	}
	made := make([]*series, 0, len(keys))
	for _, k := range keys {
		list, err := g.make(groups[k])
		if err != nil {
			return nil, err
		}
		if len(list) > 0 {
			list[0].name = k
			made = append(made, list[0])
		}
	}
	return made, nil
}

// callback makes a series of a group, by a function that takes a list only, or by
// the name of an aggregator.
func (c *call) callback(name string, list []*series) ([]*series, error) {
	f, ok := c.functions[name]
	if !ok {
		return c.combine(list, combination{name, c.xff})
	}
	inner := &call{env: c.env, function: f, given: make([][]argument, len(f.params))}
	if len(f.params) == 0 || f.params[0].kind != kindSeriesList {
		return nil, faultf("%s takes no list of series", name)
	}
	inner.given[0] = []argument{{kind: argList, list: list}}
	if err := inner.complete(); err != nil {
		return nil, err
	}
	return f.run(inner)
}

func groupByTags(c *call) ([]*series, error) {
	var tags []string
	byName := false
	for _, a := range c.given[2] {
		if a.text == "name" {
			byName = true
		} else {
			tags = append(tags, a.text)
		}
	}
	name := c.commonName(c.list(0))
	list, err := c.grouped(grouping{
		list: c.list(0),
		key: func(s *series) (string, error) {
			if byName {
				return tagKey(s, s.tags["name"], tags)
			}
			return tagKey(s, name, tags)
		},
		make: func(list []*series) ([]*series, error) { return c.callback(c.text(1), list) },
	})
	for _, s := range list {
		s.path, s.tags = s.name, tagsOf(s.name)
	}
	return list, err
}

// commonName is the name that all series have without their tags, or that of the
// callback.
func (c *call) commonName(list []*series) string {
	for _, s := range list[min(1, len(list)):] {
		if s.tags["name"] != list[0].tags["name"] {
			return c.text(1)
		}
	}
	if len(list) == 0 {
		return c.text(1)
	}
	return list[0].tags["name"]
}

func tagKey(s *series, name string, tags []string) (string, error) {
	parts := make([]string, len(tags))
	for i, tag := range tags {
		parts[i] = tag + "=" + s.tags[tag]
	}
	slices.Sort(parts)
	return joined(append([]string{name}, parts...), ";")
}
