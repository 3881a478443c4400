package hashring_test

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/plumbago/plumbago/internal/hashring"
)

// indexes are how the golden files write the place of a destination in a list.
const indexes = "0123456789abcdefghijklmnopqrstuvwxyz"

// golden is a line of one of the golden files.
type golden struct {
	Ring, Hash, Method string
	RF                 int
	Diverse            bool
	Destinations, Pool []string
	NodeOrder          string `json:"node_order"`
	Rules              string
	Names              json.RawMessage
	Results            string
	Entries            int
	Min, Max           int64
	SHA256             string
	Name               string
	Carbon             int64  `json:"carbon_ch"`
	FNV1a32            uint32 `json:"fnv1a32"`
	FNV1a              int64  `json:"fnv1a_ch"`
	MMH3               int64  `json:"mmh3_ch"`
}

// kind returns the kind of ring of a case. What carbon does not know it takes
// for carbon_ch, except that fast hashing has another default.
func (g golden) kind() string {
	switch {
	case !strings.HasPrefix(g.Method, "fast-"):
		return g.Hash
	case g.Hash == "default":
		return hashring.FastMMH3CH
	}
	return "fast_" + g.Hash
}

func (g golden) options() hashring.Options {
	return hashring.Options{Replicas: g.RF, Diverse: g.Diverse}
}

// names returns the names that the case is about: so many of all, or a list.
func (g golden) names(t *testing.T, all []string) (names []string) {
	var n int
	if json.Unmarshal(g.Names, &n) == nil {
		return all[:n]
	}
	if err := json.Unmarshal(g.Names, &names); err != nil {
		t.Fatal(err)
	}
	return names
}

func open(t testing.TB, file string) io.Reader {
	t.Helper()
	f, err := os.Open("testdata/" + file + ".gz")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func cases(t *testing.T, file string) (all []golden) {
	t.Helper()
	lines := bufio.NewScanner(open(t, file))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var g golden
		if err := json.Unmarshal(lines.Bytes(), &g); err != nil {
			t.Fatal(err)
		}
		all = append(all, g)
	}
	if lines.Err() != nil || len(all) == 0 {
		t.Fatal(len(all), lines.Err())
	}
	return all
}

func allNames(t testing.TB) (names []string) {
	if err := json.NewDecoder(open(t, "names.json")).Decode(&names); err != nil {
		t.Fatal(err)
	}
	return names
}

// nodeOf reads a destination as carbon writes it.
func nodeOf(destination string) (n hashring.Node) {
	rest := ""
	if ipv6, ok := strings.CutPrefix(destination, "["); ok {
		n.Host, rest, _ = strings.Cut(ipv6, "]:")
	} else {
		n.Host, rest, _ = strings.Cut(destination, ":")
	}
	_, n.Instance, n.HasInstance = strings.Cut(rest, ":")
	return n
}

func nodesOf(destinations []string) (nodes []hashring.Node) {
	for _, d := range destinations {
		nodes = append(nodes, nodeOf(d))
	}
	return nodes
}

func newRing(t testing.TB, kind string, nodes []hashring.Node, o hashring.Options) *hashring.Ring {
	t.Helper()
	r, err := hashring.New(kind, nodes, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func letters(picks []int) string {
	var b strings.Builder
	for _, p := range picks {
		b.WriteByte(indexes[p])
	}
	return b.String()
}

// once leaves the first of each letter. Carbon's ring of one node yields it
// twice, and the set that carbon makes of it has it once.
func once(result string) string {
	var b strings.Builder
	for _, c := range result {
		if !strings.ContainsRune(b.String(), c) {
			b.WriteRune(c)
		}
	}
	return b.String()
}

func TestHashesAreCarbons(t *testing.T) {
	for _, g := range cases(t, "values.jsonl") {
		name := []byte(g.Name)
		for kind, want := range map[string]int64{hashring.CarbonCH: g.Carbon, hashring.FNV1aCH: g.FNV1a, hashring.MMH3CH: g.MMH3} {
			r := newRing(t, kind, nodesOf([]string{"a:1"}), hashring.Options{})
			if got := r.Position(name).Hash; got != want {
				t.Errorf("%s of %q: got %d, want %d", kind, g.Name, got, want)
			}
		}
		if got := hashring.FNV1a32(name); got != g.FNV1a32 {
			t.Errorf("FNV-1a of %q: got %d, want %d", g.Name, got, g.FNV1a32)
		}
	}
}

func TestRingsAreCarbons(t *testing.T) {
	for _, g := range cases(t, "rings.jsonl") {
		entries := newRing(t, g.kind(), nodesOf(g.Destinations), hashring.Options{}).Entries()
		var text []string
		for _, e := range entries {
			text = append(text, fmt.Sprintf("%d:%c", e.Entry, indexes[e.Node]))
		}
		if len(entries) != g.Entries || entries[0].Entry != g.Min || entries[len(entries)-1].Entry != g.Max {
			t.Errorf("%s %s: got %d entries", g.Ring, g.Hash, len(entries))
		}
		if got := fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join(text, ",")))); got != g.SHA256 {
			t.Errorf("%s %s: got the digest %s, want %s", g.Ring, g.Hash, got, g.SHA256)
		}
	}
}

func TestPlacesAreCarbons(t *testing.T) {
	all := allNames(t)
	for _, file := range []string{"consistent.jsonl", "fast.jsonl", "jump.jsonl"} {
		placed := 0
		for _, g := range cases(t, file) {
			r := newRing(t, g.kind(), nodesOf(g.Destinations), g.options())
			placed += checkPlaces(t, r, g, g.names(t, all))
			if order := letters(r.Order()); g.NodeOrder != "" && order != g.NodeOrder {
				t.Errorf("%s %s: got the nodes in the order %s, want %s", g.Ring, g.Hash, order, g.NodeOrder)
			}
		}
		t.Logf("%s: %d names placed", file, placed)
	}
}

func checkPlaces(t *testing.T, r *hashring.Ring, g golden, names []string) int {
	t.Helper()
	results := strings.Fields(g.Results)
	if len(results) != len(names) {
		t.Fatalf("got %d results of %d names", len(results), len(names))
	}
	var picks []int
	for i, n := range names {
		picks = r.Pick(picks[:0], []byte(n))
		if got, want := letters(picks), once(results[i]); got != want {
			t.Errorf("%s %s %s rf %d diverse %v: %q is on %s, want %s", g.Ring, g.Method, g.Hash, g.RF, g.Diverse, n, got, want)
			break
		}
	}
	return len(names)
}

// inputOf finds the input pattern of an aggregation rule, field what stands for any text in it.
var (
	inputOf = regexp.MustCompile(`(?m)^.* (\S+)$`)
	field   = regexp.MustCompile(`<<?\w+>>?|\*`)
)

// TestAggregatedPlacesOfOtherNamesAreCarbons leaves out the names that an
// aggregation rule might take: those are placed by the rules' outputs.
func TestAggregatedPlacesOfOtherNamesAreCarbons(t *testing.T) {
	placed := 0
	for _, g := range cases(t, "aggregated.jsonl") {
		var taken []*regexp.Regexp
		for _, m := range inputOf.FindAllStringSubmatch(g.Rules, -1) {
			if strings.Contains(m[0], "=") {
				taken = append(taken, regexp.MustCompile(field.ReplaceAllString(strings.ReplaceAll(m[1], ".", `\.`), ".*")))
			}
		}
		r := newRing(t, g.kind(), nodesOf(g.Destinations), g.options())
		results := strings.Fields(g.Results)
		for i, n := range g.names(t, nil) {
			if slices.ContainsFunc(taken, func(re *regexp.Regexp) bool { return re.MatchString(n) }) {
				continue
			}
			placed++
			picks := r.Pick(nil, []byte(n))
			slices.Sort(picks)
			if got := letters(picks); got != results[i] {
				t.Errorf("%s %s: %q is on %s, want %s", g.Method, g.Hash, n, got, results[i])
			}
		}
	}
	if placed < 1000 {
		t.Errorf("got %d names that no rule takes, want 1000 and more", placed)
	}
}
