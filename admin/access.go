package admin

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/plumbago/plumbago/internal/certs"
)

// Access says who may reach a Server, and how. Whoever may use the socket is let in
// to all. At the address those are who show the token, or, where there is none, this
// host's users; pages of other sites are kept out.
type Access struct {
	TLS   certs.Server // at the address; zero: not encrypted
	Token string       // that is asked for at the address; never shown
	Hosts []string     // names beside localhost under which an address on loopback is reached

	Socket       string // path of the unix socket; "" for none
	SocketGroup  bool   // the group of the process may use it too
	SocketNeeded bool   // Listen is an error without it; else it is logged
}

// guard keeps out who is not to be let in at the address.
type guard struct {
	next     http.Handler
	loopback bool
	hosts    []string
	token    [sha256.Size]byte // its digest
	asks     bool              // for the token
}

func (a Access) guard(next http.Handler, bound net.Addr) *guard {
	return &guard{
		next: next, loopback: isLoopback(bound), hosts: a.Hosts,
		token: sha256.Sum256([]byte(a.Token)), asks: a.Token != "",
	}
}

func isLoopback(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// ServeHTTP passes on what is allowed. Who is not let in keeps no connection.
func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case !g.reachedByName(r.Host):
		w.Header().Set("Connection", "close")
		http.Error(w, "this name is not one of the gateway's: ask for localhost, or add the name to admin.hosts", http.StatusMisdirectedRequest)
	case elsewhere(r):
		w.Header().Set("Connection", "close")
		http.Error(w, "a page of another site may not ask the gateway", http.StatusForbidden)
	case g.asks && !g.knows(r):
		w.Header().Set("Connection", "close")
		w.Header().Set("WWW-Authenticate", challenge(r))
		http.Error(w, "a token is needed: as Authorization: Bearer, or as the password of Basic authorization", http.StatusUnauthorized)
	default:
		g.next.ServeHTTP(w, r)
	}
}

// reachedByName reports whether the host that a request is for may be this one: a
// site's name that has come to stand for loopback, behind a browser's back, is not.
func (g *guard) reachedByName(host string) bool {
	if !g.loopback || host == "" {
		return true
	}
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	ip, err := netip.ParseAddr(strings.Trim(name, "[]"))
	return err == nil && ip.Unmap().IsLoopback() || strings.EqualFold(name, "localhost") ||
		slices.ContainsFunc(g.hosts, func(h string) bool { return strings.EqualFold(h, name) || strings.EqualFold(h, host) })
}

// elsewhere reports whether a page of another site has a browser ask, other than by a
// link that somebody follows.
func elsewhere(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" || site == "same-site" {
		return r.Header.Get("Sec-Fetch-Mode") != "navigate" || r.Method != http.MethodGet
	} else if site != "" {
		return false
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return false
	}
	u, err := url.Parse(origin)
	return err != nil || u.Host != r.Host
}

// challenge is how a browser that opens the page asks for the token. A page that is open
// says itself what is wrong: no questions come up in front of it.
func challenge(r *http.Request) string {
	if r.Header.Get("Sec-Fetch-Dest") == "empty" {
		return `Bearer realm="plumbago"`
	}
	return `Basic realm="plumbago", charset="UTF-8"`
}

// knows reports whether a request shows the token. It takes as long for a wrong one.
func (g *guard) knows(r *http.Request) bool {
	shown, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if _, password, basic := r.BasicAuth(); basic {
		shown, ok = password, true
	}
	digest := sha256.Sum256([]byte(shown))
	return ok && subtle.ConstantTimeCompare(digest[:], g.token[:]) == 1
}
