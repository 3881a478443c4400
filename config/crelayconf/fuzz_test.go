package crelayconf_test

import (
	"testing"

	"github.com/plumbago/plumbago/config/crelayconf"
	"github.com/plumbago/plumbago/internal/conffile"
)

// Whatever the text is, it is read or refused with a place in it.
func FuzzParse(f *testing.F) {
	f.Add("cluster a carbon_ch replication 2 10.0.0.1:2003=x [::1]:2004 proto udp type linemode transport gzip ssl; match ^a \"b\" send to a stop;")
	f.Add("listen type linemode transport plain ssl /x 2003 proto tcp; match * validate x else drop; # \nmatch")
	f.Add("cluster j jump_fnv1a_ch dynamic h=+1; send statistics to j; match a\\")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := crelayconf.Parse("r.conf", text)
		if err != nil {
			for _, p := range err.(conffile.Errors) {
				if p.Line < 1 || p.Text == "" {
					t.Errorf("got %+v, want a line and a reason", p)
				}
			}
			return
		}
		for _, s := range c.Statements {
			if _, err := s.RE2(); err == nil && s.Verb == crelayconf.Match && !s.All && len(s.Patterns) == 0 {
				t.Errorf("got %+v, a match of nothing", s)
			}
		}
	})
}
