package admin_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/plumbago/plumbago/internal/glob"
	"github.com/plumbago/plumbago/render"
)

// store is a render.Store of series that are waves, one value each 10 s, forever.
type store []string

// hostile are names that a page could mistake for something else than text.
var hostile = []string{
	`hostile.<img/src=x/onerror=alert(1)>`,
	`hostile."><script>alert(1)</script>`,
	`hostile.a(b),'c'|{d}*[e`,
	`hostile.__proto__`,
}

// newStore has servers with processors and disks, hosts too many for one look, and
// the hostile.
func newStore() store {
	s := slices.Clone(store(hostile))
	for _, host := range []string{"ams-web-01", "ams-web-02", "fra-db-01"} {
		for _, what := range []string{"cpu.user", "cpu.system", "disk.sda.util", "load"} {
			s = append(s, "servers."+host+"."+what)
		}
	}
	for i := range 450 {
		s = append(s, fmt.Sprintf("many.host-%03d.up", i))
	}
	return append(s, "requests;code=200;site=ams", "requests;code=500;site=ams")
}

func (s store) Find(_ context.Context, pattern string, _ int) ([]render.Node, error) {
	if strings.Contains(pattern, ";") {
		if slices.Contains(s, pattern) {
			return []render.Node{{Path: pattern, Leaf: true}}, nil
		}
		return nil, nil
	}
	nodes, err := glob.Path(pattern)
	if err != nil {
		return nil, err
	}
	var found []render.Node
	for _, name := range s {
		parts := strings.Split(name, ".")
		if strings.Contains(name, ";") || len(parts) < len(nodes) || !fit(nodes, parts) {
			continue
		}
		n := render.Node{Path: strings.Join(parts[:len(nodes)], "."), Leaf: len(parts) == len(nodes)}
		if !slices.Contains(found, n) {
			found = append(found, n)
		}
	}
	return found, nil
}

func fit(nodes []glob.Node, parts []string) bool {
	for i, n := range nodes {
		if !n.Match(parts[i]) {
			return false
		}
	}
	return true
}

// step is the time between two values.
const step = 10

func (s store) Fetch(_ context.Context, names []string, r render.Range) ([]render.Series, error) {
	var list []render.Series
	for _, name := range names {
		at := slices.Index(s, name)
		if at < 0 {
			continue
		}
		one := render.Series{Name: name, From: r.From - r.From%step + step, Until: r.Until - r.Until%step + step, Step: step}
		for t := one.From; t < one.Until; t += step {
			wave := math.Sin(float64(t)/600+float64(at)) + 0.2*math.Sin(float64(t)/47*float64(at+1))
			one.Values = append(one.Values, 40+float64(at%7)*9+18*wave)
		}
		list = append(list, one)
	}
	return list, nil
}

func (s store) Tagged(context.Context, []render.TagExpr, int) ([]string, error) { return nil, nil }

func (s store) Names(context.Context, int) ([]string, error) { return s, nil }

func (s store) Search(_ context.Context, words []string, limit int) (found []string, err error) {
	for _, name := range s {
		lacks := func(word string) bool { return !strings.Contains(strings.ToLower(name), word) }
		if len(found) < limit && !slices.ContainsFunc(words, lacks) {
			found = append(found, name)
		}
	}
	return found, nil
}
