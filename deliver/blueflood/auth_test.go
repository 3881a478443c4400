package blueflood_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/deliver/blueflood"
	"github.com/plumbago/plumbago/deliver/blueflood/bluefloodtest"
)

func TestAuthOptions(t *testing.T) {
	const host = "https://identity.example.net"
	tests := []struct {
		name         string
		auth         blueflood.Auth
		version, url string
		err          string
	}{
		{"the old tool's", blueflood.Auth{URL: host + "/v2.0/tokens", User: "u", Key: "k"}, "2.0", host + "/v2.0", ""},
		{"version 2.0 with a password", blueflood.Auth{URL: host + "/v2.0/", User: "u", Password: "p"}, "2.0", host + "/v2.0", ""},
		{"a key without a version", blueflood.Auth{URL: host, User: "u", Key: "k"}, "2.0", host + "/v2.0", ""},
		{"a password without a version", blueflood.Auth{URL: host + "/identity/", User: "u", Password: "p"}, "3", host + "/identity/v3", ""},
		{"version 3", blueflood.Auth{URL: host + "/v3", User: "u", Password: "p", Project: "x", Domain: "y"}, "3", host + "/v3", ""},
		{"its tokens", blueflood.Auth{URL: host + "/v3/auth/tokens", User: "u", Password: "p"}, "3", host + "/v3", ""},
		{"version given", blueflood.Auth{URL: host, Version: "2.0", User: "u", Password: "p"}, "2.0", host + "/v2.0", ""},
		{"application credential", blueflood.Auth{URL: host, ApplicationCredentialID: "i", ApplicationCredentialSecret: "s"}, "3", host + "/v3", ""},
		{"no proof", blueflood.Auth{URL: host, User: "u"}, "", "", "one of key, password and application_credential"},
		{"two proofs", blueflood.Auth{URL: host, User: "u", Key: "k", Password: "p"}, "", "", "one of key, password and application_credential"},
		{"no user", blueflood.Auth{URL: host, Key: "k"}, "", "", "user: "},
		{"no secret", blueflood.Auth{URL: host, ApplicationCredentialID: "k", User: "u", Password: "p"}, "", "", "an id and a secret"},
		{"application credential and user", blueflood.Auth{URL: host, ApplicationCredentialID: "i", ApplicationCredentialSecret: "s", User: "u"}, "", "", "cannot be given"},
		{"application credential of version 2.0", blueflood.Auth{URL: host + "/v2.0", ApplicationCredentialID: "i", ApplicationCredentialSecret: "s"}, "", "", "version 2.0 has none"},
		{"key of version 3", blueflood.Auth{URL: host + "/v3", User: "u", Key: "k"}, "", "", "version 3 has none"},
		{"project of version 2.0", blueflood.Auth{URL: host, User: "u", Key: "k", Project: "p"}, "", "", "version 2.0 has none"},
		{"versions that differ", blueflood.Auth{URL: host + "/v3", Version: "2.0", User: "u", Password: "p"}, "", "", "the url is one of version 3"},
		{"another version", blueflood.Auth{URL: host, Version: "1", User: "u", Password: "p"}, "", "", `version "1"`},
		{"no URL", blueflood.Auth{URL: "identity.example.net", User: "u", Key: "k"}, "", "", "url: write"},
		{"a password in the URL", blueflood.Auth{URL: "https://u:" + secret[:8] + "@h/v3", User: "u", Password: "p"}, "", "", "url: a name, password"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			version, url, err := blueflood.CheckAuth(tt.auth)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) || strings.Contains(err.Error(), secret[:8]) {
					t.Errorf("got %v, want %q and no secret", err, tt.err)
				}
				return
			}
			if err != nil || version != tt.version || url != tt.url {
				t.Errorf("got %q, %q and %v, want %q and %q", version, url, err, tt.version, tt.url)
			}
		})
	}
}

func TestLogsInWithAKeyOrPassword(t *testing.T) {
	for _, auth := range []blueflood.Auth{{User: "demo", Key: secret}, {User: "demo", Password: secret}} {
		far := newFar()
		far.Users = map[string]string{"demo": secret}
		far.TokenLife = century
		var tenants []string
		r := newRig(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/ingest") {
				tenants = append(tenants, r.Header.Get("X-Tenant-Id"))
			}
			far.ServeHTTP(w, r)
		}), blueflood.Options{Auth: &auth})
		r.give("a", 3, 10)
		r.Finish(0)
		checkStored(t, far, "a", 3, 10)
		if far.Logins() != 1 || far.Answers(401) != 0 || tenants[0] != bluefloodtest.Tenant {
			t.Errorf("got %d logins, %d answers 401 and tenants %q", far.Logins(), far.Answers(401), tenants)
		}
		r.CheckMetric("plumbago_blueflood_logins_total", "result", "ok", 1)
	}
}

func TestAStaleTokenIsExchangedWithoutAnOutage(t *testing.T) {
	far := newFar()
	far.Users, far.TokenLife = map[string]string{"demo": secret}, century
	r := newRig(t, far, blueflood.Options{Auth: &blueflood.Auth{User: "demo", Key: secret}})
	for i := range 5 {
		r.give(fmt.Sprint("a", i), 2, 10)
		r.Wait("all given back", func() bool { return r.Source.Progress().Released == 2*(i+1) })
		far.ForgetTokens()
	}
	r.Finish(0)
	if far.Logins() != 5 || far.Answers(401) != 4 {
		t.Errorf("got %d logins and %d answers 401, want 5 and 4", far.Logins(), far.Answers(401))
	}
	r.CheckMetric("plumbago_deliver_disconnects_total", "dest", "far", 0)
	checkNoSecret(t, r)
}

func TestATokenIsRenewedInTime(t *testing.T) {
	far := &bluefloodtest.Server{Users: map[string]string{"demo": secret}, TokenLife: 2 * time.Second}
	r := newRig(t, far, blueflood.Options{Auth: &blueflood.Auth{User: "demo", Key: secret}, Now: time.Now})
	for began := time.Now(); time.Since(began) < 5*time.Second; time.Sleep(20 * time.Millisecond) {
		r.Source.Add(fmt.Sprint("a 1 ", time.Now().Unix()))
	}
	r.Finish(0)
	if n := far.Logins(); n < 3 || n > 6 || far.Answers(401) != 0 {
		t.Errorf("got %d logins in 5 s and %d answers 401, want one each 1.8 s or so, and none", n, far.Answers(401))
	}
}

// TestLoginIsTriedAgain holds that no failure of the identity service wedges.
func TestLoginIsTriedAgain(t *testing.T) {
	faults := map[string]http.HandlerFunc{
		"503":      say(503, `{"serviceUnavailable":{"code":503,"message":"later"}}`),
		"401":      say(401, `{"unauthorized":{"code":401,"message":"no `+strings.ReplaceAll(secret, `"`, `\"`)+`"}}`),
		"404":      say(404, "<html>no</html>"),
		"nonsense": say(200, "hello"),
		"no token": say(200, `{"access":{}}`),
		"no time":  say(200, `{"access":{"token":{"id":"x","expires":"soon"}}}`),
		"expired":  say(200, `{"access":{"token":{"id":"x","expires":"2001-01-01T00:00:00Z"}}}`),
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		},
		"a reset":   func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"too much":  func(w http.ResponseWriter, _ *http.Request) { w.Write(bytes.Repeat([]byte{'x'}, 4<<20)) },
		"and so on": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(405) },
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			far := newFar()
			far.Users, far.TokenLife = map[string]string{"demo": secret}, century
			tries, elsewhere := 0, 0
			r := newRig(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/elsewhere" {
					elsewhere++
				}
				if r.URL.Path == "/v2.0/tokens" {
					if tries++; tries <= 3 {
						fault(w, r)
						return
					}
				}
				far.ServeHTTP(w, r)
			}), blueflood.Options{Auth: &blueflood.Auth{User: "demo", Key: secret}})
			r.give("a", 2, 10)
			r.Wait("all given back", func() bool { return r.Source.Progress().Released == 2 })
			r.Finish(0)
			checkStored(t, far, "a", 2, 10)
			if got := r.Worker.State().LastError; !strings.HasPrefix(got, "log in") || elsewhere > 0 {
				t.Errorf("got %q and %d requests elsewhere, want that the login failed, and none", got, elsewhere)
			}
			checkNoSecret(t, r)
		})
	}
}

func say(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

func TestAFarEndThatRepeatsSecrets(t *testing.T) {
	far := newFar()
	far.Users, far.TokenLife = map[string]string{"demo": secret}, century
	tries := 0
	r := newRig(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if tries++; strings.HasSuffix(r.URL.Path, "/ingest") && tries < 8 {
			w.WriteHeader([]int{403, 503, 400, 401}[tries%4])
			fmt.Fprintf(w, "%s; %s; %s", r.Header.Get("X-Auth-Token"), secret, url.QueryEscape(secret))
			return
		}
		far.ServeHTTP(w, r)
	}), blueflood.Options{Auth: &blueflood.Auth{User: "demo", Key: secret}})
	r.give("a", 1, 4)
	r.Wait("given back", func() bool { p := r.Source.Progress(); return p.Released+p.Dropped == 1 })
	checkNoSecret(t, r)
	r.CheckLog("***")
}

// checkNoSecret checks that neither the key nor a token is anywhere.
func checkNoSecret(t *testing.T, r rig) {
	t.Helper()
	text := r.Log.String() + r.Worker.State().LastError + r.Kept()
	families, err := r.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	text += fmt.Sprint(families)
	base := base64.StdEncoding.EncodeToString([]byte(secret))
	for _, s := range []string{secret, strings.ReplaceAll(secret, `"`, `\"`), url.QueryEscape(secret), base[:len(base)-3], "eb5e1d92a7"} {
		if i := strings.Index(text, s); i >= 0 {
			t.Errorf("a secret is in %q", text[max(0, i-100):i+len(s)])
		}
	}
}

func TestExpiresInAnyNotation(t *testing.T) {
	in := time.Now().Add(2 * time.Hour)
	for _, expires := range []string{
		in.UTC().Format("2006-01-02T15:04:05Z"), in.UTC().Format("2006-01-02T15:04:05.000Z"),
		in.In(time.FixedZone("", -6*3600)).Format("2006-01-02T15:04:05.000-07:00"), in.In(time.FixedZone("", 3600)).Format(time.RFC3339Nano),
	} {
		s := httptest.NewServer(say(203, `{"access":{"token":{"id":"x","expires":"`+expires+`","tenant":{"id":"12","name":"12"}}}}`))
		id, tenant, life, err := blueflood.Login(t.Context(), blueflood.Auth{URL: s.URL, User: "u", Key: "k"})
		if off := 2*time.Hour - life; err != nil || id != "x" || tenant != "12" || off < -2*time.Second || off > 2*time.Second {
			t.Errorf("%s: got %q of %q for %v, %v, want it for 2h", expires, id, tenant, life, err)
		}
		s.Close()
	}
}

func TestClocksThatDiffer(t *testing.T) {
	theirs := time.Now().Add(-5 * time.Hour).UTC()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", theirs.Format(http.TimeFormat))
		say(200, `{"access":{"token":{"id":"x","expires":"`+theirs.Truncate(time.Second).Add(time.Hour).Format(time.RFC3339)+`"}}}`)(w, r)
	}))
	defer s.Close()
	_, _, life, err := blueflood.Login(t.Context(), blueflood.Auth{URL: s.URL, User: "u", Key: "k"})
	if want := time.Hour - time.Second; err != nil || life != want {
		t.Errorf("got %v, %v, want %v: an hour by their clock, which hides up to a second", life, err, want)
	}
}

func TestADeadIdentityServiceIsTemporary(t *testing.T) {
	s := httptest.NewServer(nil)
	s.Close()
	d := newDestination(t, blueflood.Options{URL: "http://127.0.0.1:1", Tenant: "1", Auth: &blueflood.Auth{URL: s.URL, User: "u", Key: secret}})
	_, err := d.Dial(t.Context())
	if err == nil || deliver.IsPermanent(err) || !strings.Contains(err.Error(), "log in at "+s.URL+"/v2.0: ") {
		t.Errorf("got %v, want a temporary error that says where", err)
	}
}
