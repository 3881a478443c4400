package whisper

import (
	"context"
	"fmt"

	"github.com/plumbago/plumbago/render"
)

// gathering is an answer that is being put together.
type gathering struct {
	ctx   context.Context
	limit int
	cost  int // of a look at something; 0: 1

	looked int // since it was seen whether there is time left
	names  []string
	nodes  []render.Node
	err    error // why it has come to its end
}

// alive counts a look at something, and reports whether to go on.
func (g *gathering) alive() bool {
	const often = 1 << 12
	if g.looked += max(g.cost, 1); g.err == nil && g.looked >= often {
		g.looked, g.err = 0, g.ctx.Err()
	}
	return g.err == nil
}

// add adds a name, and reports whether to go on.
func (g *gathering) add(name string) bool {
	if len(g.names) >= g.limit {
		g.err = g.tooMany()
		return false
	}
	g.names = append(g.names, name)
	return true
}

// addNode adds a node, and reports whether to go on.
func (g *gathering) addNode(path string, leaf bool) bool {
	if len(g.nodes) >= g.limit {
		g.err = g.tooMany()
		return false
	}
	g.nodes = append(g.nodes, render.Node{Path: path, Leaf: leaf})
	return true
}

func (g *gathering) tooMany() error {
	return fmt.Errorf("%w: more than %d", render.ErrTooMany, g.limit)
}
