package config_test

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/plumbago/plumbago/config"
	"github.com/plumbago/plumbago/internal/hashring"
	"github.com/plumbago/plumbago/route"
)

// emptyEnv knows one variable, which is empty.
func emptyEnv(name string) (string, bool) { return "", name == "EMPTY" }

func noFile(path string) ([]byte, error) {
	return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
}

func mustParse(t *testing.T, text string, lookup config.Lookup) *config.Config {
	t.Helper()
	c, err := config.Parse("p.yml", []byte(text), lookup)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestLeastFile(t *testing.T) {
	got := mustParse(t, receiver+destination, config.Lookup{})
	queue := config.Queue{
		MaxBytes: 10 << 30, Flush: 20 * time.Millisecond, Sync: config.Sync{Mode: config.SyncEvery, Every: time.Second},
		WhenFull: "drop_oldest", ReplayRate: 100_000,
	}
	want := &config.Config{
		DataDir: "/var/lib/plumbago",
		Receive: []config.Receiver{{
			Protocol: "line", Listen: "tcp://:2003", MaxLine: 64 << 10, MaxFrame: 1 << 20,
			MaxBody:        16 << 20,
			MaxConnections: 10_000, MaxHeld: 64 << 20, UDPBuffer: 8 << 20,
			Ack: "delete", Reaction: "white_check_mark", CallEvery: 1200 * time.Millisecond, API: "https://slack.com/api/",
		}},
		UnknownTenant: "drop",
		Queue:         queue,
		Deliver: []config.Destination{{
			Name: "carbon", Type: "carbon", Address: "tcp://localhost:2013", Protocol: "line",
			TTL: 24 * time.Hour, Past: 72 * time.Hour, Ahead: 10 * time.Minute,
			Timeout: 30 * time.Second, Compress: true, ReplayMargin: 5 * time.Second,
			DialTimeout: 5 * time.Second, UserTimeout: 10 * time.Second, Queue: queue,
			PostEvery: time.Second, CallEvery: 1200 * time.Millisecond, API: "https://slack.com/api/",
			MaxCreates: 1000, Cache: 64 << 20,
		}},
		Route: []config.Rule{{To: []string{"carbon"}}},
		Log:   config.Log{Format: "text"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("configuration (-want +got):\n%s", diff)
	}
}

func TestEveryKeyIsRead(t *testing.T) {
	got := mustParse(t, `
data_dir: /data
receive:
  - {protocol: line, listen: "tcp://[::1]:2003", max_line: 1KiB, max_connections: 7, idle_timeout: 10m, max_held: 2MiB, accept_unterminated: true}
  - {protocol: line, listen: "udp://:2003", udp_buffer: 2MiB, udp_sockets: 3}
  - {protocol: pickle, listen: "tcp://:2004", max_frame: 4096}
route:
  - {match: '^a\.', to: [one, two], continue: true}
  - {to: [two]}
  - {by: mmh3_ch, to: [two, one], replicas: 2, diverse: false}
deliver:
  - {name: one, type: carbon, address: "tcp://one:2003", instance: i, protocol: pickle, prefix: key, replay_margin: 1s,
     max_connection_age: 1h30m, dial_timeout: 2s, user_timeout: 3s, queue: {max_bytes: 1GiB, when_full: block}}
  - {name: two, type: carbon, address: "tcp://two:2003", protocol: line}
queue: {max_bytes: 2GB, max_age: 7d12h, flush: 5ms, sync: always, when_full: reject, replay_rate: unlimited}
admin: {listen: "tcp://:8090", tls: {cert: c, key: k}, token: 0123456789abcdef, socket: /run/a.sock, socket_group: true, ready_max_age: 5m}
own: {prefix: me, interval: 30s, to: [two]}
log: {level: debug, format: json}
`, config.Lookup{})
	one, two := got.Deliver[0], got.Deliver[1]
	checks := []struct {
		name      string
		got, want any
	}{
		{"data_dir", got.DataDir, "/data"},
		{"first receiver", got.Receive[0], config.Receiver{Protocol: "line", Listen: "tcp://[::1]:2003", MaxLine: 1024, MaxFrame: 1 << 20, MaxBody: 16 << 20,
			MaxConnections: 7, IdleTimeout: 10 * time.Minute, MaxHeld: 2 << 20, AcceptUnterminated: true, UDPBuffer: 8 << 20,
			Ack: "delete", Reaction: "white_check_mark", CallEvery: 1200 * time.Millisecond, API: "https://slack.com/api/"}},
		{"udp_buffer", got.Receive[1].UDPBuffer, config.Size(2 << 20)},
		{"udp_sockets", got.Receive[1].UDPSockets, 3},
		{"max_frame", got.Receive[2].MaxFrame, config.Size(4096)},
		{"route", got.Route, []config.Rule{{Match: `^a\.`, To: []string{"one", "two"}, Continue: true}, {To: []string{"two"}},
			{To: []string{"two", "one"}, By: "mmh3_ch", Replicas: 2}}},
		{"instance", []string{one.Instance, two.Instance}, []string{"i", ""}},
		{"queue", two.Queue, config.Queue{MaxBytes: 2e9, MaxAge: 180 * time.Hour, Flush: 5 * time.Millisecond,
			Sync: config.Sync{Mode: config.SyncAlways}, WhenFull: "reject", ReplayRate: config.Unlimited}},
		{"a queue's own keys", []any{one.Queue.MaxBytes, one.Queue.WhenFull}, []any{config.Size(1 << 30), "block"}},
		{"and the common ones", []any{one.Queue.MaxAge, one.Queue.Sync}, []any{two.Queue.MaxAge, two.Queue.Sync}},
		{"prefix", one.Prefix.Reveal(), "key"},
		{"times", []time.Duration{one.ReplayMargin, one.MaxConnectionAge, one.DialTimeout, one.UserTimeout},
			[]time.Duration{time.Second, 90 * time.Minute, 2 * time.Second, 3 * time.Second}},
		{"admin", got.Admin, config.Admin{Listen: "tcp://:8090", Socket: "/run/a.sock", SocketGroup: true,
			TLS: config.ServerTLS{Cert: "c", Key: "k"}, Token: "0123456789abcdef", ReadyMaxAge: 5 * time.Minute}},
		{"own", got.Own, &config.Own{Prefix: "me", Interval: 30 * time.Second, To: []string{"two"}}},
		{"log", got.Log, config.Log{Level: slog.LevelDebug, Format: "json"}},
	}
	for _, c := range checks {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestWithoutRulesEverythingGoesEverywhere(t *testing.T) {
	got := mustParse(t, receiver+`deliver:
  - {name: z, type: carbon, address: "tcp://z:1", protocol: line}
  - {name: a, type: carbon, address: "tcp://a:1", protocol: line}
`, config.Lookup{})
	if diff := cmp.Diff([]config.Rule{{To: []string{"z", "a"}}}, got.Route); diff != "" {
		t.Errorf("route (-want +got):\n%s", diff)
	}
}

func TestRings(t *testing.T) {
	got := mustParse(t, receiver+`deliver:
  - {name: a, type: carbon, address: "tcp://h:1", instance: x, protocol: line}
  - {name: b, type: carbon, address: "tcp://[::1]:1", protocol: line}
route:
  - {match: y, by: jump, to: [b, a]}
  - {by: carbon_ch, to: [a, b], replicas: 2, diverse: false, continue: true}
  - {to: [a]}
`, config.Lookup{}).Rules()
	a, b := hashring.Node{Host: "h", Instance: "x", HasInstance: true}, hashring.Node{Host: "::1"}
	want := []route.Rule{
		{Match: "y", To: []string{"b", "a"}, By: &route.Ring{Kind: "jump", Nodes: []hashring.Node{b, a}, Replicas: 1, Diverse: true}},
		{To: []string{"a", "b"}, By: &route.Ring{Kind: "carbon_ch", Nodes: []hashring.Node{a, b}, Replicas: 2}, Continue: true},
		{To: []string{"a"}},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(route.Ring{}, "Keys")); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
}

// Every ring that the file can name is one that the routing table knows.
func TestRingsAreKnown(t *testing.T) {
	for _, kind := range hashring.Kinds {
		c := mustParse(t, receiver+destination+"route: [{by: "+kind+", to: [carbon]}]\n", config.Lookup{})
		if got := c.Rules()[0].By.Kind; got != kind {
			t.Errorf("got %q, want %q", got, kind)
		}
	}
}

func TestAliases(t *testing.T) {
	got := mustParse(t, receiver+`deliver:
  - {name: a, type: carbon, address: "tcp://a:1", protocol: line, queue: &small {max_bytes: 1GiB}}
  - {name: b, type: carbon, address: "tcp://b:1", protocol: line, queue: *small}
`, config.Lookup{})
	if got := got.Deliver[1].Queue.MaxBytes; got != 1<<30 {
		t.Errorf("got %v, want 1GiB", got)
	}
}

func TestSubstitution(t *testing.T) {
	lookup := config.Lookup{
		Env: func(name string) (string, bool) {
			return map[string]string{"DIR": "/d", "N": "12", "AGE": "3s"}[name], true
		},
		File: func(path string) ([]byte, error) { return []byte("from " + path + "\r\n"), nil },
	}
	got := mustParse(t, `
data_dir: ${env:DIR}/${file:/etc/x}/$${env:DIR}
receive: [{protocol: line, listen: "tcp://:2003", max_connections: "${env:N}", idle_timeout: "${env:AGE}"}]
`+destination, lookup)
	if want := "/d/from /etc/x/${env:DIR}"; got.DataDir != want {
		t.Errorf("got %q, want %q", got.DataDir, want)
	}
	if r := got.Receive[0]; r.MaxConnections != 12 || r.IdleTimeout != 3*time.Second {
		t.Errorf("got %d and %v, want 12 and 3s", r.MaxConnections, r.IdleTimeout)
	}
}

func TestSubstitutionFromTheProcess(t *testing.T) {
	t.Setenv("PLUMBAGO_TEST", "left")
	path := filepath.Join(t.TempDir(), "right")
	if err := os.WriteFile(path, []byte("right\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := mustParse(t, "data_dir: ${env:PLUMBAGO_TEST}-${file:"+path+"}\n"+receiver+destination, config.Lookup{})
	if got.DataDir != "left-right" {
		t.Errorf("got %q, want left-right", got.DataDir)
	}
}

func TestSizeString(t *testing.T) {
	for size, want := range map[config.Size]string{0: "0B", 1: "1B", 1000: "1000B", 1 << 10: "1KiB", 10 << 30: "10GiB", 1536 << 10: "1536KiB"} {
		if got := size.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plumbago.yml")
	if err := os.WriteFile(path, []byte("\ufeff"+receiver+"delivr: 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := config.Load(path)
	want := config.Errors{
		{File: path, Line: 1, Column: 1, Text: `deliver is missing; add it, like deliver: [{name: carbon, type: carbon, address: "tcp://127.0.0.1:2003", protocol: line}]`},
		{File: path, Line: 2, Column: 1, Text: `unknown key "delivr"; did you mean "deliver"?`},
	}
	if diff := cmp.Diff(error(want), err); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	if _, err := config.Load(filepath.Join(t.TempDir(), "none.yml")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want that the file does not exist", err)
	}
}

// Who only wants to know the folder need not know any secret.
func TestDataDir(t *testing.T) {
	text := strings.Replace(manual(), "data_dir: ./plumbago-data", "data_dir: ${env:DIR}/x", 1)
	lookup := config.Lookup{Env: func(name string) (string, bool) { return "/d", name == "DIR" }, File: noFile}
	if got, err := config.DataDir("p.yml", []byte(text), lookup); err != nil || got != "/d/x" {
		t.Errorf("got %q and %v, want /d/x", got, err)
	}
	unknown := "data_dir: ${env:NOPE}\n" + `receive: [{protocol: line, listen: 'tcp://:${env:NOPE}', max_line: '${env:NOPE}'}]
tenants:
  - {name: '${env:NOPE}', keys: ['${env:NOPE}'], limits: {burst: '${env:NOPE}'}}
route: [{match: '${env:NOPE}', to: ['${env:NOPE}'], tenants: ['${env:NOPE}']}]
unknown_tenant: '${env:NOPE}'
quarantine: '${env:NOPE}'
` + strings.ReplaceAll(destination, "line", "'${env:NOPE}'") + "logs: {}\n"
	_, err := config.DataDir("p.yml", []byte(unknown), lookup)
	want := config.Errors{
		{File: "p.yml", Line: 1, Column: 11, Text: `data_dir: the environment variable "NOPE" is not set`},
		{File: "p.yml", Line: 9, Column: 1, Text: `unknown key "logs"; did you mean "log"?`},
	}
	if diff := cmp.Diff(error(want), err); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
}
