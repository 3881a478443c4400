package whisper_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	store "github.com/plumbago/plumbago/deliver/whisper"
	"github.com/plumbago/plumbago/internal/glob"
	"github.com/plumbago/plumbago/render"
	"github.com/plumbago/plumbago/whisper"
)

var tree = []string{
	"a", "a.b", "a.b.c", "servers.web1.cpu.user", "servers.web1.cpu.idle", "servers.web2.cpu.user",
	"servers.db1.cpu.user", "servers.db1.mem", "x-y.z", "é.Ü",
}

// fill makes files of these series.
func fill(t testing.TB, dir string, names []string) {
	t.Helper()
	for _, name := range names {
		path := filepath.Join(dir, strings.ReplaceAll(name, ".", "/")+".wsp")
		if strings.Contains(name, ";") {
			sum := sha256.Sum256([]byte(name))
			hash := hex.EncodeToString(sum[:])
			path = filepath.Join(dir, "_tagged", hash[:3], hash[3:6], name+".wsp")
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := whisper.Create(path, rules().For([]byte(name)), whisper.Sparse); err != nil {
			t.Fatal(err)
		}
	}
}

// find returns the paths that a pattern finds, in order, folders with a dot behind.
func find(t testing.TB, s *store.Store, pattern string) string {
	t.Helper()
	nodes, err := s.Find(t.Context(), pattern, many)
	if err != nil {
		t.Fatalf("%q: %v", pattern, err)
	}
	return describe(nodes)
}

func describe(nodes []render.Node) string {
	var all []string
	for _, n := range nodes {
		if n.Leaf {
			all = append(all, n.Path)
		} else {
			all = append(all, n.Path+".")
		}
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

var finds = []struct{ pattern, want string }{
	{"*", "a a. servers. x-y. é."},
	{"a", "a a."},
	{"a.*", "a.b a.b."},
	{"a.b.c", "a.b.c"},
	{"none", ""},
	{"a.b.c.d", ""},
	{"servers.*.cpu.user", "servers.db1.cpu.user servers.web1.cpu.user servers.web2.cpu.user"},
	{"servers.web?.cpu.*", "servers.web1.cpu.idle servers.web1.cpu.user servers.web2.cpu.user"},
	{"servers.web[2-9].*", "servers.web2.cpu."},
	{"servers.{web1,db*}.*", "servers.db1.cpu. servers.db1.mem servers.web1.cpu."},
	{"servers.{web1,web1,we{b1,b3}}.*", "servers.web1.cpu."},
	{"?", "a a. é."},
	{"*.?", "a.b a.b. x-y.z é.Ü"},
	{"**", "a a. a.b a.b. a.b.c servers. servers.db1. servers.db1.cpu. servers.db1.cpu.user servers.db1.mem servers.web1. servers.web1.cpu. servers.web1.cpu.idle servers.web1.cpu.user servers.web2. servers.web2.cpu. servers.web2.cpu.user x-y. x-y.z é. é.Ü"},
	{"a.**", "a.b a.b. a.b.c"},
	{"**.user", "servers.db1.cpu.user servers.web1.cpu.user servers.web2.cpu.user"},
	{"**.b.**", "a.b.c"},
	{"**.**.b", "a.b a.b."},
	{"servers.**.cpu.**.user", "servers.db1.cpu.user servers.web1.cpu.user servers.web2.cpu.user"},
	{"**.a", "a a."},
	{"tagged;a=b", "tagged;a=b"},
	{"tagged;a=*", ""},
	{"_tagged", ""},
	{"_tagged.*", ""},
	{"_tagged.abc.**", ""},
	{"..", ""},
	{"../*", ""},
	{"a/b", ""},
	{"", ""},
	{strings.Repeat("**.*.", 127) + "x", ""},
}

// inMemoryAndOnDisk runs a test with a store that has all names in memory, and one that
// has none, and looks in the folders for those without tags.
func inMemoryAndOnDisk(t *testing.T, dir string, f func(*testing.T, *store.Store)) {
	for name, bytes := range map[string]int64{"in memory": 0, "on disk": 1} {
		t.Run(name, func(t *testing.T) { f(t, open(t, store.Options{Dir: dir, IndexBytes: bytes})) })
	}
}

func TestFind(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, append([]string{"tagged;a=b"}, tree...))
	if err := os.WriteFile(filepath.Join(dir, "a", "other.txt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	inMemoryAndOnDisk(t, dir, func(t *testing.T, s *store.Store) {
		for _, c := range finds {
			if got := find(t, s, c.pattern); got != c.want {
				t.Errorf("%q: got %q, want %q", c.pattern, got, c.want)
			}
		}
		if _, err := s.Find(t.Context(), "a."+strings.Repeat("{a,b}", 20), many); !errors.Is(err, glob.ErrVariants) {
			t.Errorf("got %v of a pattern that stands for a million words, want ErrVariants", err)
		}
		if _, err := s.Find(t.Context(), strings.Repeat("**.*.", 500)+"x", many); !errors.Is(err, glob.ErrDeep) {
			t.Errorf("got %v of a pattern of a thousand nodes, want ErrDeep", err)
		}
		for _, limit := range []int{0, 1, 2, 4} {
			if got, err := s.Find(t.Context(), "*", limit); !errors.Is(err, render.ErrTooMany) {
				t.Errorf("limit %d: got %v and error %v, want ErrTooMany", limit, got, err)
			}
		}
		if got, err := s.Find(t.Context(), "*", 5); err != nil || len(got) != 5 {
			t.Errorf("got %v and error %v with a limit that is just enough", got, err)
		}
	})
}

// TestASearchThatTakesLongHoldsNobodyUp asks for what takes very long to look for: it
// ends soon after its time is over, and series come in meanwhile.
func TestASearchThatTakesLongHoldsNobodyUp(t *testing.T) {
	s := open(t, store.Options{})
	var names []string
	for i := range 20_000 {
		names = append(names, fmt.Sprintf("%s.%s%d", strings.Repeat("a", 200), strings.Repeat("a", 200), i))
	}
	store.AddNames(s, names)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	began, ended := time.Now(), make(chan error, 1)
	go func() {
		_, err := s.Find(ctx, "**."+strings.Repeat("{*,*}", 9)+strings.Repeat("a", 150)+"b", many)
		ended <- err
	}()
	for i := 0; ctx.Err() == nil; i++ {
		added := time.Now()
		store.AddNames(s, []string{fmt.Sprint("fresh.n", i)})
		if took := time.Since(added); took > time.Second {
			t.Errorf("a new series waited %v for a search", took)
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err := <-ended; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v of a search without end, want that its time is over", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("the search took %v, want it to end in time", took)
	}
	if got := find(t, s, "fresh.n0"); got != "fresh.n0" {
		t.Errorf("got %q of what came in meanwhile, want it", got)
	}
}

// TestFindsWhatFits holds the search against the meaning of a pattern, node by node.
func TestFindsWhatFits(t *testing.T) {
	node := rapid.SampledFrom([]string{"a", "b", "ab", "c"})
	path := rapid.Map(rapid.SliceOfN(node, 1, 5), func(n []string) string { return strings.Join(n, ".") })
	part := rapid.SampledFrom([]string{"a", "b", "*", "**", "a*", "?", "[ab]", "{a,ab}", "{c,b*}"})
	whole := rapid.Map(rapid.SliceOfN(part, 1, 6), func(n []string) string { return strings.Join(n, ".") })
	s := open(t, store.Options{})
	var names []string
	for range 300 {
		names = append(names, path.Example(rand.IntN(1<<30)))
	}
	store.AddNames(s, names)
	rapid.Check(t, func(t *rapid.T) {
		p := whole.Draw(t, "pattern")
		nodes, err := s.Find(t.Context(), p, many)
		if got, want := describe(nodes), fitting(p, names); got != want || err != nil {
			t.Fatalf("got %q and error %v, want %q", got, err, want)
		}
	})
}

// fitting is what find is to return.
func fitting(pattern string, names []string) string {
	globs, _ := glob.Path(pattern)
	found := map[render.Node]bool{}
	for _, name := range names {
		parts := strings.Split(name, ".")
		for n := range parts {
			if fits(globs, parts[:n+1]) {
				found[render.Node{Path: strings.Join(parts[:n+1], "."), Leaf: n == len(parts)-1}] = true
			}
		}
	}
	var nodes []render.Node
	for n := range found {
		nodes = append(nodes, n)
	}
	return describe(nodes)
}

func fits(globs []glob.Node, parts []string) bool {
	switch {
	case len(globs) == 0:
		return len(parts) == 0
	case globs[0].Deep() && len(globs) == 1:
		return len(parts) > 0
	case globs[0].Deep():
		return fits(globs[1:], parts) || len(parts) > 0 && fits(globs, parts[1:])
	}
	return len(parts) > 0 && globs[0].Match(parts[0]) && fits(globs[1:], parts[1:])
}

func TestOthersChangesAreFound(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, append([]string{"tagged;a=b"}, tree...))
	s := open(t, store.Options{Dir: dir, Rescan: 5 * time.Millisecond})
	fill(t, dir, []string{"new.one", "tagged;a=c"})
	if err := os.RemoveAll(filepath.Join(dir, "servers")); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, store.PathOf(s, "tagged;a=b"), "../tagged;a=b.wsp")); err != nil {
		t.Fatal(err)
	}
	want := []string{"a", "a.b", "a.b.c", "new.one", "tagged;a=c", "x-y.z", "é.Ü"}
	await(t, fmt.Sprint(want), func() bool { return slices.Equal(names(t, s), want) })
}

func TestSearch(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, tree)
	inMemoryAndOnDisk(t, dir, func(t *testing.T, s *store.Store) {
		for _, c := range []struct{ words, want string }{
			{"cpu", "servers.db1.cpu.user servers.web1.cpu.idle servers.web1.cpu.user servers.web2.cpu.user"},
			{"cpu web", "servers.web1.cpu.idle servers.web1.cpu.user servers.web2.cpu.user"},
			{"user 1.c web", "servers.web1.cpu.user"},
			{"web cpu none", ""},
			{"ü", "é.Ü"},
			{"b.c", "a.b.c"},
			{"d", "servers.db1.cpu.user servers.db1.mem servers.web1.cpu.idle"},
		} {
			got, err := s.Search(t.Context(), strings.Fields(c.words), many)
			if slices.Sort(got); err != nil || strings.Join(got, " ") != c.want {
				t.Errorf("%q: got %q and error %v, want %q", c.words, got, err, c.want)
			}
		}
		if got, err := s.Search(t.Context(), []string{"cpu"}, 2); err != nil || len(got) != 2 {
			t.Errorf("got %q and error %v, want two", got, err)
		}
	})
}

func TestSearchFindsSeriesWithTags(t *testing.T) {
	s := storeTagged(t, t.TempDir())
	got, err := s.Search(t.Context(), []string{"dc=b", "cpu"}, many)
	if err != nil || !slices.Equal(got, []string{"cpu;dc=b;host=db1"}) || !slices.Equal(names(t, s), taggedNames) {
		t.Errorf("got %q and error %v, and the names %q", got, err, names(t, s))
	}
}

func TestNames(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, tree)
	want := slices.Sorted(slices.Values(tree))
	inMemoryAndOnDisk(t, dir, func(t *testing.T, s *store.Store) {
		if got := names(t, s); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		for _, limit := range []int{0, 1, len(want) - 1} {
			if got, err := s.Names(t.Context(), limit); !errors.Is(err, render.ErrTooMany) {
				t.Errorf("limit %d: got %q and error %v, want ErrTooMany", limit, got, err)
			}
		}
	})
}

// FuzzFind looks for what anyone may ask for.
func FuzzFind(f *testing.F) {
	for _, c := range finds {
		f.Add(c.pattern)
	}
	f.Add("[!]a-]*{a,{b,c}?}.**.[")
	dir := f.TempDir()
	fill(f, dir, tree)
	memory, disk := open(f, store.Options{Dir: dir}), open(f, store.Options{Dir: dir, IndexBytes: 1})
	f.Fuzz(func(t *testing.T, pattern string) {
		inMemory, err := memory.Find(t.Context(), pattern, many)
		onDisk, other := disk.Find(t.Context(), pattern, many)
		if a, b := describe(inMemory), describe(onDisk); a != b || (err == nil) != (other == nil) {
			t.Errorf("got %q and error %v in memory, %q and error %v on disk", a, err, b, other)
		}
	})
}
