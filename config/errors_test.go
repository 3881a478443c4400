package config_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/plumbago/plumbago/config"
)

// Sections without fault, a line each.
const (
	receiver    = "receive: [{protocol: line, listen: tcp://:2003}]\n"
	destination = "deliver: [{name: carbon, type: carbon, address: tcp://localhost:2013, protocol: line}]\n"
)

// errorCase is a file and all that is wrong with it.
type errorCase struct {
	name, yaml string
	want       []string
}

func allErrorCases() []errorCase {
	return slices.Concat(errorCases, receiverErrors, tenantErrors, nameErrors, destinationErrors, slackErrors, whisperErrors, natsErrors, adminErrors)
}

var errorCases = []errorCase{
	{"empty", "",
		[]string{
			`1:1: the file is empty: it needs at least the sections receive and deliver`,
		}},
	{"only comments", `# nothing

`,
		[]string{
			`1:1: the file is empty: it needs at least the sections receive and deliver`,
		}},
	{"null", "~\n",
		[]string{
			`1:1: want keys with values, got nothing that can be used`,
		}},
	{"a text", "hello\n",
		[]string{
			`1:1: want keys with values, got the text "hello"`,
		}},
	{"a list", "- a\n",
		[]string{
			`1:1: want keys with values, got a list`,
		}},
	{"a tab", "receive:\n\t- {}\n",
		[]string{
			`2:1: a tab; indent with blanks`,
		}},
	{"cut in a flow sequence", receiver + "deliver: [{name: carbon, type: car",
		[]string{
			`2:11: not YAML: could not find flow mapping end token '}'`,
		}},
	{"cut in a text", receiver + "data_dir: \"/var",
		[]string{
			`2:11: not YAML: could not find end character of double-quoted text`,
		}},
	{"cut after a key", receiver + "deliver:",
		[]string{
			`2:10: deliver: there is nothing in it; give it a value or leave it out`,
		}},
	{"two documents", receiver + destination + `---
a: 1
`,
		[]string{
			`4:1: a second document begins here; a file holds one`,
		}},
	{"a colon in a text", receiver + destination + "data_dir: a: b\n",
		[]string{
			`3:11: a ":" where none can be: check the indentation, and put a text with ": " in it in quotes`,
		}},
	{"not UTF-8", "receive: x\ndata_dir: \xc3\xa9\xff\n",
		[]string{
			`2:12: not UTF-8: save the file in this encoding`,
		}},
	{"bad indentation", `receive:
  - protocol: line
   listen: tcp://:2003
`,
		[]string{
			`3:4: not YAML: value is not allowed in this context`,
		}},
	{"unknown key", receiver + destination + "recieve: []\n",
		[]string{
			`3:1: unknown key "recieve"; did you mean "receive"?`,
		}},
	{"unknown key without a likeness", receiver + destination + "plugins: []\n",
		[]string{
			`3:1: unknown key "plugins"; known here: data_dir, receive, tenants, unknown_tenant, quarantine, queue, deliver, route, admin, own, log`,
		}},
	{"unknown key inside", `receive:
  - protocol: line
    lisen: tcp://:2003
` + destination,
		[]string{
			`2:5: listen is missing; add it, like listen: tcp://0.0.0.0:2003`,
			`3:5: unknown key "lisen"; did you mean "listen"?`,
		}},
	{"twice", receiver + destination + receiver,
		[]string{
			`3:1: receive is given twice, first in line 1; keep one of them`,
		}},
	{"merge", "x: &x {a: 1}\n" + receiver + destination + `log:
  <<: *x
`,
		[]string{
			`1:1: unknown key "x"; known here: data_dir, receive, tenants, unknown_tenant, quarantine, queue, deliver, route, admin, own, log`,
			`5:3: <<: merging is not supported; write the keys out`,
		}},
	{"unknown alias", receiver + destination + "log: *nope\n",
		[]string{
			`3:6: no anchor has the name behind the *; a text that begins with * goes in quotes`,
		}},
	{"nothing in it", receiver + destination + `log:
admin:
`,
		[]string{
			`3:5: log: there is nothing in it; give it a value or leave it out`,
			`4:8: admin: there is nothing in it; give it a value or leave it out`,
		}},
	{"missing sections", "data_dir: /x\n",
		[]string{
			`1:1: receive is missing; add it, like receive: [{protocol: line, listen: "tcp://0.0.0.0:2003"}]`,
			`1:1: deliver is missing; add it, like deliver: [{name: carbon, type: carbon, address: "tcp://127.0.0.1:2003", protocol: line}]`,
		}},
	{"missing keys", `receive: [{}]
deliver:
  - name: a
`,
		[]string{
			`1:11: protocol is missing; add it, like protocol: line`,
			`1:11: listen is missing; add it, like listen: tcp://0.0.0.0:2003`,
			`3:5: type is missing; add it, like type: carbon`,
			`3:5: address is missing; add it, like address: tcp://127.0.0.1:2003`,
		}},
	{"empty lists", `receive: []
deliver: []
route: []
`,
		[]string{
			`1:10: receive: the list is empty; put something into it, like {protocol: line, listen: "tcp://0.0.0.0:2003"}`,
			`2:10: deliver: the list is empty; put something into it, like {name: carbon, type: carbon, address: "tcp://127.0.0.1:2003", protocol: line}`,
			`3:8: route: the list is empty; put something into it, like {to: [carbon]}`,
		}},
	{"a number for a text", "receive: [{protocol: line, listen: 2003}]\n" + destination,
		[]string{
			`1:36: listen: want a text like "tcp://0.0.0.0:2003", got the number 2003`,
		}},
	{"a list for a text", "receive: [{protocol: line, listen: [a]}]\n" + destination,
		[]string{
			`1:36: listen: want a text like "tcp://0.0.0.0:2003", got a list`,
		}},
	{"keys for a text", "receive: [{protocol: line, listen: {a: 1}}]\n" + destination,
		[]string{
			`1:36: listen: want a text like "tcp://0.0.0.0:2003", got keys with values`,
		}},
	{"a truth for a text", receiver + destination + "data_dir: true\n",
		[]string{
			`3:11: data_dir: want a text like "/var/lib/plumbago", got true`,
		}},
	{"an empty text", receiver + destination + "data_dir: ''\n",
		[]string{
			`3:11: data_dir: want a text like "/var/lib/plumbago", got an empty one`,
		}},
	{"a text for a list", receiver + destination + "route: [{to: carbon}]\n",
		[]string{
			`3:14: to: want a list like [carbon], got the text "carbon"`,
		}},
	{"a section for a list", "receive: {protocol: line}\n" + destination,
		[]string{
			`1:10: receive: want a list like [{protocol: line, listen: "tcp://0.0.0.0:2003"}], got keys with values`,
		}},
	{"a text for a section", receiver + destination + "queue: big\n",
		[]string{
			`3:8: queue: want keys with values, got the text "big"`,
		}},
	{"a text for a truth", receiver + destination + "route: [{to: [carbon], continue: 'yes'}]\n",
		[]string{
			`3:34: continue: want true or false, got the text "yes"`,
		}},
	{"a text for a number", "receive: [{protocol: line, listen: tcp://:2003, max_connections: many}]\n" + destination,
		[]string{
			`1:66: max_connections: want a number like 10000, got the text "many"`,
		}},
	{"numbers out of bounds", `receive:
  - {protocol: line, listen: tcp://:2003, max_connections: 0, max_line: 3}
  - {protocol: line, listen: udp://:2003, udp_sockets: -1, udp_buffer: 2TiB}
` + destination,
		[]string{
			`2:60: max_connections: want 1 or more, got "0"`,
			`2:73: max_line: want 64 or more, got "3"`,
			`3:56: udp_sockets: want 0 or more, got "-1"`,
			`3:72: udp_buffer: want 1GiB or less, got "2TiB"`,
		}},
	{"durations", receiver + destination + `queue:
  flush: 20
  max_age: soon
  sync: 0
`,
		[]string{
			`4:10: flush: want a duration like "20ms", got the number 20`,
			`5:12: max_age: want a duration like "7d", got the text "soon"`,
			`6:9: sync: want always, never or a duration of 1ms or more, like "1s", got the number 0`,
		}},
	{"durations out of bounds", receiver + destination + "queue: {flush: 1us, sync: 1us}\n",
		[]string{
			`3:16: flush: want 1ms or more, got "1us"`,
			`3:27: sync: want always, never or a duration of 1ms or more, like "1s", got the text "1us"`,
		}},
	{"sizes", receiver + destination + "queue: {max_bytes: 10G}\n",
		[]string{
			`3:20: max_bytes: want a size like "10GiB", or a number of bytes, got the text "10G"`,
		}},
	{"a negative size", receiver + destination + "queue: {max_bytes: -5}\n",
		[]string{
			`3:20: max_bytes: want a size like "10GiB", or a number of bytes, got the number -5`,
		}},
	{"a size beyond all", receiver + destination + "queue: {max_bytes: 99999999TiB}\n",
		[]string{
			`3:20: max_bytes: want a size like "10GiB", or a number of bytes, got the text "99999999TiB"`,
		}},
	{"a size too small", receiver + destination + "queue: {max_bytes: 5}\n",
		[]string{
			`3:20: max_bytes: want 1MiB or more, got "5"`,
		}},
	{"a rate of nothing", receiver + destination + "queue: {replay_rate: 0}\n",
		[]string{
			`3:22: replay_rate: want unlimited, or a number of points a second like 100000, got the number 0`,
		}},
	{"a word", receiver + destination + `queue: {when_full: drop}
log: {level: verbose, format: xml}
`,
		[]string{
			`3:20: when_full: want drop_oldest, block or reject, got "drop"`,
			`4:14: level: want debug, info, warn or error, got the text "verbose"`,
			`4:31: format: want text or json, got "xml"`,
		}},
	{"a protocol", "receive: [{protocol: carbon, listen: tcp://:8080}]\n" + destination,
		[]string{
			`1:22: protocol: want line, pickle, protobuf, http, slack or nats, got "carbon"`,
		}},
	{"a destination's type", receiver + "deliver: [{name: carbon, type: influx, address: tcp://localhost:2013, protocol: line}]\n",
		[]string{
			`2:32: type: want carbon, whisper, hostedgraphite, blueflood, remote_write, slack or nats, got "influx"`,
		}},
	{"listening twice", `receive:
  - {protocol: line, listen: tcp://127.0.0.1:2003}
  - {protocol: line, listen: udp://127.0.0.1:2003}
  - {protocol: pickle, listen: tcp://127.0.0.1:2003}
  - {protocol: line, listen: 'tcp://[::1]:0'}
  - {protocol: line, listen: 'tcp://[::1]:0'}
` + destination + "admin: {listen: tcp://127.0.0.1:2003}\n",
		[]string{
			`4:32: listen: "tcp://127.0.0.1:2003" is listened on already, by line 2; choose another port`,
			`8:17: listen: "tcp://127.0.0.1:2003" is listened on already, by line 2; choose another port`,
		}},
	{"keys of another listener", `receive:
  - {protocol: line, listen: tcp://:2003, udp_buffer: 1MiB, max_frame: 1MiB}
  - {protocol: line, listen: udp://:2003, max_connections: 5, idle_timeout: 1s, accept_unterminated: true}
  - {protocol: pickle, listen: tcp://:2004, max_line: 1KiB}
` + destination,
		[]string{
			`2:55: udp_buffer: is for udp only; leave it out`,
			`2:72: max_frame: is for protocol pickle, protobuf or http only; leave it out`,
			`3:60: max_connections: is for tcp and tls only; leave it out`,
			`3:77: idle_timeout: is for tcp and tls only; leave it out`,
			`3:102: accept_unterminated: is for protocol line on tcp and tls only; leave it out`,
			`4:55: max_line: is for protocol line or http only; leave it out`,
		}},
	{"names", receiver + `deliver:
  - {name: Carbon, type: carbon, address: tcp://h:1, protocol: line}
  - {name: ../etc, type: carbon, address: tcp://h:1, protocol: line}
  - {name: carbon, type: carbon, address: tcp://h:1, protocol: line}
  - {name: carbon, type: carbon, address: tcp://h:1, protocol: line}
  - {name: a b, type: carbon, address: tcp://h:1, protocol: line}
  - {name: '', type: carbon, address: tcp://h:1, protocol: line}
  - {name: 7, type: carbon, address: tcp://h:1, protocol: line}
`,
		[]string{
			`3:12: name: want lower-case letters, digits, - _ and dots, at most 64, a letter or digit first, got "Carbon"`,
			`4:12: name: want lower-case letters, digits, - _ and dots, at most 64, a letter or digit first, got "../etc"`,
			`6:12: name: "carbon" is the name of another destination, in line 5; choose another`,
			`7:12: name: want lower-case letters, digits, - _ and dots, at most 64, a letter or digit first, got "a b"`,
			`8:12: name: want a text like "carbon", got an empty one`,
			`9:12: name: want a text like "carbon", got the number 7`,
		}},
	{"prefixes", receiver + `deliver:
  - {name: a, type: carbon, address: tcp://h:1, protocol: line, prefix: 'key.'}
  - {name: b, type: carbon, address: tcp://h:1, protocol: line, prefix: 'ke y'}
  - {name: c, type: carbon, address: tcp://h:1, protocol: line, prefix: ''}
`,
		[]string{
			`3:73: prefix: it begins or ends with a dot; the dot behind it is put there anyway`,
			`4:73: prefix: it has a blank, a control character or a semicolon in it, which a name cannot begin with`,
			`5:73: prefix: want a text like "${env:API_KEY}", got an empty one`,
		}},
	{"rules", receiver + destination + `route:
  - {match: 'a(b', to: [carbon]}
  - {match: '^(?!x)', to: [carbn]}
  - {to: [elsewhere, 7]}
  - {to: []}
  - {match: x}
`,
		[]string{
			`4:13: match: "a(b" is not an RE2 expression: missing closing ): "a(b"`,
			`5:13: match: "^(?!x)" is not an RE2 expression: invalid or unsupported Perl syntax: "(?!" (RE2 has no look-around; let an earlier rule take the names that this one should not)`,
			`5:28: to: no destination is named "carbn"; did you mean "carbon"?`,
			`6:11: to: no destination is named "elsewhere"; there are: carbon`,
			`6:22: to: want a text like "carbon", got the number 7`,
			`7:10: to: the list is empty; put something into it, like carbon`,
			`8:5: to is missing; add it, like to: [carbon]`,
		}},
	{"rules beside a destination without a name", receiver + `deliver:
  - {nam: carbon, type: carbon, address: 'tcp://h:1', protocol: line}
  - {name: b, type: carbon, address: 'tcp://h:1', protocol: line}
  - {name: c, type: carbon, address: 'tcp://h:2', protocol: line}
route:
  - {match: 'a(', to: [carbon]}
  - {by: jump, to: [b, carbon, c]}
`,
		[]string{
			`3:5: name is missing; add it, like name: carbon`,
			`3:6: unknown key "nam"; did you mean "name"?`,
			`7:13: match: "a(" is not an RE2 expression: missing closing ): "a("`,
			`8:32: to: "c" has the host and instance of another destination in this list, so that a ring cannot tell them apart; give it another instance`,
		}},
	{"rules beside no destinations", receiver + `delivr: []
route: [{match: 'a(', to: [carbon], replicas: 2}]
`,
		[]string{
			`1:1: deliver is missing; add it, like deliver: [{name: carbon, type: carbon, address: "tcp://127.0.0.1:2003", protocol: line}]`,
			`2:1: unknown key "delivr"; did you mean "deliver"?`,
			`3:17: match: "a(" is not an RE2 expression: missing closing ): "a("`,
			`3:47: replicas: is for rules with by only; leave it out, or add by, like by: carbon_ch`,
		}},
	{"rules beside other mistakes", receiver + "deliver:\n  - {name: carbon, type: carbon, adress: 'tcp://h:1', protocol: line}\n" + `nonsense: {}
queue: big
route: [{match: 'a(', to: [carbn]}]
`,
		[]string{
			`3:5: address is missing; add it, like address: tcp://127.0.0.1:2003`,
			`3:34: unknown key "adress"; did you mean "address"?`,
			`4:1: unknown key "nonsense"; known here: data_dir, receive, tenants, unknown_tenant, quarantine, queue, deliver, route, admin, own, log`,
			`5:8: queue: want keys with values, got the text "big"`,
			`6:17: match: "a(" is not an RE2 expression: missing closing ): "a("`,
			`6:28: to: no destination is named "carbn"; did you mean "carbon"?`,
		}},
	{"rings", receiver + `deliver:
  - {name: a, type: carbon, address: 'tcp://h:1', protocol: line}
  - {name: b, type: carbon, address: 'tcp://h:2', protocol: line}
  - {name: c, type: carbon, address: 'tcp://h:3', protocol: line, instance: "x\ty"}
  - {name: d, type: carbon, address: 'tcp://h:4', protocol: line, instance: ''}
  - {name: e, type: carbon, address: 'tcp://g', protocol: line}
  - {name: f, type: carbon, address: 'tcp://g', protocol: line}
route:
  - {by: carbon, to: [a, c]}
  - {by: jump, to: [a, c, b]}
  - {by: jump, to: [e, f, others]}
  - {to: [a], replicas: 2, diverse: false}
  - {by: jump, to: [a, c], replicas: 0, diverse: 'no'}
  - {by: jump, match: 'a(', to: [a]}
  - {by: 7, to: [a]}
`,
		[]string{
			`5:77: instance: it has a control character in it`,
			`6:77: instance: want a text like "a", got an empty one`,
			`7:38: address: want a host and a port from 0 to 65535, like tcp://127.0.0.1:2003, got "tcp://g"`,
			`8:38: address: want a host and a port from 0 to 65535, like tcp://127.0.0.1:2003, got "tcp://g"`,
			`10:10: by: want carbon_ch, fnv1a_ch, mmh3_ch, fast_carbon_ch, fast_fnv1a_ch, fast_mmh3_ch or jump, got "carbon"`,
			`11:27: to: "b" has the host and instance of another destination in this list, so that a ring cannot tell them apart; give it another instance`,
			`12:27: to: no destination is named "others"; there are: a, b, c, d, e, f`,
			`13:25: replicas: is for rules with by only; leave it out, or add by, like by: carbon_ch`,
			`13:37: diverse: is for rules with by only; leave it out, or add by, like by: carbon_ch`,
			`14:38: replicas: want 1 or more, got "0"`,
			`14:50: diverse: want true or false, got the text "no"`,
			`15:23: match: "a(" is not an RE2 expression: missing closing ): "a("`,
			`16:10: by: want a text like "carbon_ch", got the number 7`,
		}},
	{"substitution", receiver + destination + `data_dir: ${env:NOPE}/x
admin: {listen: '${file:/nope}'}
log: {level: '${env:EMPTY}', format: '${HOME}'}
route: [{match: '${env:X', to: [carbon]}]
`,
		[]string{
			`3:11: data_dir: the environment variable "NOPE" is not set`,
			`4:17: listen: ${file:/nope}: file does not exist`,
			`5:14: level: ${env:EMPTY} is empty: give it a value, or leave it out here`,
			`5:38: format: "${HOME}": want ${env:NAME} or ${file:/path}, or $${ for a plain ${`,
			`6:17: match: "${env:X" is not closed by a }`,
		}},
}

func TestErrors(t *testing.T) {
	for _, tt := range allErrorCases() {
		t.Run(tt.name, func(t *testing.T) {
			_, err := config.Parse("p.yml", []byte(tt.yaml), config.Lookup{Env: emptyEnv, File: noFile})
			if err == nil {
				t.Fatal("got no error")
			}
			got := strings.Split(strings.ReplaceAll(err.Error(), "p.yml:", ""), "\n")
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
		})
	}
}
