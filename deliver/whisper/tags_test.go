package whisper_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	store "github.com/plumbago/plumbago/deliver/whisper"
	"github.com/plumbago/plumbago/render"
)

var taggedNames = []string{
	"cpu;dc=a;host=web1", "cpu;dc=a;host=web2", "cpu;dc=b;host=db1", "disk;dc=b;host=db1;mount=/var", "mem;host=web1",
}

// storeTagged brings points for these series and writes them.
func storeTagged(t *testing.T, dir string) *store.Store {
	t.Helper()
	s := open(t, store.Options{Dir: dir, FlushEvery: time.Hour})
	c := dial(t, s)
	var lines []string
	for _, name := range taggedNames {
		lines = append(lines, line(name, 1, 0))
	}
	send(t, c, batch(lines...))
	closeConn(t, c)
	return s
}

func exprs(t testing.TB, texts ...string) (list []render.TagExpr) {
	t.Helper()
	for _, text := range texts {
		e, err := render.ParseTagExpr(text)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, e)
	}
	return list
}

// tagged returns all series with tags.
func tagged(t testing.TB, s *store.Store) []string {
	t.Helper()
	all, err := s.Tagged(t.Context(), nil, many)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestTagged(t *testing.T) {
	s := storeTagged(t, t.TempDir())
	for _, c := range []struct{ exprs, want string }{
		{"name=cpu", "0 1 2"},
		{"host=web1", "0 4"},
		{"host=~web", "0 1 4"},
		{"host=~eb", ""},
		{"host=~web|db", "0 1 2 3 4"},
		{"host!=web1,name=cpu", "1 2"},
		{"host!=~web,dc=b", "2 3"},
		{"dc=,name=~.+", "4"},
		{"dc!=,name=~.+", "0 1 2 3"},
		{"dc!=", "0 1 2 3"},
		{"dc=", "4"},
		{"dc!=a", "2 3 4"},
		{"dc!=~a", "2 3 4"},
		{"mount=/var", "3"},
		{"none=x", ""},
		{"name=cpu,name!=cpu", ""},
		{"name=cpu,host=web2,dc=~.", "1"},
	} {
		var want []string
		for i := range strings.FieldsSeq(c.want) {
			want = append(want, taggedNames[i[0]-'0'])
		}
		got, err := s.Tagged(t.Context(), exprs(t, strings.Split(c.exprs, ",")...), many)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got %q and error %v, want %q", c.exprs, got, err, want)
		}
		if _, err := s.Tagged(t.Context(), exprs(t, strings.Split(c.exprs, ",")...), len(want)-1); len(want) > 0 && !errors.Is(err, render.ErrTooMany) {
			t.Errorf("%s: got %v with too low a limit, want ErrTooMany", c.exprs, err)
		}
	}
	if got := tagged(t, s); !slices.Equal(got, taggedNames) {
		t.Errorf("got %q without a condition, want all", got)
	}
}

func TestTagsAreReadAsRenderReadsThem(t *testing.T) {
	text := rapid.StringOfN(rapid.SampledFrom([]rune("ab;=~.!")), 0, 14, -1)
	rapid.Check(t, func(t *rapid.T) {
		name := text.Draw(t, "name")
		tags := render.Tags(name)
		for _, tag := range []string{"a", "b", "ab", "name", "none"} {
			if got := store.TagOf(name, tag); tags != nil && got != tags[tag] {
				t.Fatalf("%q: got %q of %s, want %q", name, got, tag, tags[tag])
			}
		}
	})
}

func TestTaggedNamesOutliveTheStore(t *testing.T) {
	dir := t.TempDir()
	storeTagged(t, dir)
	path := filepath.Join(dir, ".plumbago-tagged")
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString("gone;a=b\ncut;of") // what has no file, and what a crash leaves
	f.Close()
	s := open(t, store.Options{Dir: dir})
	if got := tagged(t, s); !slices.Equal(got, taggedNames) {
		t.Errorf("got %q, want %q", got, taggedNames)
	}
	c := dial(t, s)
	send(t, c, batch(line("later;a=b", 1, 0)))
	closeConn(t, c)
	again := open(t, store.Options{Dir: dir})
	if got := tagged(t, again); !slices.Contains(got, "later;a=b") || len(got) != len(taggedNames)+1 {
		t.Errorf("got %q, want one more", got)
	}
}

// TestNamesOfSeriesThatAreGoneLeaveTheDisk: a file with many names of nothing is made anew,
// and what is there or comes back is in it.
func TestNamesOfSeriesThatAreGoneLeaveTheDisk(t *testing.T) {
	dir := t.TempDir()
	storeTagged(t, dir)
	path := filepath.Join(dir, ".plumbago-tagged")
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 25_000 {
		fmt.Fprintf(f, "gone%d;a=b\n", i%12_500)
	}
	f.Close()
	s, another := open(t, store.Options{Dir: dir}), open(t, store.Options{Dir: dir})
	c := dial(t, s)
	send(t, c, batch(line("gone7;a=b", 1, 0), line("later;a=b", 1, 0)))
	awaitAcked(t, c, 1)
	for until := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if st, err := os.Stat(path); err == nil && st.Size() < 10_000 {
			break
		}
		if time.Now().After(until) {
			t.Fatal("the file of names did not become smaller")
		}
	}
	send(t, c, batch(line("at.last;a=b", 1, 0)))
	closeConn(t, c)
	text, err := os.ReadFile(path)
	for _, name := range append(slices.Clone(taggedNames), "gone7;a=b", "later;a=b", "at.last;a=b") {
		if !strings.Contains(string(text), "\n"+name+"\n") && !strings.HasPrefix(string(text), name+"\n") {
			t.Errorf("%q is not in the file of names, error %v", name, err)
		}
	}
	if n := strings.Count(string(text), "gone"); n != strings.Count(string(text), "gone7;a=b\n") {
		t.Errorf("got %d names of series that are gone, want only the one that came back", n)
	}
	c = dial(t, another) // it has the file open that was there before
	send(t, c, batch(line("another;a=b", 1, 0)))
	awaitAcked(t, c, 1)
	closeConn(t, c)
	if text, _ = os.ReadFile(path); !strings.Contains(string(text), "another;a=b\n") {
		t.Error("what another store wrote afterwards is not in the file of names")
	}
}

func TestTagsThatCannotBeReadAreFoundByTheirNameOnly(t *testing.T) {
	s := open(t, store.Options{FlushEvery: time.Hour})
	c := dial(t, s)
	send(t, c, batch(line("a;b", 1, 0), line("a;b=", 2, 0)))
	closeConn(t, c)
	for name, want := range map[string]float64{"a;b": 1, "a;b=": 2} {
		if got := last(t, s, name); !slices.Equal(got, []float64{want}) || find(t, s, name) != name {
			t.Errorf("%q: got %v and %q, want %v", name, got, find(t, s, name), want)
		}
	}
	if got := tagged(t, s); len(got) > 0 {
		t.Errorf("got %q, want none", got)
	}
}

func TestTheIndexOfTagsIsBounded(t *testing.T) {
	s := open(t, store.Options{IndexBytes: 400})
	c := dial(t, s)
	for _, name := range taggedNames {
		send(t, c, batch(line(name, 1, 0)))
	}
	closeConn(t, c)
	if n := len(tagged(t, s)); n == 0 || n >= len(taggedNames) {
		t.Errorf("got %d tagged series, want some and not all", n)
	}
	if got := last(t, s, taggedNames[4]); len(got) != 1 {
		t.Errorf("got %v of one that is not in the index, want its value", got)
	}
}
