package config_test

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/plumbago/plumbago/config"
)

// The built-in file shows the defaults, so that it can be the manual.
func TestDefaultShowsTheDefaults(t *testing.T) {
	got := config.Default("./here")
	least := mustParse(t, receiver+destination, config.Lookup{})
	r := least.Receive[0]
	want := &config.Config{
		DataDir: "./here", Route: least.Route, Queue: least.Queue, Deliver: least.Deliver, Log: least.Log,
		Admin: config.Admin{Listen: "tcp://127.0.0.1:8090"}, UnknownTenant: "drop",
	}
	for _, l := range []struct{ protocol, listen string }{
		{"line", "tcp://127.0.0.1:2003"}, {"line", "udp://127.0.0.1:2003"}, {"pickle", "tcp://127.0.0.1:2004"},
	} {
		r.Protocol, r.Listen = l.protocol, l.listen
		want.Receive = append(want.Receive, r)
	}
	dest := mustParse(t, receiver+"deliver: [{name: local, type: whisper, dir: here/whisper}]\n", config.Lookup{}).Deliver[0]
	want.Deliver, want.Route = []config.Destination{dest}, []config.Rule{{To: []string{"local"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("configuration (-want +got):\n%s", diff)
	}
}

// example is a line of default.yml that is an example: its # stands right before a
// key, or before indentation.
var example = regexp.MustCompile(`(?m)^( *)#(  +|)([^ #\n])`)

// manual is default.yml with its examples.
func manual() string { return example.ReplaceAllString(string(config.DefaultYAML), "$1$2$3") }

// keyOf makes up a secret for each variable.
func keyOf(name string) (string, bool) {
	kinds := map[string]string{"SLACK_TOKEN": "xoxb-", "SLACK_APP_TOKEN": "xapp-"}
	return kinds[name] + "secret-of-" + name, true
}

// The examples of the manual are not only meant to be right.
func TestTheManualIsAConfiguration(t *testing.T) {
	c := mustParse(t, manual(), config.Lookup{Env: keyOf})
	plain := config.Default("./plumbago-data")
	if len(c.Tenants) < 2 || len(c.Receive) <= len(plain.Receive) || len(c.Deliver) <= len(plain.Deliver) || len(c.Route) <= len(plain.Route) {
		t.Errorf("got %+v, want more than %+v", c, plain)
	}
}

// The manual shows each key where it belongs.
func TestTheManualHasEveryKey(t *testing.T) {
	var tree any
	if err := yaml.Unmarshal([]byte(manual()), &tree); err != nil {
		t.Fatal(err)
	}
	lacks(t, "", reflect.TypeFor[config.Config](), []any{tree})
}

// lacks tells of keys of a structure, and of those inside it, that are in none of
// the sections.
func lacks(t *testing.T, path string, kind reflect.Type, sections []any) {
	for kind.Kind() == reflect.Slice || kind.Kind() == reflect.Pointer {
		kind = kind.Elem()
	}
	if kind.Kind() != reflect.Struct {
		return
	}
	for i := range kind.NumField() {
		key := kind.Field(i).Tag.Get("yaml")
		elsewhere := slices.ContainsFunc([]string{"queue.", "admin.tls.", "tenants.names.", "nats.tls.", "deliver.nats.login."}, func(end string) bool {
			return strings.HasSuffix(path, end)
		})
		if elsewhere || key == "" {
			continue // shown in full elsewhere
		}
		var inside []any
		for _, s := range sections {
			if v, ok := s.(map[string]any)[key]; ok {
				inside = append(inside, v)
			}
		}
		if len(inside) == 0 {
			t.Errorf("default.yml says nothing of %s%s", path, key)
		}
		lacks(t, path+key+".", kind.Field(i).Type, flat(inside))
	}
}

// flat returns the entries of lists, and what is in no list.
func flat(values []any) (all []any) {
	for _, v := range values {
		if list, ok := v.([]any); ok {
			all = append(all, list...)
		} else {
			all = append(all, v)
		}
	}
	return all
}
