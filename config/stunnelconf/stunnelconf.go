// Package stunnelconf reads the configuration of stunnel 5 into plain values: its
// services with what they listen on, connect to and verify, and every option as it
// is written, each with its place in the files.
package stunnelconf

import (
	"slices"
	"strings"

	"github.com/plumbago/plumbago/internal/conffile"
)

// Config is all that the files say.
type Config struct {
	// Options are the global ones, in their order: those that are about the process.
	Options []Option
	// Defaults are options of services that stand before the first of them. They
	// hold for every service, and are among its options too.
	Defaults []Option
	Services []Service // in their order
	// Foreign is what stunnel would not start with, though the rest can be read:
	// options that it does not know, or not in that place.
	Foreign conffile.Errors
}

// Service is a section: one thing that stunnel does.
type Service struct {
	conffile.Place
	Name    string
	Options []Option // the defaults first

	Client  bool      // the far side speaks TLS; otherwise this side does
	Accept  []Address // where it listens
	Connect []Address // where it connects to
	Verify  Verify
}

// Last returns the option of a name that holds: the last one.
func (s *Service) Last(name string) (Option, bool) {
	all := s.All(name)
	if len(all) == 0 {
		return Option{}, false
	}
	return all[len(all)-1], true
}

// All returns the options of a name.
func (s *Service) All(name string) (list []Option) {
	for _, o := range s.Options {
		if o.Name == name {
			list = append(list, o)
		}
	}
	return list
}

// Value returns what the option of a name is set to, or "".
func (s *Service) Value(name string) string {
	o, _ := s.Last(name)
	return o.Value
}

// Verify is how a service looks at the certificate of the other side: what
// verify, verifyChain, verifyPeer and requireCert come to together.
type Verify struct {
	Chain    bool // it must lead to an authority
	Peer     bool // it must itself be among those of CAfile and CApath
	Optional bool // of a server: clients without one may come in too
}

// On reports whether certificates are verified at all.
func (v Verify) On() bool { return v.Chain || v.Peer }

// Option is one line: name = value.
type Option struct {
	conffile.Place
	Name  string // as the manual spells it
	Value string
}

// secret are the options whose values nobody else is to see.
var secret = []string{"engineCtrl", "protocolPassword", "ticketKeySecret", "ticketMacSecret"}

// String writes the option as a file does, but for a secret.
func (o Option) String() string {
	if slices.Contains(secret, o.Name) {
		return o.Name + " = ..."
	}
	return strings.TrimSuffix(o.Name+" = "+o.Value, " ")
}
