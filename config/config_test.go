package config_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
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
			MaxConnections: 10_000, MaxHeld: 64 << 20, UDPBuffer: 8 << 20,
		}},
		Queue: queue,
		Deliver: []config.Destination{{
			Name: "carbon", Type: "carbon", Address: "tcp://localhost:2013", Protocol: "line", ReplayMargin: 5 * time.Second,
			DialTimeout: 5 * time.Second, UserTimeout: 10 * time.Second, Queue: queue,
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
admin: {listen: "tcp://:8090"}
log: {level: debug, format: json}
`, config.Lookup{})
	one, two := got.Deliver[0], got.Deliver[1]
	checks := []struct {
		name      string
		got, want any
	}{
		{"data_dir", got.DataDir, "/data"},
		{"first receiver", got.Receive[0], config.Receiver{Protocol: "line", Listen: "tcp://[::1]:2003", MaxLine: 1024, MaxFrame: 1 << 20,
			MaxConnections: 7, IdleTimeout: 10 * time.Minute, MaxHeld: 2 << 20, AcceptUnterminated: true, UDPBuffer: 8 << 20}},
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
		{"admin", got.Admin.Listen, "tcp://:8090"},
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

// The built-in file shows the defaults, so that it can be the manual.
func TestDefaultShowsTheDefaults(t *testing.T) {
	got := config.Default("./here")
	least := mustParse(t, receiver+destination, config.Lookup{})
	r := least.Receive[0]
	want := &config.Config{
		DataDir: "./here", Route: least.Route, Queue: least.Queue, Deliver: least.Deliver, Log: least.Log,
		Admin: config.Admin{Listen: "tcp://127.0.0.1:8090"},
	}
	for _, l := range []struct{ protocol, listen string }{
		{"line", "tcp://127.0.0.1:2003"}, {"line", "udp://127.0.0.1:2003"}, {"pickle", "tcp://127.0.0.1:2004"},
	} {
		r.Protocol, r.Listen = l.protocol, l.listen
		want.Receive = append(want.Receive, r)
	}
	want.Deliver[0].Address = "tcp://127.0.0.1:2013"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("configuration (-want +got):\n%s", diff)
	}
}

func TestDefaultNamesEveryKey(t *testing.T) {
	for _, key := range keys(reflect.TypeFor[config.Config]()) {
		if key != "tenants" && key != "tls" && !bytes.Contains(config.DefaultYAML, []byte(key+":")) {
			t.Errorf("default.yml says nothing of %s", key)
		}
	}
}

// keys lists the keys of a structure and those inside it.
func keys(t reflect.Type) (list []string) {
	for t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	for i := range t.NumField() {
		if key := t.Field(i).Tag.Get("yaml"); key != "" {
			list = append(append(list, key), keys(t.Field(i).Type)...)
		}
	}
	return list
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

// Every text comes from the environment and is wrong; no message may show it.
func TestSubstitutedValuesAreNotShown(t *testing.T) {
	const secret = "hunter2(;"
	lookup := config.Lookup{Env: func(string) (string, bool) { return secret, true }}
	_, err := config.Parse("p.yml", []byte(`
receive: [{protocol: "${env:X}", listen: "${env:X}", max_line: "${env:X}", max_connections: "${env:X}", idle_timeout: "${env:X}", accept_unterminated: "${env:X}"}]
route: [{match: "${env:X}", to: ["${env:X}", "x${env:X}"]}]
deliver:
  - {name: "${env:X}", type: "${env:X}", address: "${env:X}", protocol: "${env:X}", prefix: "${env:X}"}
  - {name: b, type: carbon, address: "${env:X}://h:1", protocol: line}
  - {name: c, type: carbon, address: "tcp://h:${env:X}", protocol: line}
queue: {sync: "${env:X}", replay_rate: "${env:X}", when_full: "${env:X}"}
admin: {listen: "tcp://${env:X}"}
log: {level: "${env:X}"}
`), lookup)
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v, want errors without the value", err)
	}
	if got := strings.Count(err.Error(), "\n") + 1; got < 18 {
		t.Errorf("got %d errors, want one for each text:\n%v", got, err)
	}
}

func TestSecretIsNeverShown(t *testing.T) {
	s := config.Destination{Prefix: "hunter2"}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "prefix", s.Prefix, "dest", s)
	asJSON, _ := json.Marshal(s)
	asYAML, _ := yaml.Marshal(s)
	shown := fmt.Sprintf("%v %+v %#v %s %q %x %d", s, s, s, s.Prefix, s.Prefix, s.Prefix, s.Prefix) + s.Prefix.String() +
		s.Prefix.GoString() + fmt.Sprint(errors.New(string(asJSON))) + string(asYAML) + log.String()
	if strings.Contains(shown, "hunter2") || strings.Contains(shown, fmt.Sprintf("%x", "hunter2")) {
		t.Errorf("the secret is shown: %s", shown)
	}
	if s.Prefix.Reveal() != "hunter2" {
		t.Error("the secret cannot be used")
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
