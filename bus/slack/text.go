package slack

import (
	"regexp"
	"strings"
)

var (
	escaping   = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	unescaping = strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">") // one pass: &amp;lt; is &lt;
	wrapped    = regexp.MustCompile(`<[^<>\n]*>`)
	// blanks are what clients put in the place of plain ones, and before a text.
	blanks = strings.NewReplacer("\ufeff", "", "\u00a0", " ", "\u202f", " ")
)

// spoilt stands for what cannot be part of a line. No name holds it.
const spoilt = "\x00"

// plain undoes what Slack did to a text: it wraps what looks like an address, and
// escapes three characters.
func plain(text string) string {
	text = wrapped.ReplaceAllStringFunc(text, unwrap)
	return blanks.Replace(unescaping.Replace(text))
}

// unfenced takes the marks of a block of code off a line.
func unfenced(line string) string {
	const fence = "```"
	return strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(line), fence), fence))
}

// unwrap returns what stood where Slack put <target|label>, or <target>: the label is
// as it was spelt. Mentions of people and channels are no part of a line.
func unwrap(run string) string {
	inner := run[1 : len(run)-1]
	if inner == "" || strings.ContainsAny(inner[:1], "@#!") {
		return spoilt
	}
	if _, label, ok := strings.Cut(inner, "|"); ok {
		return label
	}
	return strings.TrimPrefix(strings.TrimPrefix(inner, "mailto:"), "tel:")
}
