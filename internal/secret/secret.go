// Package secret takes secrets out of texts that others have written and that may
// repeat them: answers of servers, that are logged.
package secret

import (
	"encoding/base64"
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Traces are some secrets in all forms in which they may be repeated: as they are,
// escaped for JSON, HTML or a URL, and in base64, in letters of either case. The
// zero value has none.
type Traces struct {
	any     *regexp.Regexp // nil: there are none
	longest int
}

// Of returns the traces of secrets. Empty ones leave none.
func Of(secrets ...string) Traces {
	var all []string
	for _, s := range secrets {
		if s != "" {
			all = append(all, forms(s)...)
		}
	}
	if len(all) == 0 {
		return Traces{}
	}
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	t := Traces{longest: len(all[0]) + len("==")}
	for i, form := range all {
		all[i] = regexp.QuoteMeta(form)
	}
	t.any = regexp.MustCompile("(?i:" + strings.Join(all, "|") + ")=*")
	return t
}

// Hide returns text with *** in the place of each trace.
func (t Traces) Hide(text string) string {
	if t.any == nil {
		return text
	}
	return t.any.ReplaceAllLiteralString(text, "***")
}

// Longest is how many bytes a trace has at most: where a text was cut, as much of
// its end may be a piece of one.
func (t Traces) Longest() int { return t.longest }

// forms lists how a secret may be written.
func forms(secret string) []string {
	quoted, _ := json.Marshal(secret) // a string has JSON
	return []string{
		secret, string(quoted[1 : len(quoted)-1]), html.EscapeString(secret), url.QueryEscape(secret), url.PathEscape(secret),
		base64.RawStdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
	}
}
