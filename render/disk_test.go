package render_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/plumbago/plumbago/internal/glob"
	"github.com/plumbago/plumbago/render"
)

// disk is a store that reads a folder of Whisper files, as simply as it can.
type disk struct {
	*memory
	root  string
	files map[string]string // path by name
}

// openDisk lists the files below root once.
func openDisk(root string) (*disk, error) {
	d := &disk{memory: newMemory(), root: root, files: map[string]string{}}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".wsp") {
			return err
		}
		below, _ := filepath.Rel(root, strings.TrimSuffix(path, ".wsp"))
		name := strings.ReplaceAll(below, "/", ".")
		if strings.HasPrefix(below, "_tagged/") {
			tagged := strings.ReplaceAll(filepath.Base(below), "_DOT_", ".")
			d.files[tagged] = path
			d.memory.series[tagged] = render.Series{Name: tagged}
			d.memory.tagged = append(d.memory.tagged, tagged)
		}
		d.files[name] = path
		d.memory.tree[name] = true // Graphite's tree shows the files of tagged series too
		return nil
	})
	slices.Sort(d.memory.tagged)
	return d, err
}

func (d *disk) Fetch(_ context.Context, names []string, r render.Range) ([]render.Series, error) {
	var list []render.Series
	for _, name := range names {
		path, ok := d.files[name]
		if !ok {
			continue
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		if s, ok := fetch(data, r); ok {
			s.Name = name
			list = append(list, s)
		}
	}
	return list, nil
}

// fetch reads from the finest archive that reaches back to r.From.
func fetch(data []byte, r render.Range) (render.Series, bool) {
	span := int64(u32(data[4:]))
	if r.From > r.Now || r.Until < r.Now-span {
		return render.Series{}, false
	}
	r.From, r.Until = max(r.From, r.Now-span), min(r.Until, r.Now)
	for i := range u32(data[12:]) {
		header := data[16+12*i:]
		step, points := int64(u32(header[4:])), int64(u32(header[8:]))
		if step*points >= r.Now-r.From {
			return archive{data[u32(header):][:12*points], step, points}.fetch(r), true
		}
	}
	return render.Series{}, false
}

func u32(b []byte) uint32 { return binary.BigEndian.Uint32(b) }

type archive struct {
	data         []byte
	step, points int64
}

func (a archive) fetch(r render.Range) render.Series {
	s := render.Series{From: r.From - r.From%a.step + a.step, Until: r.Until - r.Until%a.step + a.step, Step: a.step}
	if s.From == s.Until {
		s.Until += a.step
	}
	first := int64(u32(a.data))
	for t := s.From; t < s.Until; t += a.step {
		v := math.NaN()
		if first != 0 {
			at := (((t-first)/a.step)%a.points + a.points) % a.points
			if point := a.data[12*at:]; int64(u32(point)) == t {
				v = math.Float64frombits(binary.BigEndian.Uint64(point[4:]))
			}
		}
		s.Values = append(s.Values, v)
	}
	return s
}

// memory is a store of what it was given.
type memory struct {
	series map[string]render.Series
	tree   map[string]bool // names without tags
	tagged []string
	fails  error
}

func newMemory() *memory { return &memory{series: map[string]render.Series{}, tree: map[string]bool{}} }

// put adds a series of a value each step, up to a time.
func (m *memory) put(s render.Series) {
	s.Until = s.From + int64(len(s.Values))*s.Step
	m.series[s.Name] = s
	if strings.Contains(s.Name, ";") {
		m.tagged = append(m.tagged, s.Name)
		slices.Sort(m.tagged)
	} else {
		m.tree[s.Name] = true
	}
}

func (m *memory) Find(_ context.Context, pattern string, limit int) ([]render.Node, error) {
	if m.fails != nil {
		return nil, m.fails
	}
	if strings.Contains(pattern, ";") {
		if _, ok := m.series[pattern]; ok {
			return []render.Node{{Path: pattern, Leaf: true}}, nil
		}
		return nil, nil
	}
	nodes, err := glob.Path(pattern)
	if err != nil {
		return nil, err
	}
	found := map[render.Node]bool{}
	for name := range m.tree {
		parts := strings.Split(name, ".")
		for n := range parts {
			if fits(nodes, parts[:n+1]) {
				found[render.Node{Path: strings.Join(parts[:n+1], "."), Leaf: n == len(parts)-1}] = true
			}
		}
	}
	if len(found) > limit {
		return nil, fmt.Errorf("%q names %w: more than %d", pattern, render.ErrTooMany, limit)
	}
	return slices.Collect(keys(found)), nil
}

func keys[K comparable, V any](m map[K]V) func(func(K) bool) {
	return func(yield func(K) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func fits(nodes []glob.Node, parts []string) bool {
	if len(nodes) == 0 {
		return len(parts) == 0
	}
	if nodes[0].Deep() {
		for n := range len(parts) + 1 {
			if (n > 0 || len(nodes) > 1) && fits(nodes[1:], parts[n:]) {
				return true
			}
		}
		return false
	}
	return len(parts) > 0 && nodes[0].Match(parts[0]) && fits(nodes[1:], parts[1:])
}

// retained is how many points back memory reaches.
const retained = 20_000

func (m *memory) Fetch(_ context.Context, names []string, r render.Range) ([]render.Series, error) {
	var list []render.Series
	for _, name := range names {
		s, ok := m.series[name]
		if !ok {
			continue
		}
		all := s
		from, until := max(r.From, r.Now-retained*s.Step), min(r.Until, r.Now)
		if from > until {
			continue
		}
		s.From, s.Until = from-from%s.Step+s.Step, until-until%s.Step+s.Step
		s.Values = make([]float64, (s.Until-s.From)/s.Step)
		before := min(max((all.From-s.From)/s.Step, 0), int64(len(s.Values)))
		n := before
		if skip := max((s.From-all.From)/s.Step, 0); skip < int64(len(all.Values)) {
			n += int64(copy(s.Values[before:], all.Values[skip:]))
		}
		for i := range s.Values {
			if int64(i) < before || int64(i) >= n {
				s.Values[i] = math.NaN()
			}
		}
		list = append(list, s)
	}
	return list, m.fails
}

func (m *memory) Tagged(_ context.Context, exprs []render.TagExpr, limit int) ([]string, error) {
	var names []string
	for _, name := range m.tagged {
		tags := render.Tags(name)
		if !slices.ContainsFunc(exprs, func(x render.TagExpr) bool { return !x.Match(tags[x.Tag]) }) {
			names = append(names, name)
		}
	}
	if len(names) > limit {
		return nil, render.ErrTooMany
	}
	return names, m.fails
}

func (m *memory) Names(_ context.Context, limit int) ([]string, error) {
	names := slices.Sorted(keys(m.tree))
	if len(names) > limit {
		return nil, render.ErrTooMany
	}
	return names, m.fails
}

func (m *memory) Search(_ context.Context, words []string, limit int) (found []string, err error) {
	for _, name := range slices.Concat(slices.Sorted(keys(m.tree)), m.tagged) {
		lacks := func(word string) bool { return !strings.Contains(strings.ToLower(name), word) }
		if len(found) < limit && !slices.ContainsFunc(words, lacks) {
			found = append(found, name)
		}
	}
	return found, m.fails
}
