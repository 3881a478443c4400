package config

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// address is a URL taken apart.
type address struct {
	scheme, host string
	port         int
}

// String writes the address in one way.
func (a address) String() string {
	return a.scheme + "://" + net.JoinHostPort(strings.ToLower(a.host), strconv.Itoa(a.port))
}

// schemeOf returns the scheme of an address that is whole, or "".
func schemeOf(text string) string {
	if a, lacks := split(text); lacks == "" {
		return a.scheme
	}
	return ""
}

// split takes scheme://host:port apart, or says what it lacks. An address of the
// web may do without a port, and have a path.
func split(text string) (a address, lacks string) {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		return a, "scheme"
	}
	if isWeb(scheme) {
		return splitURL(scheme, text)
	}
	host, port, err := net.SplitHostPort(rest)
	if err != nil || strings.ContainsAny(host, "/@?# \t") {
		return address{scheme: scheme}, "port"
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return address{scheme: scheme}, "port"
	}
	return address{scheme, host, int(n)}, ""
}

func splitURL(scheme, text string) (a address, lacks string) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || strings.ContainsAny(text, "@?# \t") {
		return address{scheme: scheme}, "host"
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[scheme]
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return address{scheme: scheme}, "host"
	}
	return address{scheme, u.Hostname(), int(n)}, ""
}

// checkAddress checks the form of an address and its scheme.
func (d *decoder) checkAddress(key string, s spot, text string, schemes []string) bool {
	a, lacks := split(text)
	known := slices.Contains(schemes, a.scheme)
	switch {
	case lacks == "scheme" && !s.replaced && !s.private():
		d.problem(s, "%s: want an address like %s://host:port, got %s; did you mean %q?",
			key, schemes[0], s.show(), schemes[0]+"://"+shorten(text))
	case lacks == "scheme":
		d.problem(s, "%s: want an address like %s://host:port, got %s", key, schemes[0], s.showAddress())
	case !known:
		d.problem(s, "%s: want an address that begins with %s, got %s", key, beginnings(schemes), s.showAddress())
	case lacks == "host":
		d.problem(s, "%s: want an address like %s://host/path, got %s", key, a.scheme, s.showAddress())
	case lacks != "":
		d.problem(s, "%s: want a host and a port from 0 to 65535, like %s://127.0.0.1:2003, got %s", key, a.scheme, s.showAddress())
	default:
		return true
	}
	return false
}

// checkTarget checks an address to connect to, which needs a host and a port.
func (d *decoder) checkTarget(s spot, text string, schemes []string) {
	if !d.checkAddress("address", s, text, schemes) {
		return
	}
	if a, _ := split(text); a.host == "" || a.port == 0 {
		d.problem(s, "address: want a host and a port, like %s://127.0.0.1:2003, got %s", a.scheme, s.show())
	}
}

func beginnings(schemes []string) string {
	var list []string
	for _, s := range schemes {
		list = append(list, s+"://")
	}
	return either(list)
}

// private reports whether an address may have a key in it.
func (s spot) private() bool { return strings.ContainsAny(s.raw, "@?#") }

// showAddress returns an address as the file has it, unless it may have a key in it.
func (s spot) showAddress() string {
	if i := strings.IndexAny(s.raw, "@?#"); i >= 0 {
		return fmt.Sprintf("one with %q in it", s.raw[i:i+1])
	}
	return s.show()
}
