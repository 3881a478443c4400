package main

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/template"

	"github.com/plumbago/plumbago/internal/name"
)

const indexes = "0123456789abcdefghijklmnopqrstuvwxyz"

// golden returns the destinations that the characters of a token stand for, sorted.
func golden(destinations []string, token string) []string {
	var list []string
	for _, c := range strings.Trim(token, "-") {
		list = append(list, destinations[strings.IndexRune(indexes, c)])
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func openGolden(t *testing.T, path string) io.Reader {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if filepath.Ext(path) != ".gz" {
		return f
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// eachCase calls do with each line of a golden file.
func eachCase[T any](t *testing.T, path string, do func(T)) {
	t.Helper()
	lines := bufio.NewScanner(openGolden(t, path))
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var c T
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		do(c)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}

func readNames(t *testing.T, path string) (names []string) {
	t.Helper()
	if err := json.NewDecoder(openGolden(t, path)).Decode(&names); err != nil {
		t.Fatal(err)
	}
	return names
}

// migrated returns the draft of files, the first of which is migrated, and where
// the file that it comes to sends names.
func migrated(t *testing.T, files ...string) (*draft, places) {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		if err := os.WriteFile(filepath.Join(dir, files[i]), []byte(files[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d, err := (&migrateCommand{From: "auto", Instance: "a", File: filepath.Join(dir, files[0])}).draft()
	if err != nil {
		t.Fatal(err)
	}
	_, written, err := d.text()
	if err != nil {
		t.Fatal(err)
	}
	after, err := d.placesOf(written)
	if err != nil {
		t.Fatal(err)
	}
	return d, after
}

// What carbon's rings come to places names where carbon does.
func TestMigrateCarbonRings(t *testing.T) {
	const rings = "../../internal/hashring/testdata/"
	names := readNames(t, rings+"names.json.gz")
	type ring struct {
		Ring, Method, Hash, Results string
		RF, Names                   int
		Diverse                     bool
		Destinations                []string
	}
	placed, cases := 0, 0
	check := func(c ring) {
		large := c.RF == 2 && c.Names >= 1000
		if cases++; cases%4 != 0 && !large {
			return
		}
		conf := fmt.Sprintf("[relay]\nRELAY_METHOD = %s\nREPLICATION_FACTOR = %d\nDIVERSE_REPLICAS = %t\nCARBON_METRIC_INTERVAL = 0\nDESTINATIONS = %s\n",
			c.Method, c.RF, c.Diverse, strings.Join(c.Destinations, ","))
		if c.Hash != "default" {
			conf += "ROUTER_HASH_TYPE = " + c.Hash + "\n"
		}
		d, after := migrated(t, "carbon.conf", conf)
		if len(d.left) > 0 {
			if !slices.ContainsFunc(c.Destinations, func(text string) bool { return strings.HasSuffix(text, ":") }) {
				t.Errorf("%s: left out: %v", c.Ring, d.left)
			}
			return
		}
		tokens := strings.Fields(c.Results)
		few := 50
		if large {
			few = c.Names
		}
		for i, token := range tokens[:min(few, len(tokens))] {
			if got, want := after(names[i]), golden(c.Destinations, token); !slices.Equal(got, want) {
				t.Fatalf("%s %s rf %d diverse %t: %q: got %v, want %v", c.Ring, c.Method, c.RF, c.Diverse, names[i], got, want)
			}
			placed++
		}
	}
	eachCase(t, rings+"consistent.jsonl.gz", check)
	eachCase(t, rings+"fast.jsonl.gz", check)
	if placed < 5_000 {
		t.Errorf("compared %d places, want 5000 at least", placed)
	}
}

// What relay-rules.conf comes to routes names as carbon does, unless it says that
// it does not.
func TestMigrateCarbonRules(t *testing.T) {
	const dir = "../../config/carbonconf/testdata/golden/"
	names := readNames(t, dir+"rules-names.json")
	type rules struct {
		Name, Config, Results, Sets string
		Destinations                []string
		Loads                       bool
	}
	whole := 0
	eachCase(t, dir+"rules-rules.jsonl", func(c rules) {
		if !c.Loads {
			return
		}
		t.Run(c.Name, func(t *testing.T) {
			d, after := migrated(t, "carbon.conf", "[relay]\nCARBON_METRIC_INTERVAL = 0\nDESTINATIONS = "+strings.Join(c.Destinations, ", ")+"\n",
				"relay-rules.conf", c.Config)
			unlike := 0
			for i, token := range strings.Fields(c.Results) {
				if name.Check([]byte(names[i])) != "" {
					continue // no line can carry it
				}
				if got, want := after(names[i]), golden(c.Destinations, token); !slices.Equal(got, want) {
					if unlike++; len(d.left) == 0 {
						t.Errorf("%q: got %v, want %v", names[i], got, want)
					}
				}
			}
			if len(d.left) == 0 {
				whole++
			}
			t.Logf("%d of %d names elsewhere; left out: %v", unlike, len(names), d.left)
		})
	})
	if whole < 15 {
		t.Errorf("%d cases have an equivalent for everything, want 15", whole)
	}
}

// The rings that c-relay's clusters are compared with are those of a real
// carbon-c-relay 3.7.3.
func TestMigrateCRelayRings(t *testing.T) {
	type cluster struct {
		Name, Kind, Results string
		Copies              int
		Members             []string
	}
	eachCase(t, "testdata/migrate-c-relay.jsonl", func(c cluster) {
		t.Run(c.Name, func(t *testing.T) {
			d, after := migrated(t, "relay.conf", fmt.Sprintf("cluster c %s replication %d %s; match * send to c;",
				c.Kind, c.Copies, strings.Join(c.Members, " ")))
			before, err := d.old()
			if err != nil {
				t.Fatal(err)
			}
			var addresses []string
			for _, m := range c.Members {
				address, _, _ := strings.Cut(m, "=")
				addresses = append(addresses, address)
			}
			moved := 0
			for i, token := range strings.Fields(c.Results) {
				metric := fmt.Sprintf("servers.host-%03d.cpu-%d.user", i*7%1000, i%16)
				was := before(metric)
				slices.Sort(was)
				if want := golden(addresses, token); !slices.Equal(was, want) {
					t.Errorf("%s: got %v, want %v", metric, was, want)
				}
				if !slices.Equal(was, after(metric)) {
					moved++
				}
			}
			if most := 400 * 15 * c.Copies / 100; moved > most && !(c.Copies > 1 && c.Kind == "jump_fnv1a_ch") {
				t.Errorf("%d of 400 names move, want %d at most", moved, most)
			}
			t.Logf("%d of 400 names move", moved)
		})
	})
}

func TestRecognise(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"carbon", "# x\n[cache]\nUSER =\n[relay]\n", "carbon"},
		{"an instance", "[relay:b]\n", "carbon"},
		{"c-relay", "# comment\n\n  cluster a forward b;\n", "c-relay"},
		{"c-relay's include", "include x;\n", "c-relay"},
		{"relay-ng", "instance = 'x'\nlisten_addr = ':2003'\n", "relay-ng"},
		{"relay-ng's routes", "\n[[route]]\nkey = 'a'\n", "relay-ng"},
		{"another", "receive:\n", ""},
		{"empty", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := recognise([]byte(test.text)); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// What carbon-c-relay is measured with beside plumbago has an equivalent.
func TestMigrateCRelayOfTheBench(t *testing.T) {
	text, err := os.ReadFile("../../bench/peers/carbon-c-relay/relay.conf")
	if err != nil {
		t.Fatal(err)
	}
	var conf strings.Builder
	peer := template.Must(template.New("relay.conf").Parse(string(text)))
	if err := peer.Execute(&conf, map[string]any{"LineIn": "2003", "Out": "2013"}); err != nil {
		t.Fatal(err)
	}
	d, after := migrated(t, "relay.conf", conf.String())
	if got := after("a.b"); len(d.left) > 0 || !slices.Equal(got, []string{"127.0.0.1:2013"}) {
		t.Errorf("got %v, left out: %v", got, d.left)
	}
}
