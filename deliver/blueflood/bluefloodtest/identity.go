package bluefloodtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// credentials is what is posted to log in by version 2.0.
type credentials struct {
	Auth struct {
		Key *struct {
			Username string `json:"username"`
			APIKey   string `json:"apiKey"`
		} `json:"RAX-KSKEY:apiKeyCredentials"`
		Password *struct {
			Username string `json:"username"`
			Password string `json:"password"`
		} `json:"passwordCredentials"`
	} `json:"auth"`
}

// Tenant is whose the tokens are.
const Tenant = "836986"

// login answers POST /v2.0/tokens.
func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	var c credentials
	if json.NewDecoder(r.Body).Decode(&c) != nil || c.Auth.Key == nil && c.Auth.Password == nil {
		s.say(w, http.StatusBadRequest, "badRequest", "Invalid request body: unable to parse Auth data. Please review XML or JSON formatting.")
		return
	}
	user, proof := "", ""
	if c.Auth.Key != nil {
		user, proof = c.Auth.Key.Username, c.Auth.Key.APIKey
	} else {
		user, proof = c.Auth.Password.Username, c.Auth.Password.Password
	}
	if want, ok := s.Users[user]; !ok || want != proof {
		s.say(w, http.StatusUnauthorized, "unauthorized", "Unable to authenticate user with credentials provided.")
		return
	}
	id, expires := s.giveToken()
	s.counted(http.StatusOK)
	json.NewEncoder(w).Encode(map[string]any{"access": map[string]any{
		"token": map[string]any{
			"id": id, "expires": expires.UTC().Format("2006-01-02T15:04:05.000Z"),
			"tenant":                   map[string]string{"id": Tenant, "name": Tenant},
			"RAX-AUTH:authenticatedBy": []string{"APIKEY"},
		},
		"user":           map[string]any{"id": "161418", "name": user, "roles": []any{}},
		"serviceCatalog": []any{},
	}})
}

func (s *Server) say(w http.ResponseWriter, status int, kind, message string) {
	s.counted(status)
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{kind: map[string]any{"code": status, "message": message}})
}

func (s *Server) giveToken() (id string, expires time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.logins++
	id, expires = fmt.Sprintf("eb5e1d92a7-%d", s.logins), s.now().Add(orDefault(s.TokenLife, 24*time.Hour))
	if s.tokens == nil {
		s.tokens = map[string]time.Time{}
	}
	s.tokens[id] = expires
	return id, expires
}

// Logins returns how many tokens were given.
func (s *Server) Logins() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.logins
}

// ForgetTokens makes all tokens stale that were given.
func (s *Server) ForgetTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens)
}

// admits reports whether a request has the token that it needs.
func (s *Server) admits(r *http.Request) bool {
	if len(s.Users) == 0 && s.Check == nil {
		return true
	}
	id := r.Header.Get("X-Auth-Token")
	s.mu.Lock()
	expires, known := s.tokens[id]
	good := known && s.now().Before(expires)
	s.mu.Unlock()
	return good || s.Check != nil && id != "" && s.Check(id)
}
