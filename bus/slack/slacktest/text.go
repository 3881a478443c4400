package slacktest

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

const (
	splitAt    = 4000  // characters of a message; a longer text becomes several
	truncateAt = 40000 // characters of a text
)

var (
	markup  = regexp.MustCompile(`<[^<>\n]*>`)
	bareAmp = regexp.MustCompile(`&(amp;|lt;|gt;)?`)
	guessed = regexp.MustCompile(`https?://[^\s<>|]+|[\w.+-]+@[\w-]+(\.[\w-]+)+|\b([A-Za-z0-9-]+\.)+(com|net|org|io|name|info|dev|de)\b`)
	phone   = regexp.MustCompile(`\b\d{10}\b`)
	emoji   = strings.NewReplacer("😀", ":grinning:", "🚀", ":rocket:", "✅", ":white_check_mark:")
)

// stored is what becomes of a text: markup stays, the three characters outside of
// it are escaped, and what looks like an address becomes a link.
func (s *Server) stored(text string) string {
	text = emoji.Replace(strings.TrimSpace(text))
	var out strings.Builder
	at := 0
	for _, span := range markup.FindAllStringIndex(text, -1) {
		out.WriteString(s.guess(text[at:span[0]]))
		out.WriteString(text[span[0]:span[1]])
		at = span[1]
	}
	out.WriteString(s.guess(text[at:]))
	return out.String()
}

// guess treats text without markup.
func (s *Server) guess(text string) string {
	text = strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(text)
	text = bareAmp.ReplaceAllStringFunc(text, func(m string) string {
		if m == "&" {
			return "&amp;"
		}
		return m
	})
	if s.o.PlainText {
		return text
	}
	text = guessed.ReplaceAllStringFunc(text, link)
	if s.o.Phones {
		text = phone.ReplaceAllString(text, "<tel:$0|$0>")
	}
	return text
}

func link(found string) string {
	switch {
	case strings.HasPrefix(found, "http"):
		return "<" + found + ">"
	case strings.Contains(found, "@"):
		return "<mailto:" + found + "|" + found + ">"
	}
	return "<http://" + found + "|" + found + ">"
}

// parts cuts a text as Slack does one that is too long: wherever that falls.
func parts(text string) (list []string, truncated bool) {
	if utf8.RuneCountInString(text) > truncateAt {
		text, truncated = string([]rune(text)[:truncateAt]), true
	}
	for runes := []rune(text); len(runes) > 0; {
		n := min(splitAt, len(runes))
		list = append(list, string(runes[:n]))
		runes = runes[n:]
	}
	return list, truncated
}
