package carbonconf

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
)

// Destination is an entry of DESTINATIONS: HOST:PORT, or HOST:PORT:INSTANCE.
// Equal destinations compare equal.
type Destination struct {
	Host string // without brackets
	Port int
	// Instance is what follows the port's colon. It may be the empty string,
	// which to carbon is another instance than none.
	Instance    string
	HasInstance bool
}

// String writes d as carbon.conf does.
func (d Destination) String() string {
	host := d.Host
	if strings.ContainsRune(host, ':') {
		host = "[" + host + "]"
	}
	text := host + ":" + strconv.Itoa(d.Port)
	if d.HasInstance {
		text += ":" + d.Instance
	}
	return text
}

// Address returns HOST:PORT as something to connect to.
func (d Destination) Address() string {
	return net.JoinHostPort(d.Host, strconv.Itoa(d.Port))
}

// ParseDestination reads one entry. The error says what the entry lacks.
func ParseDestination(text string) (Destination, error) {
	text = trim(text)
	host, rest, ok := splitHost(text)
	if !ok {
		return Destination{}, fmt.Errorf("%q is no destination: %w", text, lacks(text))
	}
	d := Destination{Host: host}
	var port string
	port, d.Instance, d.HasInstance = strings.Cut(rest, ":")
	n, ok := parseInt(port)
	if !ok {
		return Destination{}, fmt.Errorf("%q is no destination: %w", text, badPort(text, port))
	}
	d.Port = n
	return d, nil
}

// splitHost takes the host off, at the colon behind it.
func splitHost(text string) (host, rest string, ok bool) {
	if !strings.HasPrefix(text, "[") {
		return strings.Cut(text, ":")
	}
	end := strings.LastIndex(text, "]:")
	if end < 0 {
		return "", "", false
	}
	return text[1:end], text[end+2:], true
}

var (
	errEmpty    = errors.New("it is empty; write HOST:PORT or HOST:PORT:INSTANCE, without a comma at the end of the list")
	errNoPort   = errors.New("it has no port; write HOST:PORT or HOST:PORT:INSTANCE")
	errBrackets = errors.New("an IPv6 address needs brackets; write [ADDRESS]:PORT or [ADDRESS]:PORT:INSTANCE")
)

func lacks(text string) error {
	if text == "" {
		return errEmpty
	}
	return errNoPort
}

func badPort(text, port string) error {
	switch {
	case !strings.HasPrefix(text, "[") && strings.Count(text, ":") > 2:
		return errBrackets
	case trim(port) == "":
		return errNoPort
	}
	return fmt.Errorf("%q is not a port; write HOST:PORT or HOST:PORT:INSTANCE", port)
}
