package whisper

import (
	"context"
	"slices"

	"github.com/plumbago/plumbago/render"
)

var _ render.Store = (*Store)(nil)

// Find implements render.Store. Series that have no file yet are found once the folders
// were read.
func (s *Store) Find(ctx context.Context, text string, limit int) ([]render.Node, error) {
	if isTagged(text) {
		return s.findTagged(ctx, text)
	}
	p, err := parsePattern(text)
	if err != nil || len(p) == 0 {
		return nil, err
	}
	g := gathering{ctx: ctx, limit: limit, cost: p.cost()}
	if !s.index.find(p, &g) {
		disk := diskSearch{store: s, pattern: p, gathering: &g}
		disk.folder("", "", p.begin())
	}
	if g.err != nil {
		return nil, g.err
	}
	return g.nodes, ctx.Err()
}

// findTagged finds the series of a name with tags.
func (s *Store) findTagged(ctx context.Context, name string) ([]render.Node, error) {
	if err := s.acquire(ctx); err != nil {
		return nil, err
	}
	defer s.release()
	if !s.tags.has(name) {
		f, _, err := s.find(name)
		if err != nil {
			return nil, nil
		}
		f.Close()
	}
	return []render.Node{{Path: name, Leaf: true}}, nil
}

// find looks in the tree. It reports false if it is not there.
func (x *index) find(p pattern, g *gathering) bool {
	x.read()
	defer x.mu.RUnlock()
	if x.root == nil {
		return false
	}
	search := treeSearch{p, g}
	search.folder(x.root, make([]byte, 0, usualPath), p.begin())
	return true
}

// treeSearch looks for a pattern in the tree.
type treeSearch struct {
	pattern
	*gathering
}

// folder looks in f, whose path with a dot behind is above. Its memory is used.
func (t treeSearch) folder(f *folder, above []byte, s state) {
	if words, ok := t.words(s); ok {
		for _, word := range words {
			t.word(f, above, word, s)
		}
		return
	}
	for _, below := range f.folders {
		if t.below(below, above, s); t.err != nil {
			return
		}
	}
	for _, name := range f.leaves {
		if t.leaf(name, above, s); t.err != nil {
			return
		}
	}
}

// word looks for what is called so.
func (t treeSearch) word(f *folder, above []byte, word string, s state) {
	if i, ok := f.below(word); ok {
		t.below(f.folders[i], above, s)
	}
	if _, ok := slices.BinarySearch(f.leaves, word); ok {
		t.leaf(word, above, s)
	}
}

// below looks at a folder, and in it.
func (t treeSearch) below(f *folder, above []byte, s state) {
	path := append(above, f.name...)
	if !t.alive() || t.finds(s, f.name) && !t.addNode(string(path), false) {
		return
	}
	if next := t.step(s, f.name); len(next) > 0 {
		t.folder(f, append(path, '.'), next)
	}
}

func (t treeSearch) leaf(name string, above []byte, s state) {
	if t.alive() && t.finds(s, name) {
		t.addNode(string(append(above, name...)), true)
	}
}
