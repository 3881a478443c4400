package slacktest

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// call is one call of a method.
type call struct {
	method string
	token  string
	form   url.Values
	app    *App
}

// answer is what a method says; "error" in it makes it a refusal.
type answer map[string]any

// method is what can be called, and which scopes that needs: one of them.
type method struct {
	run    func(*Server, call) answer
	scopes []string
	calls  int // in per; 0: no limit
	per    time.Duration
}

var methods = map[string]method{
	"auth.test":             {run: (*Server).authTest, calls: 300, per: time.Minute},
	"conversations.list":    {run: (*Server).list, scopes: []string{"channels:read", "groups:read"}, calls: 20, per: time.Minute},
	"conversations.join":    {run: (*Server).join, scopes: []string{"channels:join", "channels:write"}, calls: 50, per: time.Minute},
	"conversations.info":    {run: (*Server).info, scopes: []string{"channels:read", "groups:read"}, calls: 50, per: time.Minute},
	"conversations.history": {run: (*Server).history, scopes: []string{"channels:history", "groups:history"}, calls: 50, per: time.Minute},
	"chat.postMessage":      {run: (*Server).post, scopes: []string{"chat:write"}, calls: 3, per: 2500 * time.Millisecond},
	"chat.delete":           {run: (*Server).remove, scopes: []string{"chat:write"}, calls: 50, per: time.Minute},
	"reactions.add":         {run: (*Server).react, scopes: []string{"reactions:write"}, calls: 50, per: time.Minute},
	"users.info":            {run: (*Server).user, scopes: []string{"users:read"}, calls: 100, per: time.Minute},
	"apps.connections.open": {run: (*Server).open, calls: 50, per: time.Minute},
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	c, err := read(r)
	if err != nil {
		refuse(w, "invalid_form_data")
		return
	}
	s.mu.Lock()
	s.calls[c.method]++
	fault := s.fail(c.method)
	s.mu.Unlock()
	if fault != NoFault && !fault.late() {
		fault.answer(w)
		return
	}
	a, wait := s.do(c)
	switch {
	case wait > 0:
		limited(w, int(math.Ceil(wait.Seconds())))
	case fault != NoFault:
		fault.answer(w)
	default:
		write(w, a)
	}
}

// read takes a call as a form or as JSON, with its token in the header or among the
// values.
func read(r *http.Request) (call, error) {
	c := call{method: r.PathValue("method"), form: url.Values{}}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		var values map[string]any
		if err := json.NewDecoder(r.Body).Decode(&values); err != nil && r.ContentLength > 0 {
			return c, err
		}
		for k, v := range values {
			c.form.Set(k, fmt.Sprint(v))
		}
	} else {
		if err := r.ParseForm(); err != nil {
			return c, err
		}
		c.form = r.Form
	}
	c.token = c.form.Get("token")
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		c.token = bearer
	}
	return c, nil
}

// do carries a call out, unless it has to wait.
func (s *Server) do(c call) (a answer, wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ok := methods[c.method]
	if !ok {
		return answer{"error": "unknown_method"}, 0
	}
	if refusal := s.admit(&c, m); refusal != nil {
		return refusal, 0
	}
	if wait := s.overLimit(c, m); wait > 0 {
		return nil, wait
	}
	return m.run(s, c), 0
}

// admit finds the app of a call, and refuses what it may not do.
func (s *Server) admit(c *call, m method) answer {
	if c.token == "" {
		return answer{"error": "not_authed"}
	}
	i := slices.IndexFunc(s.apps, func(a App) bool {
		return a.Token == c.token && c.method != "apps.connections.open" || a.AppToken == c.token && c.method == "apps.connections.open"
	})
	if i < 0 {
		if slices.ContainsFunc(s.apps, func(a App) bool { return a.Token == c.token || a.AppToken == c.token }) {
			return answer{"error": "not_allowed_token_type"}
		}
		return answer{"error": "invalid_auth"}
	}
	c.app = &s.apps[i]
	if len(m.scopes) == 0 || c.app.may(m.scopes...) {
		return nil
	}
	return s.missing(c.app, m.scopes[0])
}

func (s *Server) missing(a *App, scope string) answer {
	if s.o.OmitMetadata {
		return answer{"error": "missing_scope"}
	}
	return answer{"error": "missing_scope", "needed": scope, "provided": strings.Join(a.Scopes, ",")}
}

// may reports whether the app has one of these scopes.
func (a *App) may(scopes ...string) bool {
	return a.Scopes == nil || slices.ContainsFunc(scopes, func(s string) bool { return slices.Contains(a.Scopes, s) })
}

// overLimit counts a call and says how long to wait if it is one too many.
func (s *Server) overLimit(c call, m method) time.Duration {
	if c.method == "conversations.history" && s.o.Distributed {
		m.calls, m.per = 1, time.Minute
	}
	if s.o.Unlimited || m.calls == 0 {
		return 0
	}
	key := c.app.Token + " " + c.method
	if c.method == "chat.postMessage" {
		key += " " + c.form.Get("channel")
	}
	now, per := time.Now(), s.scaled(m.per)
	recent := slices.DeleteFunc(s.windows[key], func(t time.Time) bool { return now.Sub(t) >= per })
	if len(recent) >= m.calls {
		s.windows[key] = recent
		return per - now.Sub(recent[0])
	}
	s.windows[key] = append(recent, now)
	return 0
}

func refuse(w http.ResponseWriter, code string) { write(w, answer{"error": code}) }

// write says a, with status 200 whatever it is.
func write(w http.ResponseWriter, a answer) {
	if _, told := a["ok"]; !told {
		a["ok"] = a["error"] == nil
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	json.NewEncoder(w).Encode(a)
}
