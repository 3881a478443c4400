package render_test

import (
	"maps"
	"testing"

	"github.com/plumbago/plumbago/render"
)

func TestTagExpr(t *testing.T) {
	for _, tt := range []struct {
		text  string
		match map[string]bool
	}{
		{"host=a", map[string]bool{"a": true, "ab": false, "": false}},
		{"host=", map[string]bool{"a": false, "": true}},
		{"host!=a", map[string]bool{"a": false, "ab": true, "": true}},
		{"host=~a|b", map[string]bool{"a": true, "bc": true, "ca": false, "": false}},
		{"host=~^a$", map[string]bool{"a": true, "ab": false}},
		{"host=~.*", map[string]bool{"a": true, "": true}},
		{"host!=~a", map[string]bool{"ab": false, "b": true, "": true}},
		{"host=a=b", map[string]bool{"a=b": true, "a": false}},
		{"host=~", map[string]bool{"a": true, "": true}},
	} {
		x, err := render.ParseTagExpr(tt.text)
		if err != nil || x.Tag != "host" {
			t.Errorf("%s: got %+v, %v, want a condition on host", tt.text, x, err)
			continue
		}
		for value, want := range tt.match {
			if got := x.Match(value); got != want {
				t.Errorf("%s with %q: got %v, want %v", tt.text, value, got, want)
			}
		}
	}
	for _, text := range []string{"", "host", "=a", "!=a", "ho;st=a", "host=a;b", "host!a", "host=~(", "host!=~["} {
		if x, err := render.ParseTagExpr(text); err == nil {
			t.Errorf("%q: got %+v, want an error", text, x)
		}
	}
}

func TestTags(t *testing.T) {
	for _, tt := range []struct {
		name string
		want map[string]string
	}{
		{"disk.used;host=a;mount=/x=y", map[string]string{"name": "disk.used", "host": "a", "mount": "/x=y"}},
		{"~disk;host=a", map[string]string{"name": "disk", "host": "a"}},
		{"disk.used", nil}, {"disk;host", nil}, {"disk;=a", nil}, {"disk;host=", nil}, {";host=a", nil}, {"~;host=a", nil}, {"disk;host=~a", nil}, {"disk;ho!st=a", nil},
	} {
		if got := render.Tags(tt.name); !maps.Equal(got, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}
