package crelayconf

import "strings"

// token is a word, or the end of a statement.
type token struct {
	text   string
	quoted bool
	line   int
}

func (t token) ends() bool { return t.text == ";" && !t.quoted }

// lex takes a text apart: words between blanks, or in double quotes; ; ends a
// statement, and # begins a comment, wherever they stand outside of quotes. An
// open quote is told by its line.
func lex(text string) (tokens []token, open int) {
	line := 1
	for text != "" {
		n := 1
		switch c := text[0]; {
		case c == '\n':
			line++
		case c == ' ' || c == '\t' || c == '\r':
		case c == '#':
			n = until(text, "\n")
		case c == ';':
			tokens = append(tokens, token{";", false, line})
		case c == '"':
			word, size := unquote(text)
			if size == 0 {
				return tokens, line
			}
			tokens = append(tokens, token{word, true, line})
			line += strings.Count(text[:size], "\n")
			n = size
		default:
			n = word(text)
			tokens = append(tokens, token{text[:n], false, line})
		}
		text = text[n:]
	}
	return tokens, 0
}

// until returns where one of chars is, or the end.
func until(text, chars string) int {
	if i := strings.IndexAny(text, chars); i >= 0 {
		return i
	}
	return len(text)
}

// word returns the length of a word: a blank behind a backslash belongs to it.
func word(text string) int {
	for n := 0; ; {
		n += until(text[n:], " \t\r\n;#")
		if n == len(text) || n == 0 || text[n-1] != '\\' || text[n] != ' ' {
			return n
		}
		n++
	}
}

// unquote returns the text in quotes and its length with them, or 0 if it does
// not end. \" stands for a quote.
func unquote(text string) (word string, size int) {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return strings.ReplaceAll(text[1:i], `\"`, `"`), i + 1
		}
	}
	return "", 0
}
