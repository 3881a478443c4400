package stunnelconf_test

import (
	"strings"
	"testing"

	"github.com/plumbago/plumbago/config/stunnelconf"
	"github.com/plumbago/plumbago/internal/conffile"
)

// Whatever the text is, it is read or refused with a place in it, and no line of
// it is passed over.
func FuzzParse(f *testing.F) {
	f.Add("foreground = yes\n[hg-tls]\nclient = yes\naccept = 20041\nconnect = a.example:20040\nverify = 2\nCAfile = /ca\n#CApath = /x\n")
	f.Add("\ufeffverifyChain=yes\r\n[a]\r\naccept = :::1\r\nconnect=::1:2\r\nrequireCert = no\r\n")
	f.Add("[]\n=\n[a]\nsni =\nsslVersion = all\nTIMEOUTidle = -1\ninclude = /\n;[b]")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := stunnelconf.Parse("s.conf", text)
		if err != nil {
			for _, p := range err.(conffile.Errors) {
				if p.Line < 1 || p.Text == "" {
					t.Errorf("got %+v, want a line and a reason", p)
				}
			}
			return
		}
		for _, s := range c.Services {
			if len(s.Accept) != len(s.All("accept")) || len(s.Connect) != len(s.All("connect")) {
				t.Errorf("got %d and %d addresses of %+v", len(s.Accept), len(s.Connect), s.Options)
			}
		}
		if told(c) != countLines(text) {
			t.Errorf("got %d options and services told of %d lines", told(c), countLines(text))
		}
	})
}

// told counts the lines that a configuration tells of.
func told(c *stunnelconf.Config) int {
	n := len(c.Options) + len(c.Defaults) + len(c.Foreign) + len(c.Services)
	seen := map[stunnelconf.Option]bool{}
	for _, o := range c.Defaults {
		seen[o] = true
	}
	for _, s := range c.Services {
		for _, o := range s.Options {
			if !seen[o] {
				n++
			}
		}
	}
	return n
}

// countLines counts those that are neither empty nor comments.
func countLines(text string) (n int) {
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		if line = strings.TrimSpace(line); line != "" && line[0] != ';' && line[0] != '#' {
			n++
		}
	}
	return n
}
