package blueflood

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// keystone2 logs in by version 2.0.
type keystone2 struct{ *caller }

// credentials is what is posted.
func (k *keystone2) credentials() any {
	if k.auth.Key != "" {
		return map[string]any{"RAX-KSKEY:apiKeyCredentials": map[string]string{"username": k.auth.User, "apiKey": k.auth.Key}}
	}
	return map[string]any{"passwordCredentials": map[string]string{"username": k.auth.User, "password": k.auth.Password}}
}

func (k *keystone2) login(ctx context.Context) (token, error) {
	body, err := json.Marshal(map[string]any{"auth": k.credentials()})
	if err != nil {
		return token{}, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, k.auth.URL+"/tokens", bytes.NewReader(body))
	if err != nil {
		return token{}, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", agent)
	began := time.Now()
	answer, err := k.client.Do(r)
	if err != nil {
		return token{}, k.explain(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return token{}, fmt.Errorf("log in: the answer broke off: %w", err)
	}
	if answer.StatusCode != http.StatusOK && answer.StatusCode != http.StatusNonAuthoritativeInfo {
		return token{}, loginError(answer.StatusCode, k.message(text), wish(answer.Header))
	}
	return parse2(text, dateOr(answer.Header, began))
}

// parse2 reads the answer of a login at now, by the far end's clock.
func parse2(text []byte, now time.Time) (token, error) {
	var body struct {
		Access struct {
			Token struct {
				ID      string
				Expires string
				Tenant  struct{ ID string }
			}
		}
	}
	if err := json.Unmarshal(text, &body); err != nil || body.Access.Token.ID == "" {
		return token{}, errNoToken
	}
	t := body.Access.Token
	expires, err := time.Parse(time.RFC3339, t.Expires)
	if err != nil {
		return token{}, fmt.Errorf("log in: the token expires at %q, which is no time", shorten(hide(t.Expires, t.ID)))
	}
	return token{id: t.ID, tenant: t.Tenant.ID, life: expires.Sub(now)}.live()
}
