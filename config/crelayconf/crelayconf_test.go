package crelayconf_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/plumbago/plumbago/config/crelayconf"
	"github.com/plumbago/plumbago/internal/conffile"
)

func place(line int) conffile.Place { return conffile.Place{File: "r.conf", Line: line} }

func TestParse(t *testing.T) {
	got, err := crelayconf.Parse("r.conf", `# all of it
listen type linemode transport plain ssl /x.pem 2013 proto tcp;
listen
  type linemode 2003 proto tcp [::1]:2004 proto udp 10.0.0.1 proto tcp /tmp/s proto unix;
cluster a carbon_ch replication 2 dynamic 10.0.0.1:2003=x 10.0.0.2 [::1]:2005=010; # comment
cluster j jump_fnv1a_ch 10.0.0.1:1=b 10.0.0.2:1=a;
cluster u forward useall fe80::1:2010 proto udp type linemode h transport gzip ssl;
cluster f file ip /tmp/x;
match ^a\ b ^c "d;\"#" validate ^[0-9]+\ [0-9]+$ else drop
  route using \1
  send to a j
  stop;match * send to blackhole;
match x{2} send to "a";
rewrite ^server\.(.+)   into s.\1;
aggregate ^s every 10 seconds expire after 35 seconds compute sum write to a.b send to a stop;
send statistics to a stop;
statistics submit every 10 seconds;
`)
	if err != nil {
		t.Fatal(err)
	}
	tls := crelayconf.Transport{TLS: true, PEM: "/x.pem"}
	want := &crelayconf.Config{
		Listeners: []crelayconf.Listener{
			{Place: place(2), Protocol: "tcp", Port: 2013, Transport: tls},
			{Place: place(4), Protocol: "tcp", Port: 2003},
			{Place: place(4), Protocol: "udp", Host: "::1", Port: 2004},
			{Place: place(4), Protocol: "tcp", Host: "10.0.0.1", Port: 2003},
			{Place: place(4), Protocol: "unix", Host: "/tmp/s"},
		},
		Clusters: []crelayconf.Cluster{
			{Place: place(5), Name: "a", Kind: "carbon_ch", Replicas: 2, Dynamic: true, Members: []crelayconf.Server{
				{Place: place(5), Host: "10.0.0.1", Port: 2003, Instance: "x"},
				{Place: place(5), Host: "10.0.0.2", Port: 2003},
				{Place: place(5), Host: "::1", Port: 2005, Instance: "10"},
			}},
			{Place: place(6), Name: "j", Kind: "jump_fnv1a_ch", Replicas: 1, Members: []crelayconf.Server{
				{Place: place(6), Host: "10.0.0.2", Port: 1, Instance: "a"},
				{Place: place(6), Host: "10.0.0.1", Port: 1, Instance: "b"},
			}},
			{Place: place(7), Name: "u", Kind: "forward", UseAll: true, Replicas: 1, Members: []crelayconf.Server{
				{Place: place(7), Host: "fe80::1", Port: 2010, UDP: true},
				{Place: place(7), Host: "h", Port: 2003, Transport: crelayconf.Transport{Compression: "gzip", TLS: true}},
			}},
			{Place: place(8), Name: "f", Kind: "file", Replicas: 1, Members: []crelayconf.Server{{Place: place(8), Host: "/tmp/x"}}},
		},
		Statements: []crelayconf.Statement{
			{Place: place(9), Verb: "match", Text: `match ^a\ b ^c d;"# validate ^[0-9]+\ [0-9]+$ else drop route using \1 send to a j stop`,
				Patterns: []string{`^a\ b`, "^c", `d;"#`}, Validate: `^[0-9]+\ [0-9]+$`, RouteBy: `\1`, To: []string{"a", "j"}, Stop: true},
			{Place: place(12), Verb: "match", Text: "match * send to blackhole", All: true, To: []string{"blackhole"}, Stop: true},
			{Place: place(13), Verb: "match", Text: "match x{2} send to a", Patterns: []string{"x{2}"}, To: []string{"a"}},
			{Place: place(14), Verb: "rewrite", Text: `rewrite ^server\.(.+) into s.\1`},
			{Place: place(15), Verb: "aggregate", Text: "aggregate ^s every 10 seconds expire after 35 seconds compute sum write to a.b send to a stop", Stop: true},
			{Place: place(16), Verb: "statistics", Text: "send statistics to a stop", Stop: true},
			{Place: place(17), Verb: "statistics", Text: "statistics submit every 10 seconds"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestProblems(t *testing.T) {
	const cluster = "cluster c forward h:1;\n"
	for _, test := range []struct{ name, text, want string }{
		{"no end", cluster + "match * send to c", `r.conf:2: the statement "match" does not end; write a ; behind it`},
		{"a hash in a word", cluster + "match a#b send to c;", `r.conf:2: the statement "match" does not end; write a ; behind it`},
		{"a semicolon in a word", cluster + "match a;b send to c;", `r.conf:2: the match sends nowhere; write send to CLUSTER
r.conf:2: unknown statement "b"; there are: cluster, match, rewrite, aggregate, send, statistics, listen, include`},
		{"a quote", cluster + "match \"a send to c;", `r.conf:2: a " begins here and does not end
r.conf:2: the statement "match" does not end; write a ; behind it`},
		{"unknown statement", "clustr c forward h;", `r.conf:1: unknown statement "clustr"; did you mean "cluster"?`},
		{"unknown kind", "cluster c\n forwad h;", `r.conf:1: unknown kind of cluster "forwad"; did you mean "forward"?`},
		{"unknown cluster", cluster + "match * send to d;\nmatch * send to cc;", `r.conf:2: unknown cluster "d"; did you mean "c"?
r.conf:3: unknown cluster "cc"; did you mean "c"?`},
		{"cluster twice", cluster + cluster, "r.conf:2: cluster c is there already"},
		{"no members", "cluster c forward;", "r.conf:1: cluster c has no members; write HOST:PORT"},
		{"port", "cluster c forward\n h:;", `r.conf:2: "h:": want a port from 1 to 65535 behind the colon, got ""`},
		{"replication", "cluster c carbon_ch replication 0 h;", `r.conf:1: replication: want a number from 1 to 255, got "0"`},
		{"protocol of a member", "cluster c forward h proto sctp;", `r.conf:1: proto: want tcp or udp, got "sctp"`},
		{"no pattern", cluster + "match send to c;", "r.conf:2: match what? Write an expression, or * for every name"},
		{"a word too many", cluster + "match * send to c stop now;", `r.conf:2: "now" is not expected here`},
		{"validate", cluster + "match * validate x send to c;", "r.conf:2: validate: want else log, or else drop, behind the expression"},
		{"listen", "listen type linemode 2003;", "r.conf:1: 2003: want proto tcp, proto udp or proto unix behind it"},
		{"include", "include other;", "r.conf:1: include: there are no other files here"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := crelayconf.Parse("r.conf", test.text)
			if err == nil || err.Error() != test.want {
				t.Errorf("got\n%v\nwant\n%s", err, test.want)
			}
		})
	}
}

func TestInclude(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("r.conf", "include c*.inc;\nmatch * send to c;")
	write("c1.inc", "cluster c forward h;\n")
	write("c2.inc", "\nmatch ^a send to c;")
	got, err := crelayconf.Load(filepath.Join(dir, "r.conf"))
	if err != nil {
		t.Fatal(err)
	}
	if s := got.Statements; len(s) != 2 || s[0].File != filepath.Join(dir, "c2.inc") || s[0].Line != 2 || !s[1].All {
		t.Errorf("got %+v", s)
	}
	write("c2.inc", "include "+dir+"/c2.inc;")
	if _, err := crelayconf.Load(filepath.Join(dir, "r.conf")); err == nil || !strings.Contains(err.Error(), "include each other") {
		t.Errorf("got %v, want an error about the circle", err)
	}
}

func TestRE2(t *testing.T) {
	for _, test := range []struct {
		patterns []string
		want     string
	}{
		{[]string{`^a\.[^.]+$`}, `^a\.[^.]+$`},
		{[]string{"a", "^b"}, "(?:a)|(?:^b)"},
		{[]string{"a{,3}b{2,}"}, "a{0,3}b{2,}"},
		{[]string{"a", "(?!b)"}, "error"},
		{[]string{`(a)\1`}, "error"},
	} {
		got, err := (&crelayconf.Statement{Patterns: test.patterns}).RE2()
		if err != nil {
			got = "error"
		}
		if got != test.want {
			t.Errorf("%q: got %q (%v), want %q", test.patterns, got, err, test.want)
		}
	}
}
