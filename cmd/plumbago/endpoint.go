package main

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/plumbago/plumbago/internal/certs"
	"github.com/plumbago/plumbago/receive"
)

// parseEndpoint reads where to listen as Twisted's programs are told it: a kind, a
// port, and further settings, all apart by colons; a colon that belongs to a value
// stands behind a backslash.
func parseEndpoint(text string) (receive.Options, error) {
	fields := splitEndpoint(text)
	kind, fields := fields[0], fields[1:]
	values := map[string]string{}
	for i, f := range fields {
		name, value, ok := strings.Cut(f, "=")
		if !ok {
			name, value = positions[min(i, len(positions)-1)], f
		}
		values[name] = value
	}
	port, err := strconv.ParseUint(values["port"], 10, 16)
	if err != nil {
		return receive.Options{}, errors.New("want a port, as in tcp:2004")
	}
	at := "://" + net.JoinHostPort(values["interface"], strconv.FormatUint(port, 10))
	o := receive.Options{}
	switch kind {
	case "tcp":
		o.Address = "tcp" + at
		err = only(values, "port", "interface", "backlog")
	case "tcp6":
		if values["interface"] == "" {
			at = fmt.Sprintf("://[::]:%d", port)
		}
		o.Address = "tcp" + at
		err = only(values, "port", "interface", "backlog")
	case "ssl":
		o.Address = "tls" + at
		o.TLS, err = endpointTLS(values)
	default:
		err = fmt.Errorf("want tcp, tcp6 or ssl, got %q", kind)
	}
	return o, err
}

// positions are the settings that need no name, in their order.
var positions = []string{"port", "interface", "backlog"}

// splitEndpoint splits at colons that no backslash makes part of a value.
func splitEndpoint(text string) (fields []string) {
	var field strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text):
			i++
			field.WriteByte(text[i])
		case text[i] == ':':
			fields = append(fields, field.String())
			field.Reset()
		default:
			field.WriteByte(text[i])
		}
	}
	return append(fields, field.String())
}

// endpointTLS is the certificate of an ssl endpoint. Twisted's own defaults are
// both in server.pem.
func endpointTLS(values map[string]string) (certs.Server, error) {
	s := certs.Server{Cert: values["certKey"], Key: values["privateKey"]}
	if s.Key == "" {
		s.Key = "server.pem"
	}
	if s.Cert == "" {
		s.Cert = s.Key
	}
	if err := only(values, "port", "interface", "backlog", "privateKey", "certKey", "sslmethod"); err != nil {
		return s, err
	}
	_, err := certs.Open(s)
	return s, err
}

// only notes a setting that is not among those known.
func only(values map[string]string, known ...string) error {
	for name := range values {
		found := false
		for _, k := range known {
			found = found || k == name
		}
		if !found {
			return fmt.Errorf("setting %q: there are %s", name, strings.Join(known, ", "))
		}
	}
	return nil
}
