package carbonconf_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/plumbago/plumbago/config/carbonconf"
	"github.com/plumbago/plumbago/internal/schema"
)

// storageGolden is what carbon makes of a file: of each metric the rule, and what it
// says.
type storageGolden struct {
	Cat, Name, Config, Err string
	Order                  []string
	Results                map[string][2]json.RawMessage
}

func TestGoldenStorage(t *testing.T) {
	each(t, "storage-files.jsonl", func(t *testing.T, c storageGolden) {
		t.Run(c.Cat+"/"+c.Name, func(t *testing.T) {
			rules, names, errs := parseStorage(c)
			if (c.Err != "") == errs.Harmless() {
				t.Fatalf("got %v, want %q", errs, c.Err)
			}
			if c.Err != "" {
				return
			}
			if got, want := fmt.Sprint(append(names, "default")), fmt.Sprint(c.Order); got != want {
				t.Errorf("got the rules %s, want %s", got, want)
			}
			for name, want := range c.Results {
				if got := describeStorage(rules.For([]byte(name)), c.Cat); got != wantStorage(t, want[1], c.Cat) {
					t.Errorf("%q: got %s, want %s", name, got, want[1])
				}
			}
		})
	})
}

func parseStorage(c storageGolden) (rules schema.Rules, names []string, errs carbonconf.Errors) {
	if c.Cat == "schemas" {
		rules.Retentions, errs = carbonconf.ParseStorageSchemas("storage-schemas.conf", c.Config)
		for _, r := range rules.Retentions {
			names = append(names, r.Name)
		}
		return rules, names, errs
	}
	rules.Aggregations, errs = carbonconf.ParseStorageAggregation("storage-aggregation.conf", c.Config)
	for _, r := range rules.Aggregations {
		names = append(names, r.Name)
	}
	return rules, names, errs
}

func describeStorage(s schema.Schema, cat string) string {
	if cat == "schemas" {
		return fmt.Sprint(s.Archives)
	}
	return fmt.Sprint(s.XFilesFactor, s.Method)
}

// wantStorage writes a golden result as describeStorage does, with what Whisper takes
// where carbon says nothing.
func wantStorage(t *testing.T, text json.RawMessage, cat string) string {
	t.Helper()
	if cat == "schemas" {
		var list [][2]int64
		if err := json.Unmarshal(text, &list); err != nil {
			t.Fatal(err)
		}
		var archives []schema.Archive
		for _, a := range list {
			archives = append(archives, schema.Archive{Step: a[0], Points: a[1]})
		}
		schema.Sort(archives)
		return fmt.Sprint(archives)
	}
	var pair [2]any
	if err := json.Unmarshal(text, &pair); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%v %v", either(pair[0] == nil, any(0.5), pair[0]), either(pair[1] == nil, any("average"), pair[1]))
}

func TestStorageProblemsNameTheirPlace(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"no pattern", "[a]\nretentions = 1:1\n", "f:1: [a] there is no pattern; write pattern = .* for all series; the rule is left out"},
		{"no retentions", "\n[a]\npattern = x\n", "f:2: [a] there are no retentions; write retentions = STEP:LENGTH, as in 60s:7d; the rule is left out"},
		{"no retention", "[a]\npattern = x\nretentions = 60\n", `f:3: [a] retentions: "60" is no retention; write STEP:LENGTH, as in 10s:6h or 60:1440`},
		{"a lone percent sign", "[a]\npattern = x%y\nretentions = 1:1\n", "f:2: [a] PATTERN: a lone % stands in the value; write %% for a percent sign"},
		{"two of a step", "[a]\npattern = x\nretentions = 1:5, 1:9\n", "f:3: [a] retentions: two retentions have a step of 1 seconds; the rule is left out"},
		{"no expression", "[a]\npattern = (\nretentions = 1:1\n", "f:2: [a] pattern "},
	} {
		_, errs := carbonconf.ParseStorageSchemas("f", c.text)
		if len(errs) != 1 || len(errs[0].Error()) < len(c.want) || errs[0].Error()[:len(c.want)] != c.want {
			t.Errorf("%s: got %v, want %s", c.name, errs, c.want)
		}
	}
	_, errs := carbonconf.ParseStorageAggregation("f", "[a]\npattern = x\nxFilesFactor = many\n[b]\npattern = x\nxFilesFactor = nan\n")
	if len(errs) != 2 || !errs[0].Harmless || errs[1].Harmless {
		t.Errorf("got %v, want one that is left out and one that is not", errs)
	}
}

func TestLoadStorage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "storage-schemas.conf")
	if _, err := carbonconf.LoadStorageSchemas(path); kindOf(err) != carbonconf.Unreadable {
		t.Errorf("got %v, want unreadable", err)
	}
	if err := os.WriteFile(path, []byte("[a]\npattern = ^a\nretentions = 1m:1d\n[b]\npattern = b\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	rules, err := carbonconf.LoadStorageSchemas(path)
	var errs carbonconf.Errors
	if len(rules) != 1 || rules[0].Archives[0].Points != 1440 || !errors.As(err, &errs) || !errs.Harmless() {
		t.Errorf("got %v and error %v", rules, err)
	}
	if rules, err := carbonconf.LoadStorageAggregation(path); len(rules) != 2 || err != nil {
		t.Errorf("got %v and error %v, want two rules", rules, err)
	}
}
