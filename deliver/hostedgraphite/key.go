package hostedgraphite

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// key is the secret that an account is known by.
type key struct {
	text   string
	traces *regexp.Regexp // any form in which it may be repeated
}

// newKey checks the text of a key. Its errors do not show it.
func newKey(text string) (key, error) {
	unfit := func(r rune) bool { return r <= ' ' || r > '~' || r == ':' }
	switch {
	case text == "":
		return key{}, errors.New("key: the far end knows its accounts by it, and there is none")
	case strings.ContainsFunc(text, unfit):
		return key{}, errors.New("key: it can hold no blanks, no colon and nothing but printable ASCII")
	}
	k := key{text: text}
	forms := k.forms()
	for i, f := range forms {
		forms[i] = regexp.QuoteMeta(f)
	}
	k.traces = regexp.MustCompile("(?i:" + strings.Join(forms, "|") + ")=*")
	return k, nil
}

// basic is the Authorization header: the key is the user's name, and there is no
// password.
func (k key) basic() string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(k.text+":"))
}

// forms lists how a far end may write the key, the longest first.
func (k key) forms() []string {
	quoted, _ := json.Marshal(k.text) // a string has JSON
	forms := []string{k.text, string(quoted[1 : len(quoted)-1]), html.EscapeString(k.text), url.QueryEscape(k.text), url.PathEscape(k.text)}
	for _, user := range []string{k.text, k.text + ":"} {
		forms = append(forms, base64.RawStdEncoding.EncodeToString([]byte(user)), base64.RawURLEncoding.EncodeToString([]byte(user)))
	}
	slices.SortFunc(forms, func(a, b string) int { return len(b) - len(a) })
	return forms
}

// longest is how many bytes a form of the key has at most, what stands for the rest
// of base64 included.
func (k key) longest() int { return len(k.forms()[0]) + 2 }

// hide returns text without the key.
func (k key) hide(text string) string { return k.traces.ReplaceAllLiteralString(text, "***") }
