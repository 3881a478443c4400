package render_test

import (
	"errors"
	"testing"

	"github.com/plumbago/plumbago/render"
)

func TestTargetsAreParsed(t *testing.T) {
	for _, tt := range []struct{ target, want string }{
		{"a.b.c", "<a.b.c>"},
		{"  a.*.{b,c}d?[0-9] ", "<a.*.{b,c}d?[0-9]>"},
		{"a;tag=value", "<a;tag=value>"},
		{"ünï.cödé", "<ünï.cödé>"},
		{"123", "<123>"},
		{`a\(b\)\.c`, "<a(b).c>"},
		{"f()", "f()"},
		{"f ( a , b )", "f(<a> <b>)"},
		{"f(g(a),h(b,1))", "f(g(<a>) h(<b> int 1))"},
		{"f(1)", "f(int 1)"},
		{"f(-1)", "f(int -1)"},
		{"f(1.5,-0.25)", "f(float 1.5 float -0.25)"},
		{"f(1e3,-2.5E-2)", "f(float 1000 float -0.025)"},
		{"f(inf,INF)", "f(float +Inf float +Inf)"},
		{"f(1e999)", "f(float +Inf)"},
		{"f(.5,5.,1e+5,1-2,0x1)", ""},
		{"f(1e+5,1-2,0x1,1min)", "f(<1e+5> <1-2> <0x1> <1min>)"},
		{"f(1.2.3,10.a)", "f(<1.2.3> <10.a>)"},
		{"f(true,False,NONE,trueish)", "f(true false none <trueish>)"},
		{"f('a','b c',\"d'e\")", "f('a' 'b c' 'd'e')"},
		{`f('a\'b',"c\"d","e""f",'')`, `f('a\'b' 'c\"d' 'e""f' '')`},
		{`f('^(.*)\.x$','\1')`, `f('^(.*)\.x$' '\1')`},
		{"f(a,x=1,y='z')", "f(<a> x=int 1 y='z')"},
		{"f(x = g(a))", "f(x=g(<a>))"},
		{"f(a=b)", "f(a=<b>)"},
		{"a|f()", "f(<a>)"},
		{"a | f(1) | g(b)", "g(f(<a> int 1) <b>)"},
		{"f(a|g(),b)", "f(g(<a>) <b>)"},
		{"f(a)|g()", "g(f(<a>))"},
	} {
		got, err := render.Shape(tt.target)
		if tt.want == "" && err != nil {
			continue
		}
		if err != nil || got != tt.want {
			t.Errorf("%s: got %s, %v, want %s", tt.target, got, err, tt.want)
		}
	}
}

func TestTargetsThatCannotBeParsed(t *testing.T) {
	for _, tt := range []struct {
		target string
		at     int
	}{
		{"", 0}, {"f(", 2}, {"f(a", 3}, {"f(a b)", 4}, {"f(a))", 4}, {"f(a,)", 4}, {"f(,a)", 2}, {"f(a", 3}, {"a b", 2}, {"a.", 1}, {"a..b", 1},
		{".a", 0}, {"|f()", 0}, {"a|", 2}, {"a|b", 3}, {"a|'b'", 2}, {"f('a", 2}, {"f('a\n')", 2}, {"{a", 0}, {"{a{b}}", 0}, {"{a.b}", 0}, {"}", 0}, {`a\`, 1}, {`a\b`, 1},
		{"f(x=1,a)", 6}, {"'a'", 0}, {"f(\x00)", 2}, {"1f(a)", 2},
	} {
		_, err := render.Shape(tt.target)
		var s *render.SyntaxError
		if !errors.As(err, &s) {
			t.Errorf("%q: got %v, want a syntax error", tt.target, err)
		} else if s.At != tt.at || s.Target != tt.target {
			t.Errorf("%q: got %v at %d, want it at %d", tt.target, err, s.At, tt.at)
		}
	}
}

func TestSyntaxErrorShowsThePlace(t *testing.T) {
	_, err := render.Shape("sumSeries(a b.cdefghijklmnopqrstuvwxyz.and.much.more)")
	want := `cannot read the target: , or ) is missing at character 13, before "b.cdefghijklmnopqrstuvwxyz.and…"`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestFirstPath(t *testing.T) {
	for _, tt := range []struct{ name, want string }{
		{"a.b", "a.b"}, {"f(a.b)", "a.b"}, {"f(g(a.b,c),d)", "a.b"}, {"f(5,a)", ""}, {"f()", ""}, {"f(an alias,2)", "f"},
		{"f(a.b", "f"}, {`summarize(a, "1h", "sum")`, "a"}, {"", ""}, {"(a)", ""}, {"a.b ms", "a.b"}, {"f(a.*,{b,c})", "a.*"},
	} {
		if got := render.FirstPath(tt.name); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.name, got, tt.want)
		}
	}
}
