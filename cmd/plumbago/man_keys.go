package main

import (
	"strings"

	"github.com/plumbago/plumbago/config"
)

// keys writes plumbago.yml(5): the manual of all keys, its prose as text and the
// keys, with what is said beside them, as they are.
func (m *manual) keys() {
	preface, parts := chapters(string(config.DefaultYAML))
	m.title("PLUMBAGO.YML", "5")
	m.section("NAME")
	m.macro(".Nm plumbago.yml\n.Nd configuration of the metrics gateway for Graphite")
	m.section("DESCRIPTION")
	for i, paragraph := range preface {
		if i > 0 {
			m.macro(".Pp")
		}
		m.text(paragraph)
	}
	m.section("KEYS")
	for _, p := range parts {
		m.macro(".Ss " + quoted(p.key))
		m.text(p.about)
		m.literal(p.yaml)
	}
	m.section("FILES")
	m.macro(".Bl -tag -width Ds\n.It Pa /etc/plumbago/plumbago.yml\nThe configuration of the packaged service.\n.El")
	m.section("SEE ALSO")
	m.macro(".Xr plumbago 1")
}

func (m *manual) literal(yaml []string) {
	m.macro(".Bd -literal")
	for _, text := range yaml {
		m.macro(plainLine(text))
	}
	m.macro(".Ed")
}

// chapter is what the manual says of one key of the top.
type chapter struct {
	key   string
	about string
	yaml  []string
}

// chapters takes the manual apart at the keys of the top, those that are examples
// included. The preface comes in paragraphs.
func chapters(text string) (preface []string, list []chapter) {
	var comment []string // prose that belongs to the next key, or to the one before
	settle := func() {
		if n := len(list); n > 0 {
			list[n-1].yaml = append(list[n-1].yaml, comment...)
		} else if len(comment) > 0 {
			preface = append(preface, paragraphs(comment)...)
		}
		comment = nil
	}
	for l := range strings.Lines(text) {
		l = strings.TrimSuffix(l, "\n")
		switch key, isKey := topKey(l); {
		case isKey:
			list = append(list, chapter{key: key, about: prose(comment), yaml: []string{l}})
			comment = nil
		case strings.HasPrefix(l, "# ") || l == "#":
			comment = append(comment, l)
		case l == "":
			settle()
			if n := len(list); n > 0 {
				list[n-1].yaml = append(list[n-1].yaml, l)
			}
		default:
			settle()
			list[len(list)-1].yaml = append(list[len(list)-1].yaml, l)
		}
	}
	settle()
	for i := range list {
		list[i].yaml = withoutBlankEnds(list[i].yaml)
	}
	return preface, list
}

// topKey returns the key with which a line begins, if it is one of the top, given
// or as an example.
func topKey(l string) (key string, ok bool) {
	key, _, ok = strings.Cut(strings.TrimPrefix(l, "#"), ":")
	return key, ok && key != "" && !strings.ContainsAny(key, " #")
}

// paragraphs joins lines of a comment; a line without words ends a paragraph.
func paragraphs(comment []string) (list []string) {
	for part := range strings.SplitSeq(strings.Join(comment, "\n"), "\n#\n") {
		list = append(list, prose(strings.Split(part, "\n")))
	}
	return list
}

// prose is a comment without its signs.
func prose(comment []string) string {
	words := make([]string, len(comment))
	for i, l := range comment {
		words[i] = strings.TrimSpace(strings.TrimPrefix(l, "#"))
	}
	return strings.Join(words, " ")
}

func withoutBlankEnds(lines []string) []string {
	for len(lines) > 0 && strings.TrimSpace(lines[len(lines)-1]) == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}
