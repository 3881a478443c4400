package glob

import (
	"strings"
	"unicode/utf8"
)

// match reports whether pattern, which has no braces, matches all of word. Its
// time grows with the product of both lengths at worst.
func match(pattern, word string) bool {
	star, tail := -1, "" // where the last star was, and what is left of word behind what it took
	p := 0
	for word != "" {
		if p < len(pattern) && pattern[p] == '*' {
			star, tail = p, word
			p++
			continue
		}
		if next, rest, ok := one(pattern[p:], word); ok {
			p, word = p+next, rest
			continue
		}
		if star < 0 {
			return false
		}
		_, n := utf8.DecodeRuneInString(tail)
		p, tail = star+1, tail[n:]
		word = tail
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// one matches what pattern begins with, which is no star, with the first
// character of word.
func one(pattern, word string) (used int, rest string, ok bool) {
	if pattern == "" {
		return 0, "", false
	}
	r, n := utf8.DecodeRuneInString(word)
	switch pattern[0] {
	case '?':
		return 1, word[n:], true
	case '[':
		if set, ok := class(pattern); ok {
			return len(set), word[n:], contains(set, r)
		}
	}
	w, m := utf8.DecodeRuneInString(pattern)
	return m, word[n:], w == r && pattern[:m] == word[:n]
}

// class cuts a set of characters, with its brackets, from the beginning of
// pattern. A bracket that nothing closes means itself; one that stands first in
// the set does not close it.
func class(pattern string) (set string, ok bool) {
	i := 1
	if strings.HasPrefix(pattern[i:], "!") {
		i++
	}
	if strings.HasPrefix(pattern[i:], "]") {
		i++
	}
	end := strings.IndexByte(pattern[min(i, len(pattern)):], ']')
	if end < 0 {
		return "", false
	}
	return pattern[:i+end+1], true
}

// contains reports whether r is in a set with its brackets.
func contains(set string, r rune) bool {
	set, negated := strings.CutPrefix(set[1:len(set)-1], "!")
	in := []rune(set)
	for i := 0; i < len(in); i++ {
		if i+2 < len(in) && in[i+1] == '-' {
			if in[i] <= r && r <= in[i+2] {
				return !negated
			}
			i += 2
			continue
		}
		if in[i] == r {
			return !negated
		}
	}
	return negated
}
