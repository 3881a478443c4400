package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/plumbago/plumbago/config"
	"github.com/plumbago/plumbago/config/stunnelconf"
)

// tunnel is a service of stunnel, and what becomes of its options: each has its fate.
type tunnel struct {
	*tunnels
	s     *stunnelconf.Service
	fates []fate
}

// fate is what becomes of options.
type fate struct {
	options []string // as they are written; none for what was not said
	text    string
}

// notes are the lines that tell of all fates.
func (v *tunnel) notes() (lines []string) {
	for _, f := range v.fates {
		if len(f.options) == 0 {
			lines = append(lines, "  "+f.text)
			continue
		}
		lines = append(lines, "  "+strings.Join(f.options, ", ")+": "+f.text)
	}
	return lines
}

// becomes notes the fate of an option. Options with one fate are told together.
func (v *tunnel) becomes(o stunnelconf.Option, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	i := slices.IndexFunc(v.fates, func(f fate) bool { return f.text == text })
	if i < 0 {
		i, v.fates = len(v.fates), append(v.fates, fate{text: text})
	}
	v.fates[i].options = append(v.fates[i].options, o.String())
}

// lost notes that an option has no equivalent.
func (v *tunnel) lost(o stunnelconf.Option, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	v.leave(o.File, o.Line, "[%s] %s: %s", v.s.Name, o, text)
	v.becomes(o, "no equivalent: %s", text)
}

// holds reports whether an option that can be set once is the one that holds.
func (v *tunnel) holds(o stunnelconf.Option) bool {
	last, _ := v.s.Last(o.Name)
	if last != o {
		v.becomes(o, "another %s further down holds", o.Name)
	}
	return last == o
}

// common notes the fate of an option that clients and servers have alike.
func (v *tunnel) common(o stunnelconf.Option, least *config.Version) {
	switch o.Name {
	case "sslVersion", "sslVersionMin", "sslVersionMax":
		v.version(o, least)
	case "options":
		v.libraryOption(o, least)
	case "ciphers", "ciphersuites", "curves", "securityLevel", "config":
		v.lost(o, "the choice is that of Go's TLS, which takes no weak ones")
	case "CAengine", "engineId", "engineNum":
		v.lost(o, "keys and certificates are files")
	case "PSKidentity", "PSKsecrets":
		v.lost(o, "there are no pre-shared keys, but certificates")
	case "CRLfile", "CRLpath", "OCSP", "OCSPaia":
		v.revocation(o)
	case "failover":
		v.failover(o)
	case "socket":
		v.socket(o)
	case "protocol", "exec", "ident", "local", "transparent", "redirect", "libwrap", "sessiond":
		v.beyond(o)
	default:
		v.becomes(o, "not needed")
	}
}

// version sets the least version of TLS. Those that plumbago does not speak any
// more cannot be had.
func (v *tunnel) version(o stunnelconf.Option, least *config.Version) {
	at := slices.IndexFunc(stunnelconf.Versions, func(t string) bool { return strings.EqualFold(t, o.Value) })
	const v12, v13 = 4, 5 // in Versions
	switch {
	case at == v13 && o.Name != "sslVersionMax":
		*least = "1.3"
		v.becomes(o, "tls.min_version")
	case at >= 0 && at < v12 && o.Name != "sslVersionMin":
		v.lost(o, "plumbago speaks TLS 1.2 and 1.3: the other side must, too")
	case at == v12 && o.Name != "sslVersionMin":
		v.becomes(o, "TLS 1.3 is spoken too, where the other side does")
	default:
		v.becomes(o, "1.2 is the least that plumbago speaks, unless tls.min_version says more")
	}
}

// libraryOption is an option of OpenSSL's.
func (v *tunnel) libraryOption(o stunnelconf.Option, least *config.Version) {
	switch strings.ToUpper(o.Value) {
	case "NO_SSLV2", "NO_SSLV3", "NO_TLSV1", "NO_TLSV1.1", "NO_TLSV1_1":
		v.becomes(o, "never spoken")
	case "NO_TLSV1.2", "NO_TLSV1_2":
		*least = "1.3"
		v.becomes(o, "tls.min_version")
	case "NO_TLSV1.3", "NO_TLSV1_3":
		v.becomes(o, "TLS 1.3 is spoken too, where the other side does")
	case "-NO_SSLV2", "-NO_SSLV3":
		v.lost(o, "plumbago speaks TLS 1.2 and 1.3: the other side must, too")
	default:
		v.becomes(o, "not needed")
	}
}

func (v *tunnel) revocation(o stunnelconf.Option) {
	if o.Name == "OCSPaia" && !isYes(o) {
		v.becomes(o, "not needed")
		return
	}
	v.lost(o, "certificates that were revoked are taken until they expire")
}

func (v *tunnel) failover(o stunnelconf.Option) {
	if len(v.s.Connect) > 1 {
		v.becomes(o, "points wait on disk while the far end is down")
		return
	}
	v.becomes(o, "not needed")
}

func (v *tunnel) socket(o stunnelconf.Option) {
	if strings.Contains(strings.ToUpper(o.Value), "BINDTODEVICE") {
		v.lost(o, "sockets are bound to addresses, not to devices")
		return
	}
	v.becomes(o, "not needed")
}

// beyond is what stunnel does besides TLS.
func (v *tunnel) beyond(o stunnelconf.Option) {
	switch off := strings.EqualFold(o.Value, "no") || strings.EqualFold(o.Value, "none"); {
	case off:
		v.becomes(o, "not needed")
	case o.Name == "local":
		v.lost(o, "the kernel chooses the address to connect from")
	case o.Name == "libwrap":
		v.lost(o, "the files hosts.allow and hosts.deny are not read")
	default:
		v.lost(o, "plumbago does TLS and carbon's protocols, nothing between")
	}
}

func isYes(o stunnelconf.Option) bool { return strings.EqualFold(o.Value, "yes") }

// certificate sets the files of an own certificate, in PEM. stunnel looks for the
// key in the certificate's file unless it is told another.
func (v *tunnel) certificate(cert, key *string) (ok bool) {
	c, given := v.s.Last("cert")
	k, hasKey := v.s.Last("key")
	if !given || c.Value == "" {
		if hasKey {
			v.becomes(k, "not needed without a certificate")
		}
		return false
	}
	if !hasKey {
		k = c
	}
	for _, o := range []stunnelconf.Option{c, k} {
		if lower := strings.ToLower(o.Value); strings.HasPrefix(lower, "pkcs11:") || strings.HasSuffix(lower, ".p12") || strings.HasSuffix(lower, ".pfx") {
			v.lost(o, "want a file in PEM, as openssl pkcs12 -nodes -in FILE makes of a .p12")
			return false
		}
	}
	*cert, *key = c.Value, k.Value
	if !hasKey {
		v.becomes(c, "tls.cert, and tls.key, as the key is in it")
		return true
	}
	v.becomes(c, "tls.cert")
	v.becomes(k, "tls.key")
	return true
}
