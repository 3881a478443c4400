package schema_test

import (
	"bufio"
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/plumbago/plumbago/internal/schema"
)

func TestParseArchiveAsCarbonDoes(t *testing.T) {
	f, err := os.Open("testdata/retentions.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	for d := json.NewDecoder(bufio.NewReader(f)); d.More(); n++ {
		var c struct {
			Text   string
			Result [2]int64
			Err    string
		}
		if err := d.Decode(&c); err != nil {
			t.Fatal(err)
		}
		got, err := schema.ParseArchive(c.Text)
		if (err != nil) != (c.Err != "") || got != (schema.Archive{Step: c.Result[0], Points: c.Result[1]}) {
			t.Errorf("%q: got %v and error %v, want %v and %q", c.Text, got, err, c.Result, c.Err)
		}
	}
	if n < 20 {
		t.Errorf("got %d cases", n)
	}
}

func TestParseArchiveRefusesWhatHasNoBound(t *testing.T) {
	for _, text := range []string{"0s:1d", "1s:99999999999y", "99999999999999999999:1", "1:1:1", "²:10"} {
		if got, err := schema.ParseArchive(text); err == nil {
			t.Errorf("%q: got %v, want an error", text, got)
		}
	}
}

func TestCheck(t *testing.T) {
	type list = []schema.Archive
	for _, c := range []struct {
		name     string
		archives list
		ok       bool
	}{
		{"one", list{{Step: 60, Points: 1}}, true},
		{"three", list{{Step: 1, Points: 60}, {Step: 60, Points: 2}, {Step: 120, Points: 2}}, true},
		{"none", nil, false},
		{"step 0", list{{Step: 0, Points: 10}}, false},
		{"no points", list{{Step: 10, Points: 0}}, false},
		{"longer than 32 bits", list{{Step: 1 << 20, Points: 1 << 12}}, false},
		{"the same step", list{{Step: 10, Points: 10}, {Step: 10, Points: 20}}, false},
		{"no multiple", list{{Step: 10, Points: 10}, {Step: 15, Points: 20}}, false},
		{"no more time", list{{Step: 10, Points: 10}, {Step: 20, Points: 5}}, false},
		{"too few to consolidate", list{{Step: 10, Points: 5}, {Step: 60, Points: 5}}, false},
	} {
		if err := schema.Check(c.archives); (err == nil) != c.ok {
			t.Errorf("%s: got error %v", c.name, err)
		}
	}
}

func TestDefault(t *testing.T) {
	rules := schema.Default()
	for _, c := range []struct {
		name string
		want schema.Method
	}{
		{"servers.web.cpu", schema.Average},
		{"a.count", schema.Sum},
		{"a.count;host=x", schema.Sum},
		{"count", schema.Sum},
		{"a.sum", schema.Sum},
		{"a.discount", schema.Average},
		{"a.count.rate", schema.Average},
		{"stats_counts.a", schema.Sum},
		{"a.min", schema.Min},
		{"a.lower", schema.Min},
		{"a.max", schema.Max},
		{"a.upper", schema.Max},
		{"a.upper_90", schema.Max},
		{"a;b=max", schema.Average},
	} {
		got := rules.For([]byte(c.name))
		if got.Method != c.want || got.XFilesFactor != 0 || len(got.Archives) != 3 || schema.Check(got.Archives) != nil {
			t.Errorf("%s: got %+v, want %v", c.name, got, c.want)
		}
	}
}

func TestForWithoutRulesIsAsCarbon(t *testing.T) {
	got := new(schema.Rules).For([]byte("a"))
	if got.Method != schema.Average || got.XFilesFactor != 0.5 || !slices.Equal(got.Archives, []schema.Archive{{Step: 60, Points: 10080}}) {
		t.Errorf("got %+v", got)
	}
}

func TestMethods(t *testing.T) {
	for i, name := range schema.Methods() {
		if m, ok := schema.ParseMethod(name); !ok || int(m) != i+1 || m.String() != name || !m.Valid() {
			t.Errorf("%s: got %d, %v", name, m, ok)
		}
	}
	if _, ok := schema.ParseMethod("median"); ok || schema.Method(0).Valid() || schema.Method(9).Valid() {
		t.Error("got a method that there is not")
	}
}
