package pyregex_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"io"
	"os"
	"os/exec"
	"reflect"
	"testing"
	"unicode/utf8"

	"github.com/plumbago/plumbago/internal/pyregex"
)

// work is what testdata/oracle.py is asked, and verdict what it says of a case.
type work struct {
	Cases        []question `json:"cases"`
	Names        []string   `json:"names"`
	Replacements []string   `json:"replacements"`
}

type question struct {
	Pattern  string `json:"pattern"`
	Ignore   bool   `json:"ignore"`
	Anchored bool   `json:"anchored"`
}

type verdict struct {
	Error    bool        `json:"error"`
	Found    [][]int     `json:"found"`
	Replaced [][]*string `json:"replaced"`
}

var update = flag.Bool("update", false, "ask Python what it makes of the corpus, and keep the answer")

const kept = "testdata/corpus.expect.gz"

// TestCorpus holds every expression of the corpus against every name, with and
// without regard to case, searched and matched, to what Python said.
func TestCorpus(t *testing.T) {
	w := corpus(t)
	if *update {
		keep(t, ask(t, w))
	}
	compare(t, w, answers(t, open(t)))
}

func corpus(t *testing.T) work {
	t.Helper()
	var c struct{ Patterns, Names, Replacements []string }
	text, err := os.ReadFile("testdata/corpus.json")
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil {
		t.Fatal(err)
	}
	w := work{Names: c.Names, Replacements: c.Replacements}
	for _, p := range c.Patterns {
		for k := range 4 {
			w.Cases = append(w.Cases, question{p, k&1 != 0, k&2 != 0})
		}
	}
	return w
}

// ask runs Python, if there is one new enough.
func ask(t *testing.T, w work) []byte {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 on this machine")
	}
	if exec.Command(python, "-c", "import sys; sys.exit(sys.version_info[:2] not in [(3,11), (3,12), (3,13)])").Run() != nil {
		t.Skip("python3 is not one of 3.11 to 3.13")
	}
	in, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "testdata/oracle.py")
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func keep(t *testing.T, answer []byte) {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(answer)
	z.Close()
	if err := os.WriteFile(kept, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T) io.Reader {
	t.Helper()
	f, err := os.Open(kept)
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

func answers(t *testing.T, r io.Reader) (list []verdict) {
	t.Helper()
	for d := json.NewDecoder(bufio.NewReader(r)); d.More(); {
		var v verdict
		if err := d.Decode(&v); err != nil {
			t.Fatal(err)
		}
		list = append(list, v)
	}
	return list
}

// otherwise is the expressions that are known to be read otherwise, and why.
var otherwise = map[string]string{
	`\N{DIGIT ONE}`: "the names of Unicode's characters are not kept here",
}

func compare(t *testing.T, w work, want []verdict) {
	t.Helper()
	if len(want) != len(w.Cases) {
		t.Fatalf("%d answers to %d cases", len(want), len(w.Cases))
	}
	for i, c := range w.Cases {
		if _, known := otherwise[c.Pattern]; !known {
			compareCase(t, c, w, want[i])
		}
	}
}

func compareCase(t *testing.T, c question, w work, want verdict) {
	t.Helper()
	r, err := pyregex.Compile(c.Pattern, pyregex.Options{IgnoreCase: c.Ignore, Anchored: c.Anchored})
	if (err != nil) != want.Error {
		t.Errorf("%q: got error %v, Python says error: %v", c.Pattern, err, want.Error)
	}
	if err != nil || want.Error {
		return
	}
	for i, name := range w.Names {
		if got := r.Match([]byte(name)); got != (want.Found[i] != nil) {
			t.Errorf("%+v in %q: got %v by %s", c, name, got, r.Engine())
		}
		if got := r.Find(nil, []byte(name)); !reflect.DeepEqual(got, want.Found[i]) {
			t.Errorf("%+v in %q: got groups %v, want %v", c, name, got, want.Found[i])
		}
	}
	if want.Replaced != nil {
		compareReplaced(t, r, c, w, want.Replaced)
	}
}

func compareReplaced(t *testing.T, r *pyregex.Regexp, c question, w work, want [][]*string) {
	t.Helper()
	for i, replacement := range w.Replacements {
		template, err := r.Template(replacement)
		if (err != nil) != (want[i] == nil) {
			t.Errorf("%q for %q: got error %v, want one: %v", replacement, c.Pattern, err, want[i] == nil)
		}
		if err != nil || want[i] == nil {
			continue
		}
		for j, name := range w.Names[:len(want[i])] {
			got := replaced(r, name, template)
			if string(got) != *want[i][j] {
				t.Errorf("%+v in %q by %q: got %q, want %q", c, name, replacement, got, *want[i][j])
			}
			if !utf8.Valid(got) {
				t.Errorf("%+v in %q by %q: %q is no text", c, name, replacement, got)
			}
		}
	}
}

// replaced tries again what took longer than its bound: on a busy machine that says
// nothing of the expression.
func replaced(r *pyregex.Regexp, name string, t *pyregex.Template) (got []byte) {
	for range 20 {
		before := r.Overruns()
		if got, _ = r.ReplaceAll(nil, []byte(name), t); r.Overruns() == before {
			break
		}
	}
	return got
}
