package mapping

import "strings"

// node is a place in the tree of all globs.
type node struct {
	words map[string]*node
	any   *node // for *
	rule  *rule // of the glob that ends here
}

// add puts a glob into the tree. Of two that are alike the first counts.
func (n *node) add(nodes []string, r *rule) {
	for _, word := range nodes {
		n = n.child(word)
	}
	if n.rule == nil {
		n.rule = r
	}
}

func (n *node) child(word string) *node {
	if word == "*" {
		if n.any == nil {
			n.any = &node{}
		}
		return n.any
	}
	if n.words == nil {
		n.words = map[string]*node{}
	}
	if n.words[word] == nil {
		n.words[word] = &node{}
	}
	return n.words[word]
}

// find returns the rule for a name: the first of the file, or if they are not
// ordered that in which words come before wildcards, from the left. nil: there is
// none.
func (n *node) find(nodes []string, ordered bool) *rule {
	if len(nodes) == 0 {
		return n.rule
	}
	var found *rule
	if next := n.words[nodes[0]]; next != nil {
		found = next.find(nodes[1:], ordered)
	}
	if n.any == nil || found != nil && !ordered {
		return found
	}
	if other := n.any.find(nodes[1:], ordered); other != nil && (found == nil || other.order < found.order) {
		found = other
	}
	return found
}

// wildcards returns the places of the nodes that are *.
func wildcards(nodes []string) (at []int) {
	for i, word := range nodes {
		if word == "*" {
			at = append(at, i)
		}
	}
	return at
}

// fault says what is wrong with a glob, "" if nothing is.
func fault(nodes []string) string {
	for _, word := range nodes {
		if word == "" {
			return "a node of it is empty"
		}
		if word != "*" && strings.Contains(word, "*") {
			return "a * stands for a whole node; use match_type: regex for less"
		}
	}
	return ""
}
