package blueflood_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/deliver/blueflood"
	"github.com/plumbago/plumbago/deliver/blueflood/bluefloodtest"
)

// TestRealKeystone logs in at a Keystone whose tokens live for 6 s, so that they are
// renewed for real.
func TestRealKeystone(t *testing.T) {
	if testing.Short() {
		t.Skip("a real peer is not started with -short")
	}
	k := startKeystone(t, 6*time.Second)
	id, proof := k.addApplicationCredential()
	password := blueflood.Auth{URL: k.url, User: "admin", Password: secret, Project: "admin"}
	t.Run("tokens", func(t *testing.T) { checkRealTokens(t, k, password, id, proof) })
	t.Run("refusals", func(t *testing.T) { checkRealRefusals(t, k, password) })
	t.Run("renewal", func(t *testing.T) {
		n := 0
		for range 3 { // a Keystone on a busy machine may take longer than a token has left
			far := &bluefloodtest.Server{Check: k.isGood}
			deliverFor(t, far, password, 12*time.Second)
			if n = far.Answers(401); n <= 1 {
				return
			}
		}
		t.Errorf("got %d answers 401, want the tokens renewed before they expire", n)
	})
	t.Run("expiry", func(t *testing.T) {
		var checks atomic.Int64
		far := &bluefloodtest.Server{Check: func(token string) bool {
			return checks.Add(1)%4 != 0 && k.isGood(token)
		}}
		deliverFor(t, far, blueflood.Auth{URL: k.url, ApplicationCredentialID: id, ApplicationCredentialSecret: proof}, 3*time.Second)
		if far.Answers(401) == 0 {
			t.Error("got no answer 401, want several to have been got over")
		}
	})
}

func checkRealTokens(t *testing.T, k *keystone, password blueflood.Auth, id, proof string) {
	named, unscoped := password, password
	named.Domain, named.URL = "Default", k.url+"/v3/"
	unscoped.Project = ""
	for name, auth := range map[string]blueflood.Auth{
		"password": password, "domain by name": named, "unscoped": unscoped,
		"application credential": {URL: k.url, ApplicationCredentialID: id, ApplicationCredentialSecret: proof},
	} {
		token, tenant, life, err := blueflood.Login(t.Context(), auth)
		good := k.isGood(token)
		for tries := 0; !good && tries < 5; tries++ { // a busy Keystone may look at a token longer than that lives
			token, tenant, life, err = blueflood.Login(t.Context(), auth)
			good = k.isGood(token)
		}
		if err != nil || !good || life != 5*time.Second || (tenant == "") != (name == "unscoped") {
			t.Errorf("%s: got a token of %d bytes of %q for %v, %v, want a good one for 5s: 6s, less what rounding may hide", name, len(token), tenant, life, err)
		}
	}
}

func checkRealRefusals(t *testing.T, k *keystone, password blueflood.Auth) {
	wrong, old, nobody := password, password, password
	wrong.Password = secret + "x"
	old.URL, old.Project = k.url+"/v2.0", ""
	nobody.User = "nobody"
	for name, want := range map[string]struct {
		auth blueflood.Auth
		text string
	}{
		"password": {wrong, "401 The request you have made requires authentication.: check `auth`"},
		"user":     {nobody, "401 The request you have made requires authentication.: check `auth`"},
		"version":  {old, "404 Not Found: check `url` and `version` of `auth`"},
	} {
		d := newDestination(t, blueflood.Options{URL: "http://127.0.0.1:1", Tenant: "1", Auth: &want.auth})
		_, err := d.Dial(t.Context())
		if !deliver.IsPermanent(err) || !strings.Contains(err.Error(), want.text) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: got %v, want a permanent error with %q and no secret", name, err, want.text)
		}
	}
}

// deliverFor delivers for so long to a far end that asks Keystone.
func deliverFor(t *testing.T, far *bluefloodtest.Server, auth blueflood.Auth, long time.Duration) {
	t.Helper()
	r := newRig(t, far, blueflood.Options{Auth: &auth, Now: time.Now})
	sent := 0
	for began := time.Now(); time.Since(began) < long; time.Sleep(50 * time.Millisecond) {
		r.Source.Add(fmt.Sprintf("a.%d 1 %d", sent, time.Now().Unix()))
		sent++
	}
	r.Finish(0)
	if far.Points() < sent {
		t.Errorf("got %d points, want %d", far.Points(), sent)
	}
	checkNoSecret(t, r)
}
