package main

import (
	"slices"
	"strconv"
	"time"

	"github.com/plumbago/plumbago/config"
	"github.com/plumbago/plumbago/config/stunnelconf"
)

// serverTunnel is a service whose own side speaks TLS.
type serverTunnel struct {
	tunnel
	tls  config.ServerTLS
	idle time.Duration // what the receiver behind it says, or shorter
}

// options has each option meet its fate. It is false, and the service is left out,
// if the door would let in whom stunnel kept out.
func (v *serverTunnel) options() bool {
	if o, why := v.guarded(); why != "" {
		v.leave(o.File, o.Line, "[%s] %s: %s; the service still needs stunnel", v.s.Name, o, why)
		return false
	}
	if !v.certificate(&v.tls.Cert, &v.tls.Key) {
		if v.s.Value("cert") == "" {
			v.leave(v.s.File, v.s.Line, "[%s]: it has no certificate, and stunnel would not start with it", v.s.Name)
		}
		return false
	}
	v.clients()
	for _, o := range v.s.Options {
		v.option(o)
	}
	return true
}

func (v *serverTunnel) option(o stunnelconf.Option) {
	switch o.Name {
	case "client":
		v.becomes(o, "a receiver")
	case "accept":
		v.becomes(o, "listen")
	case "connect":
		v.becomes(o, "points are taken right here")
	case "cert", "key":
		v.holds(o)
	case "verify", "verifyChain", "verifyPeer", "requireCert":
		v.verify(o)
	case "CAfile", "CApath":
		v.authority(o)
	case "TIMEOUTidle":
		v.idleTimeout(o)
	default:
		v.common(o, &v.tls.MinVersion)
	}
}

// guarded finds what keeps clients out and has no equivalent.
func (v *serverTunnel) guarded() (o stunnelconf.Option, why string) {
	for _, o := range v.s.Options {
		switch o.Name {
		case "checkHost", "checkIP", "checkEmail":
			return o, "clients are not told apart by what their certificates are for"
		case "PSKsecrets":
			return o, "there are no pre-shared keys, but certificates"
		case "CRLfile", "CRLpath", "OCSP":
			return o, "certificates that were revoked would be taken"
		case "sni":
			return o, "a receiver has one certificate, whatever name it is asked for"
		case "libwrap", "OCSPaia":
			if isYes(o) {
				return o, "it keeps out whom nothing here would"
			}
		case "protocol", "exec", "ident", "redirect":
			return o, "plumbago does TLS and carbon's protocols, nothing between"
		}
	}
	if at, _ := v.s.Last("CAfile"); v.s.Verify.On() && at.Value == "" {
		o, _ := v.lastVerify()
		return o, "tls.client_ca is a file; write the certificates of the clients' authorities into one, and name it as CAfile"
	}
	return o, ""
}

func (v *serverTunnel) lastVerify() (stunnelconf.Option, bool) {
	for _, o := range slices.Backward(v.s.Options) {
		if o.Name == "verify" || o.Name == "verifyChain" || o.Name == "verifyPeer" {
			return o, true
		}
	}
	return stunnelconf.Option{}, false
}

// clients sets what is asked of them.
func (v *serverTunnel) clients() {
	if !v.s.Verify.On() {
		return
	}
	v.tls.ClientCA = v.s.Value("CAfile")
	if v.s.Verify.Optional {
		v.tls.ClientAuth = "request"
	}
	if o, ok := v.lastVerify(); ok && v.s.Verify.Peer {
		v.leave(o.File, o.Line, "[%s] %s: only certificates that are in %s themselves were taken; "+
			"others that an authority in it issued are taken too", v.s.Name, o, v.tls.ClientCA)
	}
}

func (v *serverTunnel) verify(o stunnelconf.Option) {
	switch {
	case o.Name == "verify" && !v.holds(o):
	case !v.s.Verify.On():
		v.becomes(o, "clients are asked for no certificate")
	case v.s.Verify.Optional:
		v.becomes(o, "tls.client_auth: a certificate that a client shows must be issued by an authority in tls.client_ca")
	case v.s.Verify.Peer:
		v.becomes(o, "clients must show a certificate that is in tls.client_ca, or was issued by an authority in it, which stunnel did not take")
	default:
		v.becomes(o, "clients must show a certificate that an authority in tls.client_ca issued")
	}
}

func (v *serverTunnel) authority(o stunnelconf.Option) {
	switch {
	case !v.holds(o):
	case !v.s.Verify.On():
		v.becomes(o, "not needed, as no certificates are asked for")
	case o.Name == "CApath":
		v.lost(o, "tls.client_ca is a file; %s is written", v.tls.ClientCA)
	default:
		v.becomes(o, "tls.client_ca")
	}
}

// idleTimeout bounds silence; the receiver behind may do so already.
func (v *serverTunnel) idleTimeout(o stunnelconf.Option) {
	seconds, _ := strconv.Atoi(o.Value)
	if !v.holds(o) {
		return
	}
	idle := time.Duration(min(seconds, 1<<30)) * time.Second
	if idle > 0 && (v.idle == 0 || idle < v.idle) {
		v.idle = idle
	}
	v.becomes(o, "idle_timeout, if it is the shorter one")
}
