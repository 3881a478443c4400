package render_test

import (
	"testing"

	"github.com/plumbago/plumbago/render"
)

func TestTextFormats(t *testing.T) {
	h := at(small(), render.Limits{})
	for _, tt := range []struct{ target, form, want string }{
		{"web.b.hits", "raw", "web.b.hits,900,1260,60|10.0,None,30.0,40.0,None,60.0\n"},
		{"timeShift(web.a.hits,'90s')", "raw", "timeShift(web.a.hits, \"-90s\"),900,1260,60|None,1.0,2.0,3.0,4.0\n"},
		{"timeShift(limit(slow,1),'1min')", "raw", "timeShift(slow, \"-1min\"),960,1320,120|0.0,100.0,200.0\n"},
		{"timeShift(web.a.hits,'+1min',true)", "raw", "timeShift(web.a.hits, \"+1min\"),900,1260,60|2.0,3.0,4.0,5.0,6.0\n"},
		{"timeShift(web.a.hits,'+1min',false)", "raw", "timeShift(web.a.hits, \"+1min\"),900,1200,60|2.0,3.0,4.0,5.0,6.0\n"},
		{"alias(limit(slow,1),'a,\"b\"')", "csv",
			"\"a,\"\"b\"\"\",1970-01-01 00:16:00,100.0\r\n\"a,\"\"b\"\"\",1970-01-01 00:18:00,200.0\r\n\"a,\"\"b\"\"\",1970-01-01 00:20:00,300.0\r\n"},
		{"alias(removeBelowValue(slow,250),'x')", "csv", "x,1970-01-01 00:16:00,\r\nx,1970-01-01 00:18:00,\r\nx,1970-01-01 00:20:00,300.0\r\n"},
		{"nothing", "csv", ""},
		{"nothing", "raw", ""},
	} {
		a := ask(h, get("/render", "target", tt.target, "from", "899", "until", "1200", "format", tt.form))
		if a.Status != 200 || a.Body != tt.want {
			t.Errorf("%s as %s:\ngot  %q\nwant %q", tt.target, tt.form, a.Body, tt.want)
		}
	}
	if raw, named := ask(h, get("/render", "target", "slow", "rawData", "1")), ask(h, get("/render", "target", "slow", "format", "raw")); raw != named {
		t.Errorf("rawData: got %q, want %q", raw.Body, named.Body)
	}
}
