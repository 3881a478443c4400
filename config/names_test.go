package config_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/plumbago/plumbago/config"
	"github.com/plumbago/plumbago/internal/tidy"
)

var nameErrors = []errorCase{
	{"policies", `receive:
  - {protocol: line, listen: tcp://:1, names: {}}
  - {protocol: line, listen: tcp://:2, names: {dots: pass, tags: pass}}
  - {protocol: line, listen: tcp://:3, names: {allowed: 'a-z', max_length: 100, max_age: 1d, max_ahead: 1h}}
  - {protocol: line, listen: tcp://:4, names: {allowed: 'z-a', characters: fix}}
  - {protocol: line, listen: tcp://:5, names: {allowed: 'a]b[c', characters: fix}}
  - {protocol: line, listen: tcp://:6, names: {characters: mend, age: drop}}
  - {protocol: line, listen: tcp://:7, names: {age: drop, max_ahead: 1h, length: cut}}
  - {protocol: line, listen: tcp://:8, names: fix}
  - {protocol: line, listen: tcp://:9, names: {max_length: 5, length: drop, character: fix}}
  - {protocol: line, listen: tcp://:10, names: {allowed: 'a-z', characters: fix}}
  - {protocol: line, listen: tcp://:11, names: {allowed: 'a-z', characters: drop}}
` + destination,
		[]string{
			`2:47: names: nothing is done about any fault; say what to do, like {characters: fix}, or leave it out`,
			`3:47: names: nothing is done about any fault; say what to do, like {characters: fix}, or leave it out`,
			`4:57: allowed: does nothing without characters; add it, like characters: fix`,
			`4:76: max_length: does nothing without length; add it, like length: drop`,
			`4:90: max_age: does nothing without age; add it, like age: drop`,
			`4:105: max_ahead: does nothing without age; add it, like age: drop`,
			`5:57: allowed: want what stands between the brackets of a regular expression, like a-zA-Z0-9_.-, got "z-a"; put \ before each of \ [ ] - ^ that stands for itself`,
			`6:57: allowed: want what stands between the brackets of a regular expression, like a-zA-Z0-9_.-, got "a]b[c"; put \ before each of \ [ ] - ^ that stands for itself`,
			`7:60: characters: want pass, fix, quarantine or drop, got "mend"`,
			`7:71: age: does nothing without max_age; add it, like max_age: 7d`,
			`8:82: length: want pass, fix, quarantine or drop, got "cut"`,
			`9:47: names: want keys with values, got the text "fix"`,
			`10:60: max_length: want 16 or more, got "5"`,
			`10:77: unknown key "character"; did you mean "characters"?`,
			`11:58: allowed: the underscore is not among them, which fix puts in place of others; add _`,
		}},
	{"quarantine without a destination", `receive:
  - {protocol: line, listen: tcp://:1, names: {dots: fix, tags: quarantine, length: quarantine}}
` + destination,
		[]string{
			`2:85: quarantine needs a destination; name it at the top level, like quarantine: carbon`,
		}},
	{"quarantine without a destination for a tenant's names", receiver + destination + `
tenants: [{name: acme, allow: ['::1'], names: {dots: quarantine}}]
`,
		[]string{
			`4:54: quarantine needs a destination; name it at the top level, like quarantine: carbon`,
		}},
	{"a quarantine for nothing", receiver + destination + "quarantine: carbon\n",
		[]string{
			`3:13: quarantine: nothing is put there; leave it out, or say quarantine in unknown_tenant or in names`,
		}},
	{"an unknown quarantine", receiver + destination + "quarantine: carbn\n",
		[]string{
			`3:13: quarantine: no destination is named "carbn"; did you mean "carbon"?`,
		}},
}

func TestNames(t *testing.T) {
	got := mustParse(t, receiver+`
quarantine: aside
tenants:
  - name: acme
    allow: ['::1']
    names: {allowed: 'a-z.\d_-', characters: fix, dots: quarantine, max_length: 99, length: drop, tags: pass, max_age: 7d, max_ahead: 1h, age: fix}
  - {name: beta, allow: ['::2'], names: {tags: drop}}
deliver:
  - {name: a, type: carbon, address: tcp://h:1, protocol: line}
  - {name: aside, type: carbon, address: tcp://h:2, protocol: line}
`, config.Lookup{})
	want := []tidy.Options{
		{
			Allowed: `a-z.\d_-`, Characters: tidy.Fix, Dots: tidy.Quarantine, MaxLength: 99, Length: tidy.Drop,
			MaxAge: 7 * 24 * time.Hour, MaxAhead: time.Hour, Age: tidy.Fix,
		},
		{MaxLength: 1024, Tags: tidy.Drop},
	}
	for i, want := range want {
		if diff := cmp.Diff(want, got.Tenants[i].Names.Policy(), cmp.Comparer(sameAction)); diff != "" {
			t.Errorf("policy (-want +got):\n%s", diff)
		}
	}
	if got.Quarantine != "aside" {
		t.Errorf("got the quarantine %q, want aside", got.Quarantine)
	}
	if diff := cmp.Diff([]config.Rule{{To: []string{"a"}}}, got.Route); diff != "" {
		t.Errorf("without rules nothing goes to the quarantine (-want +got):\n%s", diff)
	}
}

func sameAction(a, b tidy.Action) bool { return a == b }
