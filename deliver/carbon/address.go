package carbon

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
)

// parseAddress returns the scheme and the host:port of tcp://host:port, tls:// or
// udp://.
func parseAddress(address string) (scheme, hostPort string, err error) {
	scheme, hostPort, ok := strings.Cut(address, "://")
	if !ok {
		return "", "", fmt.Errorf("address %q has no scheme: write tcp://host:port", address)
	}
	if scheme != "tcp" && scheme != "tls" && scheme != "udp" {
		return "", "", fmt.Errorf("address %q: carbon is reached by tcp, tls or udp, not %q: write tcp://host:port", address, scheme)
	}
	return scheme, hostPort, checkHostPort(address, hostPort)
}

func checkHostPort(address, hostPort string) error {
	host, port, err := net.SplitHostPort(hostPort)
	if err != nil {
		return fmt.Errorf("address %q: %s", address, curb(hostPort, err))
	}
	if host == "" {
		return fmt.Errorf("address %q names no host: write tcp://host:port", address)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return fmt.Errorf("address %q: port %q is not a number from 1 to 65535", address, port)
	}
	return nil
}

// curb explains what net.SplitHostPort says of hostPort.
func curb(hostPort string, err error) string {
	var a *net.AddrError
	switch {
	case !errors.As(err, &a):
		return err.Error()
	case strings.Count(hostPort, ":") > 1 && !strings.HasPrefix(hostPort, "["):
		return "an IPv6 address goes in brackets: write tcp://[::1]:2003"
	case a.Err == "missing port in address":
		return "the port is missing: write tcp://host:port, carbon listens on 2003 for lines and 2004 for pickles"
	}
	return a.Err
}
