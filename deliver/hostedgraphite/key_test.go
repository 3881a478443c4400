package hostedgraphite_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plumbago/plumbago/deliver/hostedgraphite"
	"github.com/plumbago/plumbago/internal/logtest"
)

// echoes are the answers of far ends that repeat what they should not.
func echoes(key string) map[string]func(http.ResponseWriter, []string) {
	basic := func(user string) string { return base64.StdEncoding.EncodeToString([]byte(user)) }
	quoted, _ := json.Marshal(key)
	texts := map[string]string{
		"as it is":                   "no account " + key,
		"upper case":                 strings.ToUpper(key) + " is unknown",
		"lower case":                 "unknown:" + strings.ToLower(key) + ":",
		"header":                     "Authorization: Basic " + basic(key+":"),
		"without colon":              "user " + basic(key) + ".",
		"URL-safe":                   base64.URLEncoding.EncodeToString([]byte(key+":")) + "/" + base64.RawURLEncoding.EncodeToString([]byte(key)),
		"lower base64":               strings.ToLower(basic(key + ":")),
		"in JSON":                    `{"user":` + string(quoted) + `}`,
		"in a page":                  "<html><title>" + html.EscapeString(key) + "</title>",
		"in a query":                 "see /accounts?key=" + url.QueryEscape(key),
		"in a path":                  "see /accounts/" + url.PathEscape(key),
		"many":                       strings.Repeat(key, 1000),
		"at the end of what is told": strings.Repeat("x", 290) + key,
		"at the end of what is read": strings.Repeat(" ", 16<<10-len(key)/2-1) + key,
		"cut base64":                 strings.Repeat(" ", 16<<10-len(key)) + basic(key+":"),
	}
	answers := map[string]func(http.ResponseWriter, []string){}
	for name, text := range texts {
		for _, code := range []int{400, 401, 404, 413, 429, 500} {
			answers[fmt.Sprint(code, " ", name)] = say(code, text, "Retry-After", key, "WWW-Authenticate", key)
		}
	}
	for _, to := range []string{"https://" + key + "@host.net/", "https://host.net/" + key, "https://" + key + ".host.net/", "/?key=" + key, "//" + key, key} {
		answers["302 "+to] = say(302, key, "Location", to)
	}
	return answers
}

func TestTellsNobodyTheKey(t *testing.T) {
	for _, key := range []string{secret, `p<w&"d\+/%41=Z???z9Y>>>y8Xx7`} {
		for name, answer := range echoes(key) {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s := newSink(t, answer)
				r := run(t, hostedgraphite.Options{URL: s.URL, Key: key}, "a 1 1")
				r.Wait("it was told", func() bool {
					text := r.Log.String()
					return strings.Contains(text, "refused") || strings.Contains(text, "destination down")
				})
				families, err := r.Registry.Gather()
				checkHidden(t, key, r.Log.String(), r.Worker.State().LastError, r.Kept(), fmt.Sprint(families, err))
			})
		}
	}
}

// checkHidden looks for the key, and for half of it.
func checkHidden(t *testing.T, key string, told ...string) {
	t.Helper()
	for _, text := range told {
		text = strings.ToLower(text)
		for _, form := range []string{key, url.QueryEscape(key), url.PathEscape(key), html.EscapeString(key), base64.RawStdEncoding.EncodeToString([]byte(key)), base64.RawURLEncoding.EncodeToString([]byte(key))} {
			form = strings.ToLower(form)
			if strings.Contains(text, form) || strings.Contains(text, form[:len(form)/2]) {
				t.Errorf("got %s, which tells the key", text)
			}
		}
	}
}

func TestErrorsOfConnectionsTellNobodyTheKey(t *testing.T) {
	s := newSink(t, func(http.ResponseWriter, []string) { panic(http.ErrAbortHandler) })
	conn := dial(t, newDestination(t, hostedgraphite.Options{URL: s.URL}))
	err := conn.Send(context.Background(), batch("a 1 1"))
	s.Close()
	_, dialling := newDestination(t, hostedgraphite.Options{URL: s.URL}).Dial(t.Context())
	if err == nil || dialling == nil {
		t.Fatal("got no errors from a far end that hangs up")
	}
	checkHidden(t, secret, err.Error(), dialling.Error(), conn.Close(t.Context()).Error())
}

func TestNewChecksItsOptions(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(bad, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	with := func(change func(*hostedgraphite.Options)) hostedgraphite.Options {
		o := hostedgraphite.Options{URL: "https://www.example.net", Key: secret}
		change(&o)
		return o
	}
	tests := []struct {
		name string
		o    hostedgraphite.Options
		want string // part of the error; "" for none
		logs string // part of what is logged; "" for nothing
	}{
		{"host", with(func(o *hostedgraphite.Options) {}), "", ""},
		{"path", with(func(o *hostedgraphite.Options) { o.URL += "/sink" }), "", ""},
		{"no key", with(func(o *hostedgraphite.Options) { o.Key = "" }), "key: the far end knows its accounts by it", ""},
		{"key with a colon", with(func(o *hostedgraphite.Options) { o.Key += ":" }), "key: it can hold no blanks", ""},
		{"key with a line end", with(func(o *hostedgraphite.Options) { o.Key += "\n" }), "key: it can hold no blanks", ""},
		{"key that is not ASCII", with(func(o *hostedgraphite.Options) { o.Key += "é" }), "key: it can hold no blanks", ""},
		{"nothing", with(func(o *hostedgraphite.Options) { o.URL = "" }), "write http://host or https://host", ""},
		{"other scheme", with(func(o *hostedgraphite.Options) { o.URL = "ftp://www.example.net" }), "write http://host or https://host", ""},
		{"no host", with(func(o *hostedgraphite.Options) { o.URL = "https:///sink" }), "names no host", ""},
		{"key in the URL", with(func(o *hostedgraphite.Options) { o.URL = "https://" + secret + ":@www.example.net" }), "a name or password is no part of it", ""},
		{"key in a URL that is none", with(func(o *hostedgraphite.Options) { o.URL = "https://" + secret + ":@www example.net:x" }), "no URL", ""},
		{"key in the path", with(func(o *hostedgraphite.Options) { o.URL = "ftp://host/" + secret }), "write http://host or https://host", ""},
		{"authorities", with(func(o *hostedgraphite.Options) { o.TLS.CAFile = bad }), "holds no certificate", ""},
		{"TLS settings without TLS", with(func(o *hostedgraphite.Options) { o.URL, o.TLS.CAFile = "http://host", bad }), "no TLS", ""},
		{"no TLS", with(func(o *hostedgraphite.Options) { o.URL = "http://www.example.net" }), "", "sent without TLS"},
		{"no TLS to this machine", with(func(o *hostedgraphite.Options) { o.URL = "http://[::1]:8080" }), "", ""},
		{"any certificate", with(func(o *hostedgraphite.Options) { o.TLS.InsecureSkipVerify = true }), "", "certificate is not verified"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var log logtest.Journal
			tt.o.Logger = log.Logger()
			_, err := hostedgraphite.New(tt.o)
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("got %v, want no error", err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("got %v, want %q in it", err, tt.want)
			}
			if text := log.String(); (text == "") != (tt.logs == "") || !strings.Contains(text, tt.logs) {
				t.Errorf("got %q logged, want %q in it", text, tt.logs)
			}
			checkHidden(t, secret, fmt.Sprint(err), log.String())
		})
	}
}
