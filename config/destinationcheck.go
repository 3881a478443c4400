package config

import (
	"regexp"
	"strings"
	"unicode"
)

var validName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

func (d *decoder) checkDestinations() {
	first := map[string]int{}
	for i := range d.config.Deliver {
		path, dest := entry("deliver", i), &d.config.Deliver[i]
		if s, ok := d.spots[path+".name"]; ok {
			d.checkName(s, dest.Name, first)
		}
		if s, ok := d.spots[path+".instance"]; ok && strings.ContainsFunc(dest.Instance, unicode.IsControl) {
			d.problem(s, "instance: it has a control character in it")
		}
		if s, ok := d.spots[path+".prefix"]; ok {
			d.checkPrefix(s, dest.Prefix.Reveal())
		}
		if s, ok := d.spots[path+".key"]; ok {
			d.checkKey(s, dest.Key.Reveal())
		}
		d.checkWay(path, dest)
		d.checkClientTLS(path + ".tls")
		if s, ok := d.spots[path+".tenant_as"]; ok {
			d.checkWithTenants("tenant_as", s)
		}
	}
}

func (d *decoder) checkName(s spot, name string, first map[string]int) {
	line, twice := first[name]
	switch {
	case !validName.MatchString(name):
		d.problem(s, "name: want lower-case letters, digits, - _ and dots, at most 64, a letter or digit first, got %s", s.show())
	case twice:
		d.problem(s, "name: %s is the name of another destination, in line %d; choose another", s.show(), line)
	default:
		first[name] = s.line
	}
}

// checkPrefix never shows what it checks.
func (d *decoder) checkPrefix(s spot, prefix string) {
	odd := func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == ';' }
	switch {
	case strings.ContainsFunc(prefix, odd):
		d.problem(s, "prefix: it has a blank, a control character or a semicolon in it, which a name cannot begin with")
	case strings.HasPrefix(prefix, ".") || strings.HasSuffix(prefix, "."):
		d.problem(s, "prefix: it begins or ends with a dot; the dot behind it is put there anyway")
	}
}

// checkKey never shows what it checks.
func (d *decoder) checkKey(s spot, key string) {
	odd := func(r rune) bool { return r <= ' ' || r > '~' || r == ':' || r == ';' }
	switch {
	case strings.ContainsFunc(key, odd):
		d.problem(s, "key: it has a blank, a colon, a semicolon or what is not printable ASCII in it, which no key can have")
	case strings.HasPrefix(key, ".") || strings.HasSuffix(key, "."):
		d.problem(s, "key: it begins or ends with a dot; where one goes behind it, it is put there anyway")
	}
}

// checkWay checks type, protocol and address against each other, and sets the
// protocol where there is a default.
func (d *decoder) checkWay(path string, dest *Destination) {
	kind, protocol := d.taken(path+".type", dest.Type), d.taken(path+".protocol", dest.Protocol)
	scheme := schemeOf(dest.Address)
	if s, ok := d.spots[path+".address"]; ok {
		d.checkTarget(s, dest.Address, schemesFor(kind, protocol))
	}
	if !hasNoAddress(kind) {
		d.missing(path, "address", "tcp://127.0.0.1:2003")
	}
	switch kind {
	case "slack":
		d.missing(path, "token", "${env:SLACK_TOKEN}")
		d.missing(path, "channel", "metrics")
		d.checkSlack(path, dest.Token, dest.API)
	case "whisper":
		d.completeWhisper(path, dest)
	case "nats":
		d.checkNATSSender(path, dest)
	case "carbon":
		d.missing(path, "protocol", "line")
	case "hostedgraphite":
		d.missing(path, "key", "${env:API_KEY}")
		if s, ok := d.spots[path+".protocol"]; ok && protocol == "protobuf" {
			d.problem(s, "protocol: want line or pickle for type hostedgraphite, got %s", s.show())
		}
		if !d.given[path+".protocol"] {
			dest.Protocol = dest.standardProtocol()
		}
	case "blueflood":
		d.missing(path, "tenant", "\"123456\"")
		d.checkAuth(path+".auth", dest.Auth)
	case "remote_write":
		d.completeRemoteWrite(path, dest)
	}
	if isWeb(scheme) {
		d.completeRequests(path, dest)
	}
	d.checkDestinationUses(path, kind, scheme)
}

// schemesFor returns the schemes that a destination's address may have.
func schemesFor(kind, protocol string) []string {
	schemes := []string{"tcp", "tls", "udp"}
	if protocol != "" && protocol != "line" {
		schemes = schemes[:2]
	}
	switch kind {
	case "carbon":
		return schemes
	case "hostedgraphite":
		return append([]string{"https", "http"}, schemes...)
	case "blueflood", "remote_write":
		return []string{"https", "http"}
	}
	return append(schemes, "https", "http")
}

// hasNoAddress reports whether destinations of a type are found by other keys.
func hasNoAddress(kind string) bool { return kind == "slack" || kind == "nats" || kind == "whisper" }

// keysOfTypes are the keys that only destinations of some types have.
var keysOfTypes = []struct{ types, keys string }{
	{"carbon hostedgraphite blueflood remote_write", "address instance"},
	{"carbon blueflood", "prefix"},
	{"hostedgraphite", "key"},
	{"blueflood remote_write", "tenant"},
	{"blueflood remote_write nats", "per_tenant"},
	{"blueflood", "auth ttl past ahead overwrite_time"},
	{"remote_write", "version mapping strict_match mapping_cache shards tenant_header bearer basic headers"},
	{"whisper", "dir schemas aggregation max_creates cache lock"},
	{"slack", "token channel post_every clean_after call_every api"},
	{"nats", "nats"},
}

// checkDestinationUses notes keys that do nothing for this kind of destination.
func (d *decoder) checkDestinationUses(path, kind, scheme string) {
	var uses []use
	for _, k := range keysOfTypes {
		types := strings.Fields(k.types)
		for _, key := range strings.Fields(k.keys) {
			uses = append(uses, use{key, typesIn(types), among(kind, types...)})
		}
	}
	if hasNoAddress(kind) {
		scheme = kind
	}
	web, stream := among(scheme, "https", "http"), among(scheme, "tcp", "tls")
	d.checkUses(path, append(uses, []use{
		{"protocol", "tcp, tls and udp", among(scheme, "tcp", "tls", "udp")},
		{"tls", "addresses that begin with tls:// or https://", among(scheme, "tls", "https")},
		{"timeout", "https", web}, {"batch", "https and type nats", web || among(kind, "nats")},
		{"interval", "https and types slack, nats and whisper", web || among(kind, "slack", "nats", "whisper")},
		{"compress", "type hostedgraphite by https", among(kind, "hostedgraphite") && web},
		{"replay_margin", "tcp and tls", stream}, {"user_timeout", "tcp and tls", stream},
	}...))
}

// typesIn is a list of types in words.
func typesIn(list []string) string {
	last := len(list) - 1
	if last == 0 {
		return "type " + list[0]
	}
	return "types " + strings.Join(list[:last], ", ") + " and " + list[last]
}
