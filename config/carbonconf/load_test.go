package carbonconf_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/plumbago/plumbago/config/carbonconf"
)

// good is a relay's file without a mistake, and rules the rules to it.
const (
	good  = "[relay]\nDESTINATIONS = 10.0.0.1:2004:a, 10.0.0.2:2004:b\n"
	rules = "[web]\npattern = ^web\ndestinations = 10.0.0.1:2004:a\n[rest]\ndefault = true\ndestinations = 10.0.0.2:2004:b\n"
)

func load(t *testing.T, files map[string]string) (*carbonconf.Relay, error) {
	t.Helper()
	return carbonconf.Load(carbonconf.Options{Path: write(t, files), Instance: carbonconf.DefaultInstance})
}

func TestLoadTellsWhatIsWrong(t *testing.T) {
	tests := []struct {
		name, conf, rules, aggregation string
		want                           string
		starts                         bool // carbon would
	}{
		{name: "nothing", conf: good, rules: rules, starts: true},
		{name: "no rules", conf: good,
			want: "relay-rules.conf: there is no such file; RELAY_METHOD rules needs it: write it, or name it with --rules"},
		{name: "a destination unknown", conf: good, rules: strings.Replace(rules, "10.0.0.1:2004:a", "10.0.0.1:2004:a, h:1", 1), starts: true,
			want: `relay-rules.conf:3: [web] sends to "h:1", which is not in DESTINATIONS of carbon.conf; add it there, or take it out here`},
		{name: "all destinations of the default unknown", conf: good, rules: strings.Replace(rules, "2:2004:b", "2:2004", 1),
			want: `relay-rules.conf:6: [rest] sends to "10.0.0.2:2004", which is not in DESTINATIONS of carbon.conf; did you mean "10.0.0.2:2004:b"? Write it here as it is there, port and instance included`},
		{name: "all destinations unknown of a rule that is left out", conf: good, rules: "[x]\ndestinations = h:1\n[y]\ndefault = no\ndestinations = h:1\n" + rules, starts: true,
			want: "relay-rules.conf:2: [x] sends to \"h:1\", which is not in DESTINATIONS of carbon.conf; add it there, or take it out here\n" +
				"relay-rules.conf:5: [y] sends to \"h:1\", which is not in DESTINATIONS of carbon.conf; add it there, or take it out here"},
		{name: "no section", conf: "[cache]\nDESTINATIONS = h:1\n[relay:b]\nDESTINATIONS = h:1\n", rules: rules,
			want: "carbon.conf: there is no section [relay]; write one, and in it where to send: DESTINATIONS = HOST:PORT, HOST:PORT:INSTANCE"},
		{name: "no certificates", conf: good + "DESTINATION_TRANSPORT = ssl\nDESTINATION_SSL_CA = /nope/ca.pem\nnonsense\n", rules: rules,
			want: "carbon.conf:4: DESTINATION_SSL_CA: there is no file \"/nope/ca.pem\"; name a PEM file of certificates, or leave the setting out for the system's\n" +
				"carbon.conf:5: \"nonsense\" is no option; write NAME = VALUE, or # before a comment, or blanks before it if it continues the line above"},
		{name: "a file that is no certificate", conf: good + "DESTINATION_TRANSPORT = ssl\nDESTINATION_SSL_CA = /dev/null\n", rules: rules,
			want: `carbon.conf:4: DESTINATION_SSL_CA: there is no certificate in "/dev/null"; name a PEM file of certificates`},
		{name: "certificates without use", conf: good + "DESTINATION_SSL_CA = /nope/ca.pem\n", rules: rules, starts: true},
		{name: "all destinations unknown", conf: good, rules: strings.Replace(rules, "1:2004:a", "1:2004", 1),
			want: `relay-rules.conf:3: [web] sends to "10.0.0.1:2004", which is not in DESTINATIONS of carbon.conf; did you mean "10.0.0.1:2004:a"? Write it here as it is there, port and instance included`},
		{name: "no default", conf: good, rules: "[web]\npattern = ^web\ndestinations = 10.0.0.1:2004:a\n",
			want: "relay-rules.conf: there is no default rule; write one section with default = true and no pattern"},
		{name: "duplicate option", conf: good + "destinations = h:1\n", rules: rules,
			want: "carbon.conf:3: option DESTINATIONS is there already, in line 2; remove one of them"},
		{name: "lone percent", conf: good + "LOG_DIR = 50%\n", rules: rules,
			want: "carbon.conf:3: LOG_DIR: a lone % stands in the value; write %% for a percent sign"},
		{name: "leads nowhere", conf: good + "LOG_DIR = %(STORAGE_DIR)s/log\n", rules: rules,
			want: "carbon.conf:3: LOG_DIR: %(STORAGE_DIR)s stands for an option that is neither in [relay] nor in [DEFAULT]; write it there, or %% for a percent sign"},
		{name: "a circle", conf: good + "A = %(B)s\nB = %(A)s\n", rules: rules,
			want: "carbon.conf:3: A: %(name)s leads from one to another more than 10 times; is there a circle?\ncarbon.conf:4: B: %(name)s leads from one to another more than 10 times; is there a circle?"},
		{name: "a comment behind a value", conf: good + "MAX_QUEUE_SIZE = 10 # few\nUSE_WHITELIST = yes ; please\n", rules: rules,
			want: "carbon.conf:3: MAX_QUEUE_SIZE: want a number, got \"10 # few\"; comments stand on lines of their own\ncarbon.conf:4: USE_WHITELIST: want True or False, got \"yes ; please\"; comments stand on lines of their own"},
		{name: "none", conf: good + "METRIC_CLIENT_IDLE_TIMEOUT = None\n", rules: rules,
			want: `carbon.conf:3: METRIC_CLIENT_IDLE_TIMEOUT: want a number, got "None"; leave the setting out to have none`},
		{name: "no header", conf: "DESTINATIONS = h:1\n" + good, rules: rules,
			want: `carbon.conf:1: "DESTINATIONS = h:1" stands before the first section; write a header like [relay] above it`},
		{name: "byte order mark", conf: "\ufeff" + good, rules: rules,
			want: "carbon.conf: there is no section [relay]; write one, and in it where to send: DESTINATIONS = HOST:PORT, HOST:PORT:INSTANCE\ncarbon.conf:1: \"[relay]\" stands before the first section; save the file without a byte order mark"},
		{name: "not UTF-8", conf: good + "# \xff\n", rules: rules,
			want: "carbon.conf: line 3 is not UTF-8; save the file as UTF-8"},
		{name: "method", conf: good + "RELAY_METHOD = consistent_hashing\n", rules: rules,
			want: `carbon.conf:3: RELAY_METHOD: "consistent_hashing" is not known; did you mean "consistent-hashing"?`},
		{name: "protocol", conf: good + "DESTINATION_PROTOCOL = udp\n", rules: rules,
			want: `carbon.conf:3: DESTINATION_PROTOCOL: "udp" is not known; there are: pickle, line, protobuf`},
		{name: "same node", conf: "[relay]\nRELAY_METHOD = consistent-hashing\nDESTINATIONS = h:1, h:2\n",
			want: "carbon.conf:3: DESTINATIONS: to RELAY_METHOD consistent-hashing, h:1 and h:2 are the same, since ports do not count; give them different instances, as in HOST:PORT:INSTANCE"},
		{name: "trailing comma", conf: "[relay]\nDESTINATIONS = 10.0.0.1:2004:a, 10.0.0.2:2004:b,\n", rules: rules,
			want: `carbon.conf:2: DESTINATIONS: "" is no destination: it is empty; write HOST:PORT or HOST:PORT:INSTANCE, without a comma at the end of the list`},
		{name: "port out of range", conf: good + " ,h:65536", rules: rules, starts: true,
			want: "carbon.conf:2: DESTINATIONS: h:65536 has the port 65536; want 1 to 65535"},
		{name: "header with more", conf: good, rules: strings.Replace(rules, "[web]", "[web] # x", 1), starts: true,
			want: "relay-rules.conf:1: [web] has text behind its ], and carbon leaves such a rule out; put the text on a line of its own"},
		{name: "all at once", conf: good + "nonsense\nUSE_WHITELIST = 2\n", rules: "[a]\npattern = (\ndestinations = h\n[b]\ndefault = maybe\ndestinations=h:1",
			want: "carbon.conf:3: \"nonsense\" is no option; write NAME = VALUE, or # before a comment, or blanks before it if it continues the line above\n" +
				"carbon.conf:4: USE_WHITELIST: want True or False, got \"2\"\n" +
				"relay-rules.conf:2: [a] pattern \"(\": at character 1: the group that begins here is never closed; write \\( for a parenthesis\n" +
				"relay-rules.conf:3: [a] \"h\" is no destination: it has no port; write HOST:PORT or HOST:PORT:INSTANCE\n" +
				"relay-rules.conf:5: [b] default: want true or false, got \"maybe\"\n" +
				"relay-rules.conf:6: [b] sends to \"h:1\", which is not in DESTINATIONS of carbon.conf; add it there, or take it out here"},
		{name: "aggregation", conf: good + "RELAY_METHOD = aggregated-consistent-hashing\n", aggregation: "a (60) = last b\n\n# x\na (60) = sum (\n<x> (60) = sum <y>",
			want: "aggregation-rules.conf:1: \"last\" is no method; there are: sum, avg, min, max, count, p50, p75, p80, p90, p95, p99, p999\n" +
				"aggregation-rules.conf:4: input \"(\", as a regular expression \"($\": at character 1: the group that begins here is never closed; write \\( for a parenthesis\n" +
				"aggregation-rules.conf:5: the output has the field <x>, which the input has not; carbon would lose every point that the rule is for"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := map[string]string{"carbon.conf": tt.conf}
			if tt.rules != "" {
				files["relay-rules.conf"] = tt.rules
			}
			if tt.aggregation != "" {
				files["aggregation-rules.conf"] = tt.aggregation
			}
			path := write(t, files)
			r, err := carbonconf.Load(carbonconf.Options{Path: path, Instance: "a"})
			if got := told(err, filepath.Dir(path)); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
			if (r != nil) != tt.starts {
				t.Errorf("there is a relay: %v, want %v", r != nil, tt.starts)
			}
		})
	}
}

// told is an error without the directory that the files are in.
func told(err error, dir string) string {
	if err == nil {
		return ""
	}
	return strings.ReplaceAll(err.Error(), dir+"/", "")
}

func TestNoFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "carbon.conf")
	r, err := carbonconf.Load(carbonconf.Options{Path: path})
	errs, ok := errors.AsType[carbonconf.Errors](err)
	if r != nil || !ok || len(errs) != 1 || errs[0].Kind != carbonconf.Unreadable {
		t.Errorf("got %v, %v", r, err)
	}
}

func TestSettings(t *testing.T) {
	conf := `[DEFAULT]
host = 10.9.8.7
[relay]
LINE_RECEIVER_INTERFACE = ::1
LINE_RECEIVER_PORT = 2013
ENABLE_UDP_LISTENER = on
PROTOBUF_RECEIVER_PORT = 2005
MAX_RECEIVER_CONNECTIONS = 50
METRIC_CLIENT_IDLE_TIMEOUT = 1.5
RELAY_METHOD = fast-hashing
DESTINATIONS = %(host)s:1:a, [::2]:2:
DESTINATION_PROTOCOL = line
DESTINATION_TRANSPORT = ssl
MAX_QUEUE_SIZE = inf
CARBON_METRIC_PREFIX = 42
[relay:b]
LINE_RECEIVER_PORT = 0
REPLICATION_FACTOR = 2
`
	path := write(t, map[string]string{"carbon.conf": conf})
	r, err := carbonconf.Load(carbonconf.Options{Path: path, Instance: "b"})
	if err != nil {
		t.Fatal(err)
	}
	s := r.Settings
	got := []any{
		s.LineReceiver, s.UDPReceiver, s.PickleReceiver, s.ProtobufReceiver, s.MaxConnections, s.IdleTimeout, s.Method,
		s.HashType, s.Replicas, s.Protocol, s.TLS, s.CA, s.MetricPrefix, s.MetricInterval, s.Instance, s.KeepAlive, r.Destinations,
	}
	want := []any{
		carbonconf.Listen{Interface: "::1"}, carbonconf.Listen{Interface: "0.0.0.0", Port: 2003},
		carbonconf.Listen{Interface: "0.0.0.0", Port: 2004}, carbonconf.Listen{Port: 2005}, 50, 1500 * time.Millisecond,
		carbonconf.FastHashing, carbonconf.MMH3CH, 2, "line", true, "", "42", time.Minute, "b",
		carbonconf.KeepAlive{On: true, Idle: 10 * time.Second, Interval: 30 * time.Second, Count: 2},
		[]carbonconf.Destination{{Host: "10.9.8.7", Port: 1, Instance: "a", HasInstance: true}, {Host: "::2", Port: 2, HasInstance: true}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestHashType(t *testing.T) {
	tests := []struct {
		set  string
		want carbonconf.HashType
	}{
		{"RELAY_METHOD = consistent-hashing", carbonconf.CarbonCH},
		{"RELAY_METHOD = fast-aggregated-hashing", carbonconf.MMH3CH},
		{"RELAY_METHOD = fast-hashing\nROUTER_HASH_TYPE = ", carbonconf.MMH3CH},
		{"RELAY_METHOD = fast-hashing\nROUTER_HASH_TYPE = None", carbonconf.CarbonCH},
		{"RELAY_METHOD = consistent-hashing\nROUTER_HASH_TYPE = fnv1a_ch", carbonconf.FNV1aCH},
	}
	for _, tt := range tests {
		r, err := load(t, map[string]string{"carbon.conf": good + tt.set + "\n"})
		if err != nil || r.Settings.HashType != tt.want {
			t.Errorf("%q: got %v, %v, want %s", tt.set, r, err, tt.want)
		}
	}
}

func TestPaths(t *testing.T) {
	root := t.TempDir()
	conf := filepath.Join(root, "conf")
	if err := os.Mkdir(conf, 0o755); err != nil {
		t.Fatal(err)
	}
	text := good + "RELAY_METHOD = constant\nRELAY_RULES = r.conf\nREWRITE_RULES = /etc/rw.conf\n[relay:x]\nPID_DIR = /run\n"
	if err := os.WriteFile(filepath.Join(conf, "carbon.conf"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"GRAPHITE_ROOT": root, "GRAPHITE_STORAGE_DIR": "/data"}
	o := carbonconf.Options{Instance: "x", Blacklist: "/b", LogDir: "/log", Env: func(name string) string { return env[name] }}
	s, err := carbonconf.ReadSettings(o)
	if err != nil {
		t.Fatal(err)
	}
	want := carbonconf.Paths{
		Config: filepath.Join(conf, "carbon.conf"), Root: root, Conf: conf, Storage: "/data", Log: "/log",
		PIDFile: "/run/carbon-relay-x.pid", Rules: filepath.Join(conf, "r.conf"), Rewrite: "/etc/rw.conf",
		Aggregation: filepath.Join(conf, "aggregation-rules.conf"), Whitelist: filepath.Join(conf, "whitelist.conf"), Blacklist: "/b",
	}
	if diff := cmp.Diff(want, s.Paths); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestNotes(t *testing.T) {
	path := write(t, map[string]string{
		"carbon.conf": "[relay]\nDESTINATIONS = h:1:a, h:1:a\nRELAY_METHOD = constant\nUSE_INSECURE_UNPICKLER = True\n" +
			"MAX_CACHE_SIZE = 5\nMAX_QUEUE_SIZES = 5\nCOLOUR = red\nDESTINATION_TRANSPORT = tls\n",
		"rewrite-rules.conf": "[pre]\na = b\n",
	})
	r, err := carbonconf.Load(carbonconf.Options{Path: path, Instance: "a"})
	if err != nil {
		t.Fatal(err)
	}
	want := []carbonconf.Note{
		{Setting: "DESTINATIONS", Line: 2, Text: "h:1:a is named more than once; it counts once"},
		{Setting: "USE_INSECURE_UNPICKLER", Line: 4, Text: "accepted, no effect: an insecure unpickler lets every sender run code here; pickles are read safely"},
		{Setting: "MAX_CACHE_SIZE", Line: 5, Text: "accepted, no effect: it is for carbon-cache, and a relay stores nothing"},
		{Setting: "MAX_QUEUE_SIZES", Line: 6, Text: "accepted, no effect: there is no such setting; did you mean MAX_QUEUE_SIZE?"},
		{Setting: "COLOUR", Line: 7, Text: "accepted, no effect: there is no such setting"},
		{Setting: "DESTINATION_TRANSPORT", Line: 8, Text: `"tls" is no transport; without one, as carbon does: only ssl is encrypted`},
		{Setting: "REWRITE_RULES", Text: "accepted, no effect: it is for carbon-aggregator, and a relay aggregates nothing"},
	}
	for i := range r.Notes {
		r.Notes[i].File = ""
	}
	if diff := cmp.Diff(want, r.Notes); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestNotesOfWhatIsOtherwiseHere(t *testing.T) {
	path := write(t, map[string]string{
		"carbon.conf": good + "MAX_QUEUE_SIZE = 5\nMAX_QUEUE_SIZE_HARD_PCT = 2\nQUEUE_LOW_WATERMARK_PCT = 0.5\n" +
			"USE_FLOW_CONTROL = False\nTIME_TO_DEFER_SENDING = 1\nLOG_LISTENER_CONN_SUCCESS = False\nLOG_LISTENER_CONN_LOST = True\n",
		"relay-rules.conf": "[np]\ndestinations = 10.0.0.1:2004:a\n" + rules,
	})
	r, err := carbonconf.Load(carbonconf.Options{Path: path, Instance: "z"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"0 --instance: there is no section [relay:z]: the relay runs with [relay] alone",
		"3 MAX_QUEUE_SIZE: a lower bound here: each destination has a queue on disk of at least 10 GiB",
		"4 MAX_QUEUE_SIZE_HARD_PCT: it only raises the lower bound that MAX_QUEUE_SIZE is here: each destination has a queue on disk of at least 10 GiB",
		"5 QUEUE_LOW_WATERMARK_PCT: accepted, no effect: a destination that is full or down never stops the others: what it does not take waits on disk",
		"6 USE_FLOW_CONTROL: accepted, no effect: a destination that is full or down never stops the others: what it does not take waits on disk",
		"7 TIME_TO_DEFER_SENDING: accepted, no effect: points are sent as soon as there are any",
		"8 LOG_LISTENER_CONN_SUCCESS: accepted, no effect: connections are in the log at the level debug, and counted in the metrics",
		"9 LOG_LISTENER_CONN_LOST: accepted, no effect: connections are in the log at the level debug, and counted in the metrics",
		"1 np: the rule has neither a pattern nor default = true, and is left out",
	}
	var got []string
	for _, n := range r.Notes {
		got = append(got, fmt.Sprintf("%d %s: %s", n.Line, n.Setting, n.Text))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestNotesNoInstanceThatIsThereOrNotAskedFor(t *testing.T) {
	path := write(t, map[string]string{"carbon.conf": good + "[relay:b]\n", "relay-rules.conf": rules})
	for _, instance := range []string{"", "a", "b"} {
		r, err := carbonconf.Load(carbonconf.Options{Path: path, Instance: instance})
		if err != nil || len(r.Notes) > 0 {
			t.Errorf("instance %q: got %v, %v, want no notes", instance, r, err)
		}
	}
}

func TestDestinationString(t *testing.T) {
	for _, text := range []string{"h:2004", "h:2004:a", "h:2004:", "[::1]:2004", "[::1]:2004:a:b"} {
		d, err := carbonconf.ParseDestination(text)
		if err != nil || d.String() != text {
			t.Errorf("%q: got %q, %v", text, d, err)
		}
	}
}

func TestAggregationNames(t *testing.T) {
	r, err := load(t, map[string]string{
		"carbon.conf":            good + "RELAY_METHOD = aggregated-consistent-hashing\n",
		"aggregation-rules.conf": "all.<x> (60) = sum <h>.<x>\n100%%.<x> (60) = max *.<x>\nall.<x> (10) = sum *.<x>\nbad.<z> (10) = sum *.<x>\n",
	})
	if r == nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]string{"web.cpu": {"x", "100%.cpu", "all.cpu"}, "alone": {"x", "alone"}} {
		if got := r.Aggregation[1:].Names([]string{"x"}, []byte(name)); !cmp.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestListReload(t *testing.T) {
	path := filepath.Join(t.TempDir(), "blacklist.conf")
	l, problems := carbonconf.OpenList(path)
	if l.Len() != 0 || problems != nil || l.Match([]byte("a")) || l.Misses([]byte("a")) {
		t.Error("a list that is not there holds something")
	}
	change := func(text string, at time.Time) {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now()
	steps := []struct {
		name        string
		do          func()
		changed     bool
		match, miss bool
	}{
		{"written", func() { change("a\n", now) }, true, true, false},
		{"as it was", func() {}, false, true, false},
		{"older", func() { change("b\n", now.Add(-time.Hour)) }, false, true, false},
		{"newer", func() { change("b\n", now.Add(time.Hour)) }, true, false, true},
		{"gone", func() { os.Remove(path) }, true, false, false},
		{"still gone", func() {}, false, false, false},
		{"back, and old", func() { change("a\n(\n", now.Add(-time.Hour)) }, true, true, false},
	}
	for _, s := range steps {
		s.do()
		if changed, _ := l.Reload(); changed != s.changed || l.Match([]byte("a")) != s.match || l.Misses([]byte("a")) != s.miss {
			t.Errorf("%s: changed %v, match %v, misses %v", s.name, changed, l.Match([]byte("a")), l.Misses([]byte("a")))
		}
	}
}
