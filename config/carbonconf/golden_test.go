package carbonconf_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/plumbago/plumbago/config/carbonconf"
)

// each calls f with every line of a golden file.
func each[T any](t *testing.T, file string, f func(t *testing.T, c T)) {
	t.Helper()
	r, err := os.Open(filepath.Join("testdata/golden", file))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	n := 0
	for d := json.NewDecoder(bufio.NewReader(r)); d.More(); n++ {
		var c T
		if err := d.Decode(&c); err != nil {
			t.Fatal(err)
		}
		f(t, c)
	}
	if n == 0 {
		t.Errorf("%s is empty", file)
	}
}

func readNames(t *testing.T, file string) (names []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata/golden", file))
	if err == nil {
		err = json.Unmarshal(text, &names)
	}
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// write puts files into a directory.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "carbon.conf")
}

// plain makes values as the golden files have them.
func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		f, _ := strconv.ParseFloat(v["float"].(string), 64)
		return either(math.IsNaN(f), any("nan"), any(f))
	case float64:
		return either(math.IsNaN(v), any("nan"), any(v))
	case int:
		return float64(v)
	case []any:
		list := []string{}
		for _, one := range v {
			list = append(list, one.(string))
		}
		return list
	}
	return v
}

func either[T any](yes bool, a, b T) T {
	if yes {
		return a
	}
	return b
}

// ours is what carbon does not keep among its defaults.
var ours = []string{"CONF_DIR", "instance"}

func TestGoldenConfig(t *testing.T) {
	defaults := map[string]any{}
	text, err := os.ReadFile("testdata/golden/config-defaults.json")
	if err == nil {
		err = json.Unmarshal(text, &defaults)
	}
	if err != nil {
		t.Fatal(err)
	}
	type golden struct {
		Name, Config, Instance, Err string
		Changed                     map[string]any
	}
	each(t, "config-config.jsonl", func(t *testing.T, c golden) {
		t.Run(c.Name, func(t *testing.T) {
			path := write(t, map[string]string{"carbon.conf": c.Config})
			s, err := carbonconf.ReadSettings(carbonconf.Options{Path: path, Instance: c.Instance})
			if c.Err != "" {
				if kindOf(err) != kinds[c.Err] || s != nil {
					t.Errorf("got %v, want %s", err, c.Err)
				}
				return
			}
			want := map[string]any{}
			for k, v := range defaults {
				want[k] = plain(v)
			}
			for k, v := range c.Changed {
				want[k] = plain(v)
			}
			if why, known := refused[c.Name]; known {
				if kindOf(err) != carbonconf.Value || s != nil {
					t.Errorf("got %v, want it refused: %s", err, why)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			compareValues(t, s, want)
		})
	})
}

// refused is what carbon reads, and falls over later: here it is a wrong value
// from the start.
var refused = map[string]string{
	"num-0x10": "text where carbon compares numbers", "num-abc": "the same", "num-None": "the same",
	"num-10 # x": "the same", `num-"10"`: "the same",
	"RELAY_METHOD=Consistent-Hashing": "carbon ends when it makes the router",
	"REPLICATION_FACTOR=2.7":          "no number of replicas is ever equal to it",
}

// compareValues compares what was read.
func compareValues(t *testing.T, s *carbonconf.Settings, want map[string]any) {
	t.Helper()
	got := map[string]any{}
	for k, v := range s.Values {
		if _, wanted := want[k]; !slices.Contains(ours, k) && (v != nil || wanted) {
			got[k] = plain(v)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// kinds is what Python's errors are here.
var kinds = map[string]carbonconf.Kind{
	"ValueError": carbonconf.Value, "DuplicateOptionError": carbonconf.Duplicate,
	"DuplicateSectionError": carbonconf.Duplicate, "ParsingError": carbonconf.Syntax,
	"InterpolationMissingOptionError": carbonconf.Percent, "InterpolationSyntaxError": carbonconf.Percent,
}

// kindOf returns the kind of the first problem that carbon minds.
func kindOf(err error) carbonconf.Kind {
	errs, _ := errors.AsType[carbonconf.Errors](err)
	for _, p := range errs {
		if !p.Harmless {
			return p.Kind
		}
	}
	return ""
}

func TestGoldenDestinations(t *testing.T) {
	type golden struct {
		Text, Host, Err string
		Port            int
		Instance        *string
	}
	each(t, "rules-destinations.jsonl", func(t *testing.T, c golden) {
		got, err := carbonconf.ParseDestination(c.Text)
		want := carbonconf.Destination{Host: c.Host, Port: c.Port}
		if c.Instance != nil {
			want.Instance, want.HasInstance = *c.Instance, true
		}
		if (err != nil) != (c.Err != "") || err == nil && got != want {
			t.Errorf("%q: got %+v, %v, want %+v, %q", c.Text, got, err, want, c.Err)
		}
	})
}

func TestGoldenRelayRules(t *testing.T) {
	names := readNames(t, "rules-names.json")
	type golden struct {
		Name, Config, Results, Sets, Err string
		Destinations                     []string
		Loads                            bool
	}
	each(t, "rules-rules.jsonl", func(t *testing.T, c golden) {
		t.Run(c.Name, func(t *testing.T) {
			path := write(t, map[string]string{
				"carbon.conf":      "[relay]\nDESTINATIONS = " + strings.Join(c.Destinations, ", ") + "\n",
				"relay-rules.conf": c.Config,
			})
			r, err := carbonconf.Load(carbonconf.Options{Path: path, Instance: "a", SendNowhere: true})
			if (r != nil) != c.Loads {
				t.Fatalf("got %v, want it to load: %v", err, c.Loads)
			}
			if !c.Loads {
				t.Logf("%s: %v", c.Err, err)
				return
			}
			want := strings.Fields(either(c.Sets == "", c.Results, c.Sets))
			for i, name := range names {
				if got := place(r, name); got != sorted(want[i]) {
					t.Errorf("%q: got %s, want %s", name, got, want[i])
				}
			}
		})
	})
}

func sorted(tokens string) string {
	list := []byte(tokens)
	slices.Sort(list)
	return string(slices.Compact(list))
}

// place sends a name through the rules: the indices of where it goes, sorted.
func place(r *carbonconf.Relay, name string) string {
	var out []byte
	for _, rule := range r.Rules {
		if !rule.Matches([]byte(name)) {
			continue
		}
		for _, d := range rule.Destinations {
			out = append(out, "0123456789"[slices.Index(r.Destinations, d)])
		}
		if !rule.Continue {
			break
		}
	}
	if len(out) == 0 {
		return "-"
	}
	return sorted(string(out))
}

func TestGoldenLists(t *testing.T) {
	names := readNames(t, "aggregation-names.json")
	type golden struct {
		Name, Blacklist, Whitelist, Results string
		Black                               int `json:"black_patterns"`
		White                               int `json:"white_patterns"`
	}
	each(t, "aggregation-lists.jsonl", func(t *testing.T, c golden) {
		dir := filepath.Dir(write(t, map[string]string{"b": c.Blacklist, "w": c.Whitelist}))
		black, _ := carbonconf.OpenList(filepath.Join(dir, "b"))
		white, _ := carbonconf.OpenList(filepath.Join(dir, "w"))
		if black.Len() != c.Black || white.Len() != c.White {
			t.Errorf("%s: got %d and %d expressions, want %d and %d", c.Name, black.Len(), white.Len(), c.Black, c.White)
		}
		for i, name := range names {
			got := "A"
			switch {
			case black.Match([]byte(name)):
				got = "B"
			case white.Misses([]byte(name)):
				got = "W"
			}
			if got != c.Results[i:i+1] {
				t.Errorf("%s: %q: got %s, want %c", c.Name, name, got, c.Results[i])
			}
		}
	})
}

func TestGoldenRewrite(t *testing.T) {
	names := readNames(t, "aggregation-names.json")
	type golden struct {
		Name, Config string
		Rules        map[string]int
		Pre, Post    map[string]*string
	}
	each(t, "aggregation-rewrite.jsonl", func(t *testing.T, c golden) {
		r, _ := carbonconf.ParseRewrite("rewrite-rules.conf", c.Config)
		if len(r.Pre) != c.Rules["pre"] || len(r.Post) != c.Rules["post"] {
			t.Errorf("%s: got %d and %d rules, want %v", c.Name, len(r.Pre), len(r.Post), c.Rules)
		}
		for i, name := range names {
			compareRewritten(t, c.Name, name, r.Pre, i, c.Pre)
			compareRewritten(t, c.Name, name, r.Post, i, c.Post)
		}
	})
}

func compareRewritten(t *testing.T, c, name string, rules []carbonconf.RewriteRule, i int, changes map[string]*string) {
	t.Helper()
	want, changed := changes[strconv.Itoa(i)]
	if !changed {
		want = &name
	}
	got, err := carbonconf.Rewritten([]byte(name), rules)
	if (err != nil) != (want == nil) || err == nil && string(got) != *want {
		t.Errorf("%s: %q: got %q, %v", c, name, got, err)
	}
}

func TestGoldenAggregation(t *testing.T) {
	names := readNames(t, "aggregation-names.json")
	type golden struct {
		Line, Method, Err string
		Frequency         int
		Outputs           map[string]any
	}
	each(t, "aggregation-rules.jsonl", func(t *testing.T, c golden) {
		r, err := carbonconf.ParseAggregationRule(c.Line)
		if (err != nil) != (c.Err != "") {
			t.Errorf("%q: got %v, want %q", c.Line, err, c.Err)
		}
		if err != nil {
			return
		}
		if r.Frequency != c.Frequency || r.Method != c.Method {
			t.Errorf("%q: got %d and %s", c.Line, r.Frequency, r.Method)
		}
		for i, name := range names {
			var got any
			if out, ok, err := r.Name([]byte(name)); err != nil {
				got = "error"
			} else if ok {
				got = out
			}
			want := c.Outputs[strconv.Itoa(i)]
			if _, bad := want.(map[string]any); bad {
				want = "error"
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%q: %q: got %v, want %v", c.Line, name, got, want)
			}
		}
	})
}
