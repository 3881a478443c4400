package carbonconf

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"
)

// oracle says what Python's configparser makes of each text: its sections with
// their values, or null if it refuses the text.
const oracle = `
import configparser, json, sys
for text in json.load(sys.stdin):
    parser = configparser.ConfigParser()
    try:
        parser.read_string(text)
        print(json.dumps({s: dict(parser.items(s)) for s in parser.sections()}))
    except configparser.Error:
        print("null")
`

// TestConfigparser holds texts made at random to what Python says of them, where
// there is a Python.
func TestConfigparser(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 on this machine")
	}
	texts := randomTexts(1500)
	in, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", oracle)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	d := json.NewDecoder(bytes.NewReader(out))
	for _, text := range texts {
		var want map[string]map[string]string
		if err := d.Decode(&want); err != nil {
			t.Fatal(err)
		}
		if want == nil {
			refused++
		}
		if got := values(text); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
	if refused < 100 || refused > len(texts)-100 {
		t.Errorf("%d of %d texts are refused: the test tests too little", refused, len(texts))
	}
}

// values is what configparser's items says of all sections; nil if the text is refused.
func values(text string) map[string]map[string]string {
	f, problems := parseINI("", text)
	if problems != nil {
		return nil
	}
	all := map[string]map[string]string{}
	for name := range f.sections {
		all[name] = map[string]string{}
		for _, o := range f.options(name) {
			v, err := f.value(name, o)
			if err != nil {
				return nil
			}
			all[name][o.name] = v
		}
	}
	return all
}

// randomTexts makes texts out of what is odd about such files.
func randomTexts(n int) []string {
	r := rand.New(rand.NewPCG(1, 2))
	parts := []string{
		"[a]", "[b]", "[DEFAULT]", "[a:b]", " [a]", "[c] # x", "[x]y]", "[]", "[", "x = 1", "X = 2", "y: a=b", "z=a:b", "x=%(y)s", "q = %%",
		"y = %(nope)s", "p = 5%", "w =", " cont", "\tcont # no comment", "# comment", "  ; comment", "", "  ", "v", "= 3", "long name = x y",
		"k=%(K)s", "m = %(x)s%(y)s", "n = \u00a0z\u00a0", "é = É", "İ = 1", "o = [a]", "  [z]", "r = %(x)", "s : %(a)b", "t =\u2028u", "u\x1f= 1",
	}
	texts := make([]string, n)
	for i := range texts {
		var lines []string
		if r.IntN(20) > 0 {
			lines = append(lines, "[top]")
		}
		for range r.IntN(7) {
			lines = append(lines, parts[r.IntN(len(parts))])
		}
		texts[i] = strings.Join(lines, "\n")
	}
	return texts
}

// FuzzLoad looks for panics, and for mistakes without a place or a cure.
func FuzzLoad(f *testing.F) {
	f.Add("[relay]\nDESTINATIONS = h:1:a\nX = %(Y)s", "[a]\npattern = x\ndestinations = h:1:a\n  , g:2", "<a> (60) = sum <a>.%", "[pre]\na = \\1")
	f.Fuzz(func(t *testing.T, conf, rules, aggregation, rewrite string) {
		l := newLoader(Options{Path: "carbon.conf", Instance: "a"})
		s := &l.relay.Settings
		s.Values, s.lines = map[string]any{}, map[string]int{}
		l.findConfig()
		l.readText(conf)
		l.loadDestinations()
		l.readRules("relay-rules.conf", rules)
		l.readAggregation("aggregation-rules.conf", aggregation)
		_, problems := ParseRewrite("rewrite-rules.conf", rewrite)
		_, listed := parseList("whitelist.conf", rules)
		l.problems = append(append(l.problems, problems...), listed...)
		own := strings.Contains(conf+rules+aggregation+rewrite, "%!")
		if _, err := l.result(); err != nil && !own && strings.Contains(err.Error(), "%!") {
			t.Errorf("a mistake is told wrongly: %v", err)
		}
	})
}
