package stunnelconf

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// Address is what stunnel listens on or connects to.
type Address struct {
	Host string // without brackets; "" where the file names none
	Port int
	Path string // of a unix socket; then there is no host and no port
}

// String returns host:port as plumbago writes it, or the path.
func (a Address) String() string {
	if a.Path != "" {
		return a.Path
	}
	return net.JoinHostPort(a.Host, strconv.Itoa(a.Port))
}

// Local reports whether the host is this machine's loopback, or all its addresses.
func (a Address) Local() bool {
	if a.Path != "" || a.Host == "" || strings.EqualFold(a.Host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(a.Host)
	return err == nil && (ip.IsLoopback() || ip.IsUnspecified())
}

// parseAddress reads [HOST:]PORT, or the path of a unix socket. The port is what
// stands behind the last colon, so that an IPv6 address needs no brackets, but may
// have them. It may be the name of a service.
func parseAddress(text string) (Address, error) {
	if strings.HasPrefix(text, "/") {
		return Address{Path: text}, nil
	}
	host, port := "", text
	if i := strings.LastIndexByte(text, ':'); i >= 0 {
		host, port = text[:i], text[i+1:]
		if strings.Trim(host, "[]") == "" {
			return Address{}, fmt.Errorf("want [HOST:]PORT, got %q; all addresses are PORT alone, or :::PORT", text)
		}
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if strings.ContainsAny(host, " \t/@[]") {
		return Address{}, fmt.Errorf("want [HOST:]PORT, got %q", text)
	}
	n, err := net.LookupPort("tcp", port)
	if err != nil || n == 0 || port == "" {
		return Address{}, fmt.Errorf("want a port from 1 to 65535, or [HOST:]PORT, got %q", text)
	}
	return Address{Host: host, Port: n}, nil
}
