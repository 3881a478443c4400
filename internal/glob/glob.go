// Package glob reads the patterns with which Graphite's names are searched:
// nodes between dots, each with * ? [abc] [!a-c] and {one,other}.
package glob

import (
	"errors"
	"strings"
)

// MostVariants bounds what the braces of one node may stand for, since each
// further pair multiplies it.
const MostVariants = 1024

// MostBytes bounds the pattern of one node: no file system has longer names.
const MostBytes = 4096

// MostNodes bounds the nodes of a pattern: no tree is so deep.
const MostNodes = 256

// MostText bounds what the braces of all nodes stand for together, in bytes. What a
// pattern takes in memory, and what it costs to compare a word with it, goes by that.
const MostText = 256 << 10

// What is wrong with a pattern that cannot be read.
var (
	ErrVariants = errors.New("the braces stand for too many words")
	ErrLong     = errors.New("a node is too long")
	ErrDeep     = errors.New("there are too many nodes")
)

// Node is the pattern of one node. The zero Node matches the empty word.
type Node struct {
	words []string // without wildcards
	globs []string // with
	size  int      // of both, in bytes
}

// Path splits a pattern at its dots. Backslashes are taken away, as they mark
// characters that mean themselves to a parser of targets only.
func Path(pattern string) ([]Node, error) {
	pattern = strings.ReplaceAll(pattern, `\`, "")
	count := 1 + strings.Count(pattern, ".")
	if count > MostNodes {
		return nil, ErrDeep
	}
	nodes := make([]Node, 0, count)
	var e expansion
	for text := range strings.SplitSeq(pattern, ".") {
		n, err := e.node(text)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
	}
	return nodes, nil
}

// Parse reads the pattern of one node.
func Parse(text string) (Node, error) { return new(expansion).node(text) }

// Size is how many bytes all that n stands for has. What Match costs goes by that.
func (n Node) Size() int { return n.size }

// Words returns the only words that n can match, if there is no wildcard in it.
// Some may come twice.
func (n Node) Words() ([]string, bool) { return n.words, len(n.globs) == 0 }

// Deep reports whether n is **, which stands for any number of nodes.
func (n Node) Deep() bool { return len(n.globs) == 1 && n.globs[0] == "**" && len(n.words) == 0 }

// Match reports whether n matches word.
func (n Node) Match(word string) bool {
	for _, w := range n.words {
		if w == word {
			return true
		}
	}
	for _, g := range n.globs {
		if match(g, word) {
			return true
		}
	}
	return false
}

// expansion gathers what the braces of a pattern's nodes stand for, and counts the
// texts it looked at: opening a pair is work even where it holds a single word.
type expansion struct {
	variants []string // of one node
	looked   int      // at texts of all nodes
	size     int      // of the variants of all nodes, in bytes
}

func (e *expansion) node(text string) (n Node, err error) {
	if len(text) > MostBytes {
		return Node{}, ErrLong
	}
	e.variants = e.variants[:0]
	before := e.size
	if err := e.add(text); err != nil {
		return Node{}, err
	}
	n.size = e.size - before
	for _, v := range e.variants {
		if strings.ContainsAny(v, "*?[") {
			n.globs = append(n.globs, v)
		} else {
			n.words = append(n.words, v)
		}
	}
	return n, nil
}

// add gathers what text stands for: innermost braces are opened first.
func (e *expansion) add(text string) error {
	const mostLooks = 16 * MostVariants
	if e.looked++; e.looked > mostLooks || len(e.variants) == MostVariants {
		return ErrVariants
	}
	open, end := braces(text)
	if open < 0 {
		if e.size += len(text); e.size > MostText {
			return ErrVariants
		}
		e.variants = append(e.variants, text)
		return nil
	}
	for word := range strings.SplitSeq(text[open+1:end], ",") {
		if err := e.add(text[:open] + word + text[end+1:]); err != nil {
			return err
		}
	}
	return nil
}

// braces finds the first pair of braces with none inside.
func braces(text string) (open, end int) {
	end = -1
	for i, c := range []byte(text) {
		switch {
		case c == '{':
			end = i
		case c == '}' && end >= 0:
			return end, i
		}
	}
	return -1, -1
}
