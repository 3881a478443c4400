package secret_test

import (
	"encoding/base64"
	"encoding/json"
	"html"
	"net/url"
	"strings"
	"testing"

	"github.com/plumbago/plumbago/internal/secret"
)

func TestHideInEveryForm(t *testing.T) {
	const key = `Ab<&">c/+1`
	quoted, _ := json.Marshal(key)
	traces := secret.Of("", key, key+":")
	for _, form := range []string{
		key, strings.ToUpper(key), strings.Trim(string(quoted), `"`), html.EscapeString(key), url.QueryEscape(key), url.PathEscape(key),
		base64.StdEncoding.EncodeToString([]byte(key)), base64.URLEncoding.EncodeToString([]byte(key)),
		base64.StdEncoding.EncodeToString([]byte(key + ":")),
	} {
		if got := traces.Hide("before " + form + " after"); got != "before *** after" && got != "before ***: after" {
			t.Errorf("%q: got %q, want it hidden", form, got)
		}
		if len(form) > traces.Longest() {
			t.Errorf("%q is longer than Longest, %d", form, traces.Longest())
		}
	}
}

func TestNoSecretsHideNothing(t *testing.T) {
	for _, traces := range []secret.Traces{{}, secret.Of(), secret.Of("")} {
		if got := traces.Hide("a text"); got != "a text" || traces.Longest() != 0 {
			t.Errorf("got %q and %d, want the text and 0", got, traces.Longest())
		}
	}
}

func TestTheLongerTraceGoesFirst(t *testing.T) {
	if got := secret.Of("token", "token-of-mine").Hide("x token-of-mine y token"); got != "x *** y ***" {
		t.Errorf("got %q, want nothing left of either", got)
	}
}
