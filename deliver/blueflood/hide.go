package blueflood

import (
	"encoding/base64"
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// hide returns text without secrets: those of the login, and the token.
func (d *Destination) hide(text string) string {
	if d.tokens == nil {
		return text
	}
	return hide(text, append(d.tokens.auth.secrets(), d.tokens.shown())...)
}

// hide returns text without secrets, in whatever form it repeats them.
func hide(text string, secrets ...string) string {
	var all []string
	for _, s := range secrets {
		if s != "" {
			all = append(all, forms(s)...)
		}
	}
	if len(all) == 0 {
		return text
	}
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	for i, form := range all {
		all[i] = regexp.QuoteMeta(form)
	}
	return regexp.MustCompile("(?i:"+strings.Join(all, "|")+")").ReplaceAllLiteralString(text, "***")
}

// forms lists how a far end may write a secret.
func forms(secret string) []string {
	quoted, _ := json.Marshal(secret) // a string has JSON
	return []string{
		secret, string(quoted[1 : len(quoted)-1]), html.EscapeString(secret), url.QueryEscape(secret), url.PathEscape(secret),
		base64.RawStdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
	}
}
