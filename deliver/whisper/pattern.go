package whisper

import (
	"slices"
	"strings"

	"github.com/plumbago/plumbago/internal/glob"
)

// pattern is nodes of a glob. Of several ** that follow each other only one is left.
type pattern []glob.Node

// parsePattern reads a pattern. It is empty if nothing can be found by it.
func parsePattern(text string) (p pattern, err error) {
	nodes, err := glob.Path(text)
	if err != nil {
		return nil, err
	}
	for _, n := range nodes {
		if !n.Deep() || len(p) == 0 || !p[len(p)-1].Deep() {
			p = append(p, n)
		}
	}
	return p, nil
}

// looksPer is how many bytes of a pattern cost as much to compare with as to look at
// one more node.
const looksPer = 64

// cost is how many looks it takes to compare a node with all of the pattern.
func (p pattern) cost() (looks int) {
	for _, n := range p {
		looks += n.Size()
	}
	return 1 + looks/looksPer
}

// state is the places in a pattern that the nodes of a path may have led to: the next
// node of the path is to fit one of them.
type state []int

func (p pattern) begin() state { return p.put(nil, 0) }

// put adds place i, and the one behind it if i stands for no node at all.
func (p pattern) put(s state, i int) state {
	for ; !slices.Contains(s, i); i++ {
		s = append(s, i)
		// At the end ** stands for one node at least.
		if i == len(p)-1 || !p[i].Deep() {
			break
		}
	}
	return s
}

// step returns the state behind a node.
func (p pattern) step(s state, node string) (next state) {
	for _, i := range s {
		switch {
		case p[i].Deep():
			next = p.put(next, i)
		case i < len(p)-1 && p[i].Match(node):
			next = p.put(next, i+1)
		}
	}
	return next
}

// finds reports whether a path that ends with node is found.
func (p pattern) finds(s state, node string) bool {
	return slices.ContainsFunc(s, func(i int) bool { return i == len(p)-1 && p[i].Match(node) })
}

// words are the only nodes that can follow, each once, if that is known.
func (p pattern) words(s state) (words []string, ok bool) {
	if len(s) != 1 {
		return nil, false
	}
	if words, ok = p[s[0]].Words(); len(words) > 1 {
		words = slices.Compact(slices.Sorted(slices.Values(words)))
	}
	return words, ok
}

// lowered returns text with its letters in lower case, in dst's memory if they are
// ASCII, which dst is appended to.
func lowered(dst []byte, text string) []byte {
	from := len(dst)
	dst = append(dst, text...)
	for i := from; i < len(dst); i++ {
		switch c := dst[i]; {
		case c >= 0x80:
			return append(dst[:from], strings.ToLower(text)...)
		case 'A' <= c && c <= 'Z':
			dst[i] = c + ('a' - 'A')
		}
	}
	return dst
}
