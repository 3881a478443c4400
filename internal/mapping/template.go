package mapping

import (
	"regexp"
	"strconv"
	"strings"
)

// template is a text with $1 or ${1} in it for what a wildcard stood for.
type template struct {
	text  string
	parts []part // for globs
}

// part is a text, and behind it what the wildcard of this number stood for, counted
// from 1; 0 is nothing.
type part struct {
	text string
	wild int
}

// reference is what stands for a wildcard of a glob. One that is no number, or too
// large, stands for nothing: $1_x is one, ${1}_x is not.
var reference = regexp.MustCompile(`\$\{?([a-zA-Z0-9_$]+)\}?`)

func newTemplate(text string) template {
	t := template{text: text}
	from := 0
	for _, at := range reference.FindAllStringSubmatchIndex(text, -1) {
		wild, err := strconv.Atoi(text[at[2]:at[3]])
		if err != nil {
			wild = 0
		}
		t.parts = append(t.parts, part{text[from:at[0]], wild})
		from = at[1]
	}
	t.parts = append(t.parts, part{text: text[from:]})
	return t
}

// glob returns the text for a name, with wildcards at these of its nodes.
func (t template) glob(nodes []string, at []int) string {
	if len(t.parts) == 1 {
		return t.text
	}
	var out strings.Builder
	for _, p := range t.parts {
		out.WriteString(p.text)
		if 0 < p.wild && p.wild <= len(at) {
			out.WriteString(nodes[at[p.wild-1]])
		}
	}
	return out.String()
}
