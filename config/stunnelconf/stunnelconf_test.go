package stunnelconf_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/plumbago/plumbago/config/stunnelconf"
	"github.com/plumbago/plumbago/internal/conffile"
)

func place(line int) conffile.Place { return conffile.Place{File: "s.conf", Line: line} }

func option(line int, name, value string) stunnelconf.Option {
	return stunnelconf.Option{Place: place(line), Name: name, Value: value}
}

func TestParse(t *testing.T) {
	got, err := stunnelconf.Parse("s.conf", "\ufeff; all of it\r\n"+`# another comment
foreground = yes
DEBUG=7
cafile = /ca # no comment
[hg-tls]
client = YES
  accept=20041
connect = example.net:20040
connect = ::1:20040
verify = 2
verify = 4
PSKidentity =

[server 2]
accept = :::20030
accept = 127.0.0.1:20031
connect = /run/carbon.sock
verifyChain = yes
requireCert = no
sslVersionMin = tlsv1.2
TIMEOUTidle = 0
`)
	if err != nil {
		t.Fatal(err)
	}
	ca := option(5, "CAfile", "/ca # no comment")
	want := &stunnelconf.Config{
		Options:  []stunnelconf.Option{option(3, "foreground", "yes"), option(4, "debug", "7")},
		Defaults: []stunnelconf.Option{ca},
		Services: []stunnelconf.Service{{
			Place: place(6), Name: "hg-tls", Client: true,
			Options: []stunnelconf.Option{
				ca, option(7, "client", "YES"), option(8, "accept", "20041"), option(9, "connect", "example.net:20040"),
				option(10, "connect", "::1:20040"), option(11, "verify", "2"), option(12, "verify", "4"), option(13, "PSKidentity", ""),
			},
			Accept:  []stunnelconf.Address{{Port: 20041}},
			Connect: []stunnelconf.Address{{Host: "example.net", Port: 20040}, {Host: "::1", Port: 20040}},
			Verify:  stunnelconf.Verify{Peer: true},
		}, {
			Place: place(15), Name: "server 2",
			Options: []stunnelconf.Option{
				ca, option(16, "accept", ":::20030"), option(17, "accept", "127.0.0.1:20031"), option(18, "connect", "/run/carbon.sock"),
				option(19, "verifyChain", "yes"), option(20, "requireCert", "no"), option(21, "sslVersionMin", "tlsv1.2"),
				option(22, "TIMEOUTidle", "0"),
			},
			Accept:  []stunnelconf.Address{{Host: "::", Port: 20030}, {Host: "127.0.0.1", Port: 20031}},
			Connect: []stunnelconf.Address{{Path: "/run/carbon.sock"}},
			Verify:  stunnelconf.Verify{Chain: true, Optional: true},
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if s := got.Services[0]; s.Value("verify") != "4" || len(s.All("connect")) != 2 || s.Value("cert") != "" {
		t.Errorf("got verify %q, %d times connect, cert %q", s.Value("verify"), len(s.All("connect")), s.Value("cert"))
	}
}

func TestVerify(t *testing.T) {
	type verify = stunnelconf.Verify
	for _, test := range []struct {
		name, options string
		want          verify
	}{
		{"nothing", "", verify{}},
		{"0", "verify = 0", verify{}},
		{"1", "verify = 1", verify{Chain: true, Optional: true}},
		{"2", "verify = 2", verify{Chain: true}},
		{"3", "verify = 3", verify{Chain: true, Peer: true}},
		{"4", "verify = 4", verify{Peer: true}},
		{"chain", "verifyChain = yes", verify{Chain: true}},
		{"chain and peer", "verifyChain = yes\nverifyPeer = yes", verify{Chain: true, Peer: true}},
		{"chain requires", "verify = 1\nverifyChain = yes", verify{Chain: true}},
		{"peer requires", "requireCert = no\nverifyPeer = yes", verify{Peer: true}},
		{"not required", "verifyPeer = yes\nrequireCert = no", verify{Peer: true, Optional: true}},
		{"taken back", "verify = 2\nverifyChain = no", verify{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, err := stunnelconf.Parse("s.conf", "[s]\n"+test.options+"\n")
			if err != nil {
				t.Fatal(err)
			}
			if got := c.Services[0].Verify; got != test.want || got.On() != (test.want.Chain || test.want.Peer) {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestAddress(t *testing.T) {
	type address = stunnelconf.Address
	for _, test := range []struct {
		text   string
		want   address
		shown  string
		nearby bool
	}{
		{"20041", address{Port: 20041}, ":20041", true},
		{"https", address{Port: 443}, ":443", true},
		{"localhost:20041", address{Host: "localhost", Port: 20041}, "localhost:20041", true},
		{"127.0.0.9:1", address{Host: "127.0.0.9", Port: 1}, "127.0.0.9:1", true},
		{"0.0.0.0:1", address{Host: "0.0.0.0", Port: 1}, "0.0.0.0:1", true},
		{"10.0.0.1:65535", address{Host: "10.0.0.1", Port: 65535}, "10.0.0.1:65535", false},
		{"example.net:20040", address{Host: "example.net", Port: 20040}, "example.net:20040", false},
		{":::20041", address{Host: "::", Port: 20041}, "[::]:20041", true},
		{"::1:20041", address{Host: "::1", Port: 20041}, "[::1]:20041", true},
		{"[2001:db8::1]:20041", address{Host: "2001:db8::1", Port: 20041}, "[2001:db8::1]:20041", false},
		{"/run/s", address{Path: "/run/s"}, "/run/s", true},
	} {
		t.Run(test.text, func(t *testing.T) {
			c, err := stunnelconf.Parse("s.conf", "[s]\naccept = "+test.text)
			if err != nil {
				t.Fatal(err)
			}
			got := c.Services[0].Accept[0]
			if got != test.want || got.String() != test.shown || got.Local() != test.nearby {
				t.Errorf("got %+v, %q, local %v, want %+v, %q, %v", got, got, got.Local(), test.want, test.shown, test.nearby)
			}
		})
	}
}

func TestProblems(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"no option", "\nverify 2", `s.conf:2: want NAME = VALUE or [SERVICE], got a line without =, that begins with "verify"`},
		{"open bracket", "[a", `s.conf:1: want NAME = VALUE or [SERVICE], got a line without =, that begins with "[a"`},
		{"behind a bracket", "[a] ; b", `s.conf:1: want NAME = VALUE or [SERVICE], got a line without =, that begins with "[a]"`},
		{"yes", "[a]\nclient = true", `s.conf:2: client: want yes or no, got "true"`},
		{"level", "[a]\nverify = 5", `s.conf:2: verify: want a level from 0 to 4, got "5"`},
		{"version", "[a]\nsslVersionMin = 1.2", `s.conf:2: sslVersionMin: want all, or one of SSLv2, SSLv3, TLSv1, TLSv1.1, TLSv1.2, TLSv1.3, got "1.2"`},
		{"seconds", "[a]\nTIMEOUTconnect = 5s", `s.conf:2: TIMEOUTconnect: want a number of seconds, got "5s"`},
		{"port", "[a]\naccept = 65536", `s.conf:2: accept: want a port from 1 to 65535, or [HOST:]PORT, got "65536"`},
		{"port 0", "[a]\naccept = 0", `s.conf:2: accept: want a port from 1 to 65535, or [HOST:]PORT, got "0"`},
		{"no port", "[a]\nconnect = example.net:", `s.conf:2: connect: want a port from 1 to 65535, or [HOST:]PORT, got "example.net:"`},
		{"nothing", "[a]\nconnect =", `s.conf:2: connect: want a port from 1 to 65535, or [HOST:]PORT, got ""`},
		{"no host", "[a]\naccept = :1", `s.conf:2: accept: want [HOST:]PORT, got ":1"; all addresses are PORT alone, or :::PORT`},
		{"a URL", "[a]\nconnect = tls://example.net:1", `s.conf:2: connect: want [HOST:]PORT, got "tls://example.net:1"`},
		{"twice", "[a]\nclient = 1\n[b]\nclient = 2", "s.conf:2: client: want yes or no, got \"1\"\ns.conf:4: client: want yes or no, got \"2\""},
		{"a default, once", "client = 1\n[a]\n[b]", `s.conf:1: client: want yes or no, got "1"`},
		{"include", "include = x", "s.conf:1: include: there are no other files here"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := stunnelconf.Parse("s.conf", test.text)
			if err == nil || err.Error() != test.want {
				t.Errorf("got\n%v\nwant\n%s", err, test.want)
			}
		})
	}
}

// What stunnel does not know, or not there, is told; the rest is read.
func TestForeign(t *testing.T) {
	c, err := stunnelconf.Parse("s.conf", "fast = yes\n[a]\nverfy = 2\nforeground = yes\nclient = yes\n")
	if err != nil {
		t.Fatal(err)
	}
	want := `s.conf:1: unknown option "fast"; did you mean "cert"?
s.conf:3: unknown option "verfy"; did you mean "verify"?
s.conf:4: foreground = yes is about the whole of stunnel, and cannot stand in [a]`
	want = strings.Replace(want, `; did you mean "cert"?`, "", 1)
	if got := c.Foreign.Error(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if !c.Services[0].Client || len(c.Services[0].Options) != 1 {
		t.Errorf("got %+v, want a client", c.Services[0])
	}
}

// Secrets are in nothing that is said of them.
func TestSecrets(t *testing.T) {
	text := "engineCtrl = PIN:hunter2\n[a]\nprotocolPassword = hunter2\nticketKeySecret = hunter2\nticketMacSecret = hunter2\n"
	c, err := stunnelconf.Parse("s.conf", text+"engineCtrl = hunter2\nprotocolPasswrd = hunter2\n")
	if err != nil {
		t.Fatal(err)
	}
	_, wrong := stunnelconf.Parse("s.conf", text+"protocolPassword hunter2\n")
	said := fmt.Sprint(c.Options, c.Services[0].Options, c.Foreign, wrong)
	if strings.Contains(said, "hunter2") || !strings.Contains(said, "protocolPassword = ...") {
		t.Errorf("got %s, want it without secrets", said)
	}
}

func TestInclude(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("s.conf", "include = conf.d\n[last]\nclient = yes\n")
	write("conf.d/00-global", "CAfile = /ca\n")
	write("conf.d/02-b.conf", "cert = /b\n[b]\n")
	write("conf.d/01-a.conf", "[a]\nclient = yes\n")
	write("conf.d/sub/c.conf", "no option")
	c, err := stunnelconf.Load(filepath.Join(dir, "s.conf"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range c.Services {
		got = append(got, s.Name+" "+s.Value("CAfile")+" "+s.Value("cert")+" "+filepath.Base(s.File))
	}
	want := []string{"a /ca /b 01-a.conf", "b /ca  02-b.conf", "last /ca  s.conf"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	write("conf.d/02-b.conf", "\ninclude = "+filepath.Join(dir, "conf.d"))
	if _, err := stunnelconf.Load(filepath.Join(dir, "s.conf")); err == nil || !strings.Contains(err.Error(), "include each other") {
		t.Errorf("got %v, want an error about the circle", err)
	}
	write("conf.d/02-b.conf", "include = nowhere")
	_, err = stunnelconf.Load(filepath.Join(dir, "s.conf"))
	if want := filepath.Join(dir, "conf.d/02-b.conf") + ":1: include: want a folder: "; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %s...", err, want)
	}
	if _, err := stunnelconf.Load(filepath.Join(dir, "absent")); !os.IsNotExist(err) {
		t.Errorf("got %v, want that the file is not there", err)
	}
}
