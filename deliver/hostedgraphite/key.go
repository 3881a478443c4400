package hostedgraphite

import (
	"encoding/base64"
	"errors"
	"strings"

	"github.com/plumbago/plumbago/internal/secret"
)

// key is the secret that an account is known by.
type key struct {
	text   string
	traces secret.Traces // of it, and of it as the user of Basic authorization
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
	return key{text, secret.Of(text, text+":")}, nil
}

// basic is the Authorization header: the key is the user's name, and there is no
// password.
func (k key) basic() string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(k.text+":"))
}

// hide returns text without the key.
func (k key) hide(text string) string { return k.traces.Hide(text) }
