package pyregex_test

import (
	"bytes"
	"flag"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

var seed = flag.Uint64("seed", 1, "makes other expressions at random")

// TestRandomExpressions holds expressions made at random to what Python says of
// them, where there is a Python.
func TestRandomExpressions(t *testing.T) {
	g := &generator{Rand: rand.New(rand.NewPCG(*seed, 0))}
	w := work{Replacements: []string{`<\g<0>>`}, Names: []string{"", "a", "b", "ab", "ba", "aab", "abb", "abab", "aaab", "A.b", "a\n", "a.b\n", "i", "İb", "ı.a", "éa", "K.k", "1a_", "a-b", "a\nb"}}
	for range 300 {
		w.Cases = append(w.Cases, question{Pattern: g.pattern(), Ignore: g.IntN(3) == 0, Anchored: g.IntN(4) == 0})
	}
	compare(t, w, answers(t, bytes.NewReader(ask(t, w))))
}

// generator makes expressions that are mostly right.
type generator struct {
	*rand.Rand
	groups int
}

func (g *generator) pattern() string {
	g.groups = 0
	return g.alternatives(3)
}

func (g *generator) alternatives(depth int) string {
	branches := []string{g.branch(depth)}
	for g.IntN(4) == 0 {
		branches = append(branches, g.branch(depth))
	}
	return strings.Join(branches, "|")
}

func (g *generator) branch(depth int) string {
	var b strings.Builder
	for range 1 + g.IntN(3) {
		b.WriteString(g.item(depth))
		b.WriteString(g.pick("", "", "", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{,2}?", "*+", "?+"))
	}
	return b.String()
}

func (g *generator) pick(from ...string) string { return from[g.IntN(len(from))] }

func (g *generator) item(depth int) string {
	if depth == 0 || g.IntN(3) > 0 {
		return g.pick("a", "a", "b", "b", "ab", ".", `\.`, `\w`, `\W`, `\d`, `\s`, `\S`, "[ab]", "[^a]", "[a-k]", `[^\w]`, `[\s_-]`, "^", "$", `\b`, `\B`, `\A`, `\Z`, "i", "k", "é", `\n`)
	}
	open := g.pick("(", "(", "(", "(?:", "(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>", "(?i:", "(?s:", "(?m:", "(?a:", "(?x:", "ref", "if")
	switch open {
	case "ref":
		return `\` + strconv.Itoa(1+g.IntN(max(1, g.groups)))
	case "if":
		open = "(?(" + strconv.Itoa(1+g.IntN(max(1, g.groups))) + ")"
	case "(":
		g.groups++
	case "(?<=", "(?<!":
		return open + g.pick("a", "b", "ab", "[ab]", `\w`, "^", "a|b", `\b`, "(?:a|b){2}") + ")"
	}
	return open + g.alternatives(depth-1) + ")"
}
