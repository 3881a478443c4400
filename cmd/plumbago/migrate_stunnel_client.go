package main

import (
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/plumbago/plumbago/config"
	"github.com/plumbago/plumbago/config/stunnelconf"
)

// clientTunnel is a service whose far side speaks TLS.
type clientTunnel struct {
	tunnel
	to      stunnelconf.Address
	tls     config.ClientTLS
	timeout time.Duration // to connect; 0 if nothing is said
}

// options has each option meet its fate.
func (c *clientTunnel) options() {
	c.authorities()
	c.serverName()
	for _, o := range c.s.Options {
		switch o.Name {
		case "client":
			c.becomes(o, "nothing listens there any more: plumbago speaks TLS itself")
		case "accept":
			c.becomes(o, "nothing listens there any more: plumbago speaks TLS itself")
		case "connect":
			c.connect(o)
		case "verify", "verifyChain", "verifyPeer":
			c.verify(o)
		case "CAfile", "CApath":
			c.authority(o)
		case "checkHost", "checkIP", "sni":
			c.name(o)
		case "checkEmail":
			c.lost(o, "the certificate is checked for its name")
		case "cert", "key", "requireCert":
			c.own(o)
		case "TIMEOUTconnect":
			c.connectTimeout(o)
		default:
			c.common(o, &c.tls.MinVersion)
		}
	}
	if !c.s.Verify.On() && len(c.verifying()) == 0 {
		c.fates = append(c.fates, fate{text: "no verify, verifyChain or verifyPeer: " + c.unverified()})
	}
}

// authorities sets whom to trust.
func (c *clientTunnel) authorities() {
	c.tls.CA = c.s.Value("CAfile")
	if c.tls.CA == "" {
		c.tls.CA = c.jailed(c.s.Value("CApath"))
	}
	c.certificate(&c.tls.Cert, &c.tls.Key)
}

// jailed is where a folder is that stunnel looks for after chroot.
func (t *tunnels) jailed(path string) string {
	for _, o := range t.stunnel.Options {
		if o.Name == "chroot" && path != "" && o.Value != "" {
			return filepath.Join(o.Value, path)
		}
	}
	return path
}

func (c *clientTunnel) authority(o stunnelconf.Option) {
	switch {
	case !c.holds(o):
	case o.Value == "":
		c.becomes(o, "not needed")
	case o.Name == "CApath" && c.s.Value("CAfile") != "":
		c.lost(o, "tls.ca is a file or a folder; the file %s is written", c.tls.CA)
	case o.Name == "CApath":
		c.becomes(o, "tls.ca; the names of the files in it do not matter, c_rehash is needed no more")
	default:
		c.becomes(o, "tls.ca")
	}
}

func (c *clientTunnel) connect(o stunnelconf.Option) {
	if first := c.s.All("connect")[0]; o != first {
		c.lost(o, "a destination is one far end: points wait on disk while %s is down", c.to)
		return
	}
	c.becomes(o, "address")
}

// verifying are the options that say what is verified, the last of which tells.
func (c *clientTunnel) verifying() (list []stunnelconf.Option) {
	for _, o := range c.s.Options {
		if o.Name == "verify" || o.Name == "verifyChain" || o.Name == "verifyPeer" {
			list = append(list, o)
		}
	}
	return list
}

func (c *clientTunnel) verify(o stunnelconf.Option) {
	v := c.s.Verify
	if list := c.verifying(); o == list[len(list)-1] && v.Peer {
		c.leave(o.File, o.Line, "[%s] %s: only certificates that are in %s themselves were taken; "+
			"others that an authority in it issued are taken too", c.s.Name, o, c.trusted())
	}
	switch {
	case o.Name == "verify" && !c.holds(o):
	case !v.On():
		c.becomes(o, "%s", c.unverified())
	case v.Peer:
		c.becomes(o, "the far end's certificate must be in %s itself, or be issued by an authority in it, which stunnel did not take. %s",
			c.trusted(), c.alsoNamed())
	default:
		c.becomes(o, "the far end's certificate must lead to an authority in %s, as it had to. %s", c.trusted(), c.alsoNamed())
	}
}

// trusted says where authorities are.
func (c *clientTunnel) trusted() string {
	if c.tls.CA == "" {
		return "what this system trusts (there is no CAfile and no CApath)"
	}
	return c.tls.CA
}

// alsoNamed tells that names are checked.
func (c *clientTunnel) alsoNamed() string {
	if c.checked() {
		return "It must be for " + c.wanted() + ", as it had to."
	}
	return "It must be for " + c.wanted() + " too, which stunnel asks for with checkHost only; if it is for another name, write tls: {server_name: NAME}"
}

func (c *clientTunnel) unverified() string {
	text := "stunnel took any certificate. plumbago wants one that an authority in " + c.trusted() + " issued for " + c.wanted() + "."
	return text + " To take any again, and let whoever gets between read and change everything, write tls: {insecure_skip_verify: true}"
}

// wanted is the name that the certificate must hold.
func (c *clientTunnel) wanted() string {
	if c.tls.ServerName != "" {
		return c.tls.ServerName
	}
	return c.to.Host
}

// checked reports whether stunnel checked that name.
func (c *clientTunnel) checked() bool {
	for _, name := range []string{"checkHost", "checkIP"} {
		for _, o := range c.s.All(name) {
			if strings.EqualFold(o.Value, c.wanted()) {
				return true
			}
		}
	}
	return false
}

// serverName sets the name that is asked for and checked, if the host is not it.
func (c *clientTunnel) serverName() {
	for _, name := range []string{"checkHost", "checkIP", "sni"} {
		for _, o := range c.s.All(name) {
			if o.Value == "" || strings.HasPrefix(o.Value, ".") {
				continue
			}
			if !strings.EqualFold(o.Value, c.to.Host) {
				c.tls.ServerName = o.Value
			}
			return
		}
	}
}

// name is the fate of an option that names the far end.
func (c *clientTunnel) name(o stunnelconf.Option) {
	switch {
	case strings.EqualFold(o.Value, c.tls.ServerName):
		c.becomes(o, "tls.server_name: the server is asked for it, and its certificate must be for it")
	case strings.EqualFold(o.Value, c.to.Host) && c.tls.ServerName == "":
		c.becomes(o, "the host of the address is asked for, and checked, anyway")
	case o.Name == "sni" && o.Value == "":
		c.becomes(o, "the server is asked for %s, unless that is an IP address", c.wanted())
	case o.Name == "sni":
		c.lost(o, "the server is asked for the name that its certificate must hold, %s", c.wanted())
	default:
		c.lost(o, "one name is checked, %s", c.wanted())
	}
}

// own is the fate of an own certificate, of which certificate has told.
func (c *clientTunnel) own(o stunnelconf.Option) {
	if o.Name == "requireCert" {
		c.becomes(o, "not needed")
		return
	}
	c.holds(o)
}

func (c *clientTunnel) connectTimeout(o stunnelconf.Option) {
	seconds, _ := strconv.Atoi(o.Value)
	if !c.holds(o) {
		return
	}
	if seconds == 0 {
		c.becomes(o, "not needed")
		return
	}
	c.timeout = min(time.Duration(min(seconds, 300))*time.Second, 5*time.Minute)
	c.becomes(o, "dial_timeout")
}
