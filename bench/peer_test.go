package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func examplePlace(t *testing.T) place {
	return place{LineIn: "11111", PickleIn: "22222", Admin: "33333", Spare: "55555", Out: "44444", Protocol: "line",
		Dir: t.TempDir(), Bench: "/bin/bench", Plumbago: "/bin/plumbago"}
}

func TestPeersSettle(t *testing.T) {
	tests := []struct {
		peer, program, file string
		in, out             string // which scenarios suit it, beside lines
	}{
		{"plumbago", "/bin/plumbago", "plumbago.yml", "pickle", "pickle"},
		{"carbon-c-relay", "carbon-c-relay", "relay.conf", "", ""},
		{"carbon-relay", "carbon-relay", "carbon.conf", "pickle", "pickle"},
		{"floor", "/bin/bench", "", "", ""},
		{"no-tenants", "/bin/plumbago", "plumbago.yml", "", "pickle"},
	}
	for _, test := range tests {
		t.Run(test.peer, func(t *testing.T) {
			p, err := findPeer(test.peer, "")
			if err != nil {
				t.Fatal(err)
			}
			at := examplePlace(t)
			commands, err := p.settle(at)
			if err != nil {
				t.Fatal(err)
			}
			if commands[0][0] != test.program {
				t.Errorf("program: got %q, want %q", commands[0][0], test.program)
			}
			said := strings.Join(slices.Concat(commands...), "\n")
			if test.file != "" {
				b, err := os.ReadFile(filepath.Join(at.Dir, test.file))
				if err != nil {
					t.Fatal(err)
				}
				said += string(b)
			}
			for _, want := range []string{"11111", "44444", at.Dir} {
				if !strings.Contains(said, want) {
					t.Errorf("nothing says %q in:\n%s", want, said)
				}
			}
			if strings.Contains(said, "{{") {
				t.Errorf("a template is left in:\n%s", said)
			}
			if p.says("PickleIn") != (test.in != "") || p.says("Protocol") != (test.out != "") {
				t.Errorf("pickles in: %v, out: %v, want %q, %q", p.says("PickleIn"), p.says("Protocol"), test.in, test.out)
			}
		})
	}
}

// TestPeersSettleForTLS: what only some scenarios have is in the files then, and
// nothing else is.
func TestPeersSettleForTLS(t *testing.T) {
	for name, want := range map[string][]string{
		"plumbago":       {`"tls://127.0.0.1:66666", tls: {cert: "/c/cert", key: "/c/key"}`, `"tls://127.0.0.1:44444"`, `tls: {ca: "/c/ca"}`},
		"carbon-c-relay": {"ssl /c/pair 127.0.0.1:66666", "localhost:44444 transport plain ssl", "-C\n/c/ca"},
		"stunnel":        {"stunnel4\n", "accept = 127.0.0.1:66666\nconnect = 127.0.0.1:55555", "accept = 127.0.0.1:33333\nconnect = 127.0.0.1:44444", "127.0.0.1:55555 proto tcp", "forward 127.0.0.1:33333"},
	} {
		t.Run(name, func(t *testing.T) {
			at := examplePlace(t)
			plain := settled(t, name, at)
			at.TLSIn, at.Cert, at.CertKey, at.Pair, at.CA = "66666", "/c/cert", "/c/key", "/c/pair", "/c/ca"
			sealed := settled(t, name, at)
			for _, text := range want {
				if !strings.Contains(sealed, text) {
					t.Errorf("nothing says %q in:\n%s", text, sealed)
				}
			}
			if name != "stunnel" && (strings.Contains(plain, "ssl") || strings.Contains(plain, "tls") || strings.Contains(plain, "-C")) {
				t.Errorf("TLS is spoken of without it:\n%s", plain)
			}
		})
	}
}

// TestPeersSettleForWhatNamesDecide: each has all expressions, all destinations, and
// the port for datagrams, and without them speaks of none.
func TestPeersSettleForWhatNamesDecide(t *testing.T) {
	ring, rules := []string{"44444", "45454"}, []string{`^a\.b$`, `\.(c|d)\.`}
	for name, want := range map[string]struct{ ring, rules []string }{
		"plumbago": {[]string{"by: carbon_ch, to: [sink-0, sink-1]", "tcp://127.0.0.1:44444\", instance: i0", "tcp://127.0.0.1:45454\", instance: i1"},
			[]string{`{match: '^a\.b$', to: [sink]}`, `{match: '\.(c|d)\.', to: [sink]}`, "{to: [sink]}"}},
		"carbon-c-relay": {[]string{"carbon_ch replication 1 127.0.0.1:44444=i0 127.0.0.1:45454=i1 ;"},
			[]string{`match ^a\.b$ send to out stop ;`, `match \.(c|d)\. send to out stop ;`, "match * send"}},
		"carbon-relay": {[]string{"RELAY_METHOD = consistent-hashing", "DESTINATIONS = 127.0.0.1:44444:i0, 127.0.0.1:45454:i1\n"},
			[]string{"pattern = ^a\\.b$\ndestinations = 127.0.0.1:44444:i0\n", `pattern = \.(c|d)\.`, "default = true"}},
	} {
		t.Run(name, func(t *testing.T) {
			plain, ringed, ruled := examplePlace(t), examplePlace(t), examplePlace(t)
			ringed.Ring, ruled.Rules = ring, rules
			saysAll(t, settled(t, name, ringed), want.ring)
			saysAll(t, settled(t, name, ruled), want.rules)
			for _, text := range append(want.ring, want.rules[:2]...) {
				if said := settled(t, name, plain); strings.Contains(said, text) {
					t.Errorf("without, it says %q in:\n%s", text, said)
				}
			}
		})
	}
}

func TestPeersSettleForDatagrams(t *testing.T) {
	for name, want := range map[string]string{"plumbago": `"udp://127.0.0.1:77777"`, "carbon-c-relay": "127.0.0.1:77777 proto udp"} {
		at := examplePlace(t)
		if said := settled(t, name, at); strings.Contains(said, "udp") {
			t.Errorf("%s speaks of datagrams without them:\n%s", name, said)
		}
		at.UDPIn = "77777"
		saysAll(t, settled(t, name, at), []string{want})
	}
}

func TestStunnelSealsOneSideOrBoth(t *testing.T) {
	at := examplePlace(t)
	at.CA = "/c/ca"
	said := settled(t, "stunnel", at)
	saysAll(t, said, []string{"127.0.0.1:11111 proto tcp", "forward 127.0.0.1:33333", "accept = 127.0.0.1:33333\nconnect = 127.0.0.1:44444"})
	if strings.Contains(said, "[in]") {
		t.Errorf("it seals a side that is plain:\n%s", said)
	}
}

func saysAll(t *testing.T, said string, want []string) {
	t.Helper()
	for _, text := range want {
		if !strings.Contains(said, text) {
			t.Errorf("nothing says %q in:\n%s", text, said)
		}
	}
}

// settled is all that a peer's commands and files say.
func settled(t *testing.T, name string, at place) string {
	t.Helper()
	p, err := findPeer(name, "")
	if err != nil {
		t.Fatal(err)
	}
	commands, err := p.settle(at)
	if err != nil {
		t.Fatal(err)
	}
	said := strings.Join(slices.Concat(commands...), "\n") + "\n"
	for file := range p.files {
		if b, err := os.ReadFile(filepath.Join(at.Dir, file)); err == nil {
			said += string(b)
		}
	}
	return said
}

func TestFindPeer(t *testing.T) {
	if _, err := findPeer("nobody", ""); err == nil || !strings.Contains(err.Error(), "carbon-c-relay, carbon-cache, carbon-relay, floor, no-tenants, plumbago, stunnel") {
		t.Errorf("find nobody: got %v, want an error that lists the peers", err)
	}
	folder := t.TempDir()
	write(t, filepath.Join(folder, "mine", "command"), "cat\n{{.Dir}}\n\n--lines={{.LineIn}}\n")
	p, err := findPeer("mine", folder)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.installed(examplePlace(t)); err != nil {
		t.Errorf("cat is not installed: %v", err)
	}
	at := examplePlace(t)
	if got, err := p.settle(at); err != nil || len(got) != 1 || strings.Join(got[0], " ") != "cat "+at.Dir+" --lines=11111" {
		t.Errorf("command: got %q, %v", got, err)
	}
	write(t, filepath.Join(folder, "mine", "pace"), "2000\n")
	write(t, filepath.Join(folder, "mine", "packages"), "coreutils\nother\n")
	if p, err = findPeer("mine", folder); err != nil || p.pace != 2000 || !slices.Equal(p.packages, []string{"coreutils", "other"}) || len(p.files) != 1 {
		t.Errorf("got %+v, %v, want a pace and two packages", p, err)
	}
	if _, err := findPeer("floor", folder); err != nil {
		t.Errorf("find a built-in peer beside a folder: %v", err)
	}
}

func TestPeersThatAreWrong(t *testing.T) {
	tests := []struct{ name, file, text string }{
		{"no command", "relay.conf", "x"},
		{"a pace that is none", "pace", "fast"},
		{"a pace of nothing", "pace", "0"},
		{"an unknown field", "command", "{{.Nothing}}"},
		{"no template", "command", "{{"},
		{"blank", "command", " \n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			folder := t.TempDir()
			write(t, filepath.Join(folder, "wrong", "command"), "cat\n{{.LineIn}}\n")
			if test.name == "no command" {
				os.Remove(filepath.Join(folder, "wrong", "command"))
			}
			write(t, filepath.Join(folder, "wrong", test.file), test.text)
			p, err := findPeer("wrong", folder)
			if err == nil {
				err = p.installed(examplePlace(t))
			}
			if err == nil {
				_, err = p.settle(examplePlace(t))
			}
			if err == nil {
				t.Error("got no error")
			}
		})
	}
}

func TestFreePortsAreDistinct(t *testing.T) {
	ports, err := freePorts(3)
	if err != nil || len(ports) != 3 || ports[0] == ports[1] || ports[1] == ports[2] || ports[0] == ports[2] {
		t.Errorf("got %q, %v, want three ports", ports, err)
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
