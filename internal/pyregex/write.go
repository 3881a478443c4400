package pyregex

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// errBeyond tells that an engine cannot say what an expression means.
var errBeyond = errors.New("beyond the engine")

// dialect is how an engine writes what Python writes in another way.
type dialect struct {
	// plain restricts sets to what plain names are made of, which no other name
	// will be held against.
	plain bool
	// backtracking is for the engine that can do everything.
	backtracking bool
}

// re2 writes n for RE2, for plain names only or for all.
func re2(n *node, plain bool) (string, error) {
	w := writer{dialect: dialect{plain: plain}}
	err := w.node(n, true)
	return w.String(), err
}

// backtracking writes n for the other engine.
func backtracking(n *node) string {
	w := writer{dialect: dialect{backtracking: true}}
	if err := w.node(n, true); err != nil {
		panic(err)
	}
	return w.String()
}

type writer struct {
	dialect
	strings.Builder
}

// node writes n. At the tail of an expression nothing follows.
func (w *writer) node(n *node, tail bool) error {
	switch n.op {
	case opSet:
		w.run([]*node{n})
	case opConcat:
		return w.concat(n.subs, tail)
	case opAlternate:
		return w.alternate(n.subs, tail)
	case opRepeat:
		return w.repeat(n, tail)
	case opGroup:
		return w.wrap("(", n.subs[0], tail)
	case opSame, opLook, opAtomic, opIf:
		if !w.backtracking {
			return errBeyond
		}
		return w.special(n)
	default:
		return w.assertion(n, tail)
	}
	return nil
}

func (w *writer) wrap(open string, n *node, tail bool) error {
	w.WriteString(open)
	err := w.node(n, tail)
	w.WriteByte(')')
	return err
}

// concat writes one after the other; sets that follow each other are one text.
func (w *writer) concat(subs []*node, tail bool) error {
	subs = flat(subs)
	if len(subs) == 1 {
		return w.node(subs[0], tail) // whoever writes the sequence has put it in a group
	}
	for len(subs) > 0 {
		n := slices.IndexFunc(subs, func(n *node) bool { return n.op != opSet })
		if n < 0 {
			n = len(subs)
		}
		w.run(subs[:n])
		if subs = subs[n:]; len(subs) == 0 {
			break
		}
		if err := w.item(subs[0], tail && len(subs) == 1); err != nil {
			return err
		}
		subs = subs[1:]
	}
	return nil
}

// flat takes what is in sequences within a sequence out of them.
func flat(subs []*node) []*node {
	var out []*node
	for _, n := range subs {
		if n.op == opConcat {
			out = append(out, flat(n.subs)...)
		} else {
			out = append(out, n)
		}
	}
	return out
}

// item writes a part of a sequence, or what is repeated.
func (w *writer) item(n *node, tail bool) error {
	if n.op == opAlternate || n.op == opConcat {
		return w.wrap("(?:", n, tail)
	}
	return w.node(n, tail)
}

func (w *writer) alternate(subs []*node, tail bool) error {
	for i, n := range subs {
		if i > 0 {
			w.WriteByte('|')
		}
		if err := w.node(n, tail); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) repeat(n *node, tail bool) error {
	if n.possessive && !w.backtracking {
		return errBeyond
	}
	if n.possessive {
		w.WriteString("(?>")
		defer w.WriteByte(')')
	}
	sub := n.subs[0]
	open := "(?:"
	if s := flat([]*node{sub}); len(s) == 1 && (s[0].op == opSet || s[0].op == opGroup) {
		sub, open = s[0], ""
	}
	w.WriteString(open)
	if err := w.node(sub, tail && n.max <= 1); err != nil {
		return err
	}
	if open != "" {
		w.WriteByte(')')
	}
	w.WriteString(quantifier(n))
	return nil
}

func quantifier(n *node) string {
	var q string
	switch {
	case n.max == unlimited && n.min <= 1:
		q = either(n.min == 0, "*", "+")
	case n.max == unlimited:
		q = fmt.Sprintf("{%d,}", n.min)
	case n.min == 0 && n.max == 1:
		q = "?"
	case n.min == n.max:
		q = fmt.Sprintf("{%d}", n.min)
	default:
		q = fmt.Sprintf("{%d,%d}", n.min, n.max)
	}
	return q + either(n.lazy, "?", "")
}

// assertion writes what matches a place. RE2 knows words in ASCII only; of a
// name that is empty, Python says that no place is inside of anything.
func (w *writer) assertion(n *node, tail bool) error {
	text := map[op]string{opBegin: `^`, opBeginLine: `(?m:^)`, opEnd: `\z`, opDollar: `\Z`, opEndLine: `(?m:$)`}[n.op]
	switch {
	case n.op == opBoundary || n.op == opInside:
		return w.word(n)
	case w.plain && (n.op == opEnd || n.op == opDollar || n.op == opEndLine):
		text = `$`
	case w.plain:
		text = `^`
	case n.op == opDollar && !w.backtracking:
		if !tail {
			return errBeyond
		}
		text = `(?:\n?\z)`
	}
	w.WriteString(text)
	return nil
}

func (w *writer) word(n *node) error {
	if w.backtracking {
		word := class(n.set)
		before, after, none := "(?<="+word+")", "(?="+word+")", "(?<!"+word+")(?!"+word+")"
		if n.op == opBoundary {
			w.WriteString("(?:" + before + "(?!" + word + ")|(?<!" + word + ")" + after + ")")
		} else {
			w.WriteString(`(?!\A\z)(?:` + before + after + "|" + none + ")")
		}
		return nil
	}
	if !w.plain && (n.op == opInside || !slices.Equal(n.set, asciiClasses().word)) {
		return errBeyond
	}
	w.WriteString(either(n.op == opBoundary, `\b`, `\B`))
	return nil
}

// special writes what only the backtracking engine has.
func (w *writer) special(n *node) error {
	number := strconv.Itoa(n.group)
	switch n.op {
	case opSame:
		w.WriteString(either(n.fold, `(?i:\`, `(?:\`) + number + ")")
	case opAtomic:
		return w.wrap("(?>", n.subs[0], false)
	case opIf:
		return w.choice(n, number)
	case opLook:
		sign := either(n.negate, "!", "=")
		return w.wrap(either(n.behind, "(?<", "(?")+sign, n.subs[0], false)
	}
	return nil
}

func (w *writer) choice(n *node, number string) error {
	w.WriteString("(?(" + number + ")")
	if err := w.wrap("(?:", n.subs[0], false); err != nil {
		return err
	}
	w.WriteByte('|')
	if err := w.wrap("(?:", n.subs[1], false); err != nil {
		return err
	}
	w.WriteByte(')')
	return nil
}

// run writes sets that follow each other. Letters without regard to case are
// written together, under the flag i.
func (w *writer) run(sets []*node) {
	folding := false
	for _, n := range sets {
		text, folds, cased := w.set(n.set)
		if folding && cased && !folds {
			w.WriteByte(')')
			folding = false
		}
		if !folding && folds {
			w.WriteString("(?i:")
			folding = true
		}
		w.WriteString(text)
	}
	if folding {
		w.WriteByte(')')
	}
}

// set returns how s is written, whether that needs the flag i, and whether the
// flag would make a difference.
func (w *writer) set(s set) (text string, folds, cased bool) {
	if w.plain {
		s = s.and(plain)
	}
	switch {
	case len(s) == 2 && s[0] == s[1]:
		return quote(s[0]), false, w.backtracking || len(orbit(s[0])) > 2 || simpleOrbit(s[0])[1] != s[0]
	case !w.backtracking && len(s) > 0 && slices.Equal(w.folded(s[0]), s):
		return quote(lower(s[0])), true, true
	case w.plain && slices.Equal(s, plain) || slices.Equal(s, notLine):
		return either(w.backtracking, `[^\n]`, "."), false, true
	case slices.Equal(s, all):
		return either(w.backtracking, `[\s\S]`, "(?s:.)"), false, true
	case w.plain:
		return classWithin(s), false, true
	}
	return class(s), false, true
}

// folded returns what RE2 matches for r under the flag i, as far as it matters.
func (w *writer) folded(r rune) set {
	s := simpleOrbit(r)
	if w.plain {
		s = s.and(plain)
	}
	if len(s) == 2 && s[0] == s[1] {
		return nil
	}
	return s
}
