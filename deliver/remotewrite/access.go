package remotewrite

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/plumbago/plumbago/internal/secret"
	wire "github.com/plumbago/plumbago/wire/remotewrite"
)

// Access is what requests show of who sends them. Of the bearer's token and of user
// and password there is one at most. All but the user and the headers' names is
// secret: it appears in no error, log or file, even if the far end repeats it.
type Access struct {
	Bearer         string
	User, Password string
	Headers        []Header
}

// Header is one that each request has besides its own.
type Header struct{ Name, Value string }

// shows reports whether there is anything secret.
func (a Access) shows() bool { return a.Bearer != "" || a.Password != "" || len(a.Headers) > 0 }

// access is Access made ready.
type access struct {
	traces       secret.Traces
	fixed        http.Header
	tenantHeader string
	tenant       string // whose all requests are; "": as each says
}

// own are the headers that belong to the protocol or to the connection.
var own = []string{
	"Content-Encoding", "Content-Type", "Content-Length", "X-Prometheus-Remote-Write-Version", "User-Agent",
	"Host", "Accept-Encoding", "Transfer-Encoding", "Trailer", "Connection", "Expect", "Upgrade", "Proxy-Authorization",
}

func newAccess(o Options) (access, error) {
	a := access{fixed: http.Header{}, tenantHeader: o.TenantHeader, tenant: o.Tenant}
	secrets := []string{o.Access.Bearer, o.Access.Password}
	if o.Access.Password != "" {
		secrets = append(secrets, o.Access.User+":"+o.Access.Password)
	}
	for _, h := range o.Access.Headers {
		if err := a.add(h, o.TenantHeader); err != nil {
			return access{}, err
		}
		secrets = append(secrets, h.Value)
	}
	if err := a.authorize(o.Access); err != nil {
		return access{}, err
	}
	if !isToken(o.TenantHeader) || slices.ContainsFunc(own, func(h string) bool { return strings.EqualFold(h, o.TenantHeader) }) {
		return access{}, fmt.Errorf("tenant_header: %q can be none", o.TenantHeader)
	}
	a.traces = secret.Of(secrets...)
	a.fixed["Content-Type"] = []string{"application/x-protobuf"}
	a.fixed["X-Prometheus-Remote-Write-Version"] = []string{"0.1.0"}
	if o.Version == wire.V2 {
		a.fixed["Content-Type"] = []string{"application/x-protobuf;proto=io.prometheus.write.v2.Request"}
		a.fixed["X-Prometheus-Remote-Write-Version"] = []string{"2.0.0"}
	}
	return a, nil
}

func (a *access) add(h Header, tenantHeader string) error {
	reserved := slices.ContainsFunc(own, func(one string) bool { return strings.EqualFold(one, h.Name) })
	switch {
	case !isToken(h.Name):
		return fmt.Errorf("headers: %q can be no header's name", h.Name)
	case reserved:
		return fmt.Errorf("headers: %s belongs to the protocol", h.Name)
	case strings.EqualFold(h.Name, tenantHeader):
		return fmt.Errorf("headers: %s is for the tenant; use `tenant`, or name another `tenant_header`", h.Name)
	case !isValue(h.Value):
		return fmt.Errorf("headers: the value of %s has a character that no header can hold", h.Name)
	}
	a.fixed.Add(h.Name, h.Value)
	return nil
}

// authorize sets the header that shows the token or the password.
func (a *access) authorize(o Access) error {
	basic := o.User != "" || o.Password != ""
	switch {
	case o.Bearer != "" && basic:
		return errors.New("bearer, basic: want one of them")
	case (o.Bearer != "" || basic) && a.fixed.Get("Authorization") != "":
		return errors.New("headers: Authorization is what bearer and basic are for")
	case !isValue(o.Bearer):
		return errors.New("bearer: it has a character that no header can hold")
	case strings.Contains(o.User, ":"):
		return errors.New("basic: a user has no colon")
	case o.Bearer != "":
		a.fixed.Set("Authorization", "Bearer "+o.Bearer)
	case basic:
		a.fixed.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(o.User+":"+o.Password)))
	}
	return nil
}

// header is that of a request with points of a tenant.
func (a *access) header(tenant string) http.Header {
	if tenant == "" {
		tenant = a.tenant
	}
	if tenant == "" {
		return a.fixed
	}
	h := a.fixed.Clone()
	h[a.tenantHeader] = []string{tenant}
	return h
}

// hide returns text without secrets.
func (a *access) hide(text string) string { return a.traces.Hide(text) }

// isToken reports whether text can be a header's name.
func isToken(text string) bool {
	odd := func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r) }
	return text != "" && !strings.ContainsFunc(text, odd)
}
