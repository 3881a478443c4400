package json_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/wire/json"
)

const now = 1800000000

// outcome is what became of a body.
type outcome struct {
	lines    string
	rejected []string // item, reason and name
	err      error
}

func decode(d *json.Decoder, body string) (o outcome) {
	d.Reject = func(reason metric.Reason, item int, name []byte) {
		o.rejected = append(o.rejected, fmt.Sprintf("%d %s %s", item, reason, name))
	}
	b, err := d.Decode([]byte(body), now)
	o.lines, o.err = string(b.Lines), err
	if got := strings.Count(o.lines, "\n"); got != b.Points {
		o.err = fmt.Errorf("%d lines and %d points", got, b.Points)
	}
	return o
}

func TestPoints(t *testing.T) {
	for _, tc := range []struct{ name, body, want string }{
		{"an object", `[{"name":"a.b","value":1.50,"timestamp":1700000000}]`, "a.b 1.50 1700000000\n"},
		{"other names of members", ` [ {"metric" : "a", "time" : 5 , "value" : 2 } , {"path":"b","value":3,"time":6} ] ` + "\r\n\t", "a 2 5\nb 3 6\n"},
		{"one object", `{"name":"a","value":1,"timestamp":2}`, "a 1 2\n"},
		{"arrays", `[["a",1,2],["b",[4,3]],["c",-5e-3]]`, "a 1 2\nb 3 4\nc -5e-3 1800000000\n"},
		{"the present", `[["a",1,-1],["a",2,null],["a",3,"-1"],{"name":"a","value":4},{"name":"a","value":5,"time":null},["a",[-1.5,6]]]`,
			"a 1 1800000000\na 2 1800000000\na 3 1800000000\na 4 1800000000\na 5 1800000000\na 6 1800000000\n"},
		{"numbers as text", `[["a","1.50"," 1700000000 "],["a","1_0",1],["a","inf",1],["a",".5","1e3"]]`,
			"a 1.50 1700000000\na 10 1\na inf 1\na .5 1000\n"},
		{"numbers as they are written", `[["a",0.10,1],["a",-0,1],["a",1E+5,1],["a",1e400,1],["a",-Infinity,1],["a",Infinity,1],["a",123456789012345678901234567890,1]]`,
			"a 0.10 1\na -0 1\na 1E+5 1\na inf 1\na -inf 1\na inf 1\na 123456789012345678901234567890 1\n"},
		{"times", `[["a",1,1700000000.250],["a",1,1.7e9],["a",1,0],["a",1,-5]]`, "a 1 1700000000.25\na 1 1700000000\na 1 0\na 1 -5\n"},
		{"tags as an object", `[{"name":"a","value":1,"time":2,"tags":{"z":"1","b":true,"c":80}}]`,
			"a;b=true;c=80;z=1 1 2\n"},
		{"tags as an array", `{"tags":["z=1","b=a=c"],"name":"a","value":1,"time":2}`, "a;b=a=c;z=1 1 2\n"},
		{"no tags", `[{"name":"a","value":1,"time":2,"tags":{}},{"name":"b","value":1,"time":2,"tags":[]},{"name":"c","value":1,"time":2,"tags":null}]`, "a 1 2\nb 1 2\nc 1 2\n"},
		{"tags in the name and beside it", `[{"name":"a;b=1;c=2","value":1,"time":2,"tags":{"b":"3"}},{"name":"a{z=\"1\"}","value":1,"time":2,"tags":{"b":"3"}}]`,
			"a;b=3;c=2 1 2\na;b=3;z=1 1 2\n"},
		{"the last of two members", `{"name":"a","name":"b","value":1,"value":2,"time":3,"tags":{"x":"1"},"tags":{"y":"2"}}`, "b;y=2 2 3\n"},
		{"members nobody asked for", `{"x":{"y":[1,{"z":null}],"name":"no"},"name":"a","value":1,"time":2,"w":"\n"}`, "a 1 2\n"},
		{"escapes", `[["\u0061\/\u00e9\ud83d\ude00\"\\",1,2],{"n\u0061me":"b\u002e","value":"\u0031","time":3}]`, "a/é😀\"\\ 1 2\nb. 1 3\n"},
		{"nothing", ` [] `, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := decode(new(json.Decoder), tc.body); got.err != nil || got.lines != tc.want {
				t.Errorf("got %q, %v, want %q", got.lines, got.err, tc.want)
			}
		})
	}
}

func TestABadItemCostsItselfOnly(t *testing.T) {
	long := strings.Repeat("x", 100)
	for _, tc := range []struct{ name, item, want string }{
		{"a number", `1`, "json "},
		{"a string", `"a"`, "json "},
		{"null", `null`, "json "},
		{"an empty array", `[]`, "fields "},
		{"a name alone", `["a"]`, "fields a"},
		{"too much", `["a",1,2,3]`, "fields a"},
		{"a pair too many", `["a",[1,2],3]`, "fields a"},
		{"half a pair", `["a",[1]]`, "fields a"},
		{"a triple", `["a",[1,2,3]]`, "fields a"},
		{"an empty object", `{}`, "fields "},
		{"no name", `{"value":1}`, "fields "},
		{"no value", `{"name":"a"}`, "fields a"},
		{"tags that are text", `{"name":"a","value":1,"tags":"b=c"}`, "fields a"},
		{"a name that is a number", `[1,2,3]`, "name "},
		{"an empty name", `["",2,3]`, "name "},
		{"a blank in the name", `["a b",2,3]`, "name a b"},
		{"a line end in the name", `["a\nb 1 2",2,3]`, "name a\nb 1 2"},
		{"a blank in a tag", `{"name":"a","value":1,"tags":{"b":"c d"}}`, "name a"},
		{"half a surrogate pair", `["\ud800",2,3]`, "utf8 \xed\xa0\x80"},
		{"bytes that are no text", "[\"\xff\",2,3]", "utf8 \xff"},
		{"text that is no number", `["a","x",3]`, "value a"},
		{"true", `["a",true,3]`, "value a"},
		{"null for a value", `["a",null,3]`, "value a"},
		{"an object for a value", `{"name":"a","value":{}}`, "value a"},
		{"NaN", `["a",NaN,3]`, "nan a"},
		{"nan as text", `["a","nan",3]`, "nan a"},
		{"a time that is no number", `["a",1,"x"]`, "timestamp a"},
		{"a time that is true", `["a",1,true]`, "timestamp a"},
		{"a time that is an array", `["a",1,[2]]`, "timestamp a"},
		{"a time too far away", `["a",1,1e18]`, "timestamp a"},
		{"a tag without a value", `{"name":"a","value":1,"tags":{"b":""}}`, "tags a"},
		{"a tag without a name", `{"name":"a","value":1,"tags":{"":"b"}}`, "tags a"},
		{"a tag in a tag", `{"name":"a","value":1,"tags":{"b":"c;d=e"}}`, "tags a"},
		{"a tag that is null", `{"name":"a","value":1,"tags":{"b":null}}`, "tags a"},
		{"a tag that is no text", `{"name":"a","value":1,"tags":[5]}`, "tags a"},
		{"a tag without an equals sign", `{"name":"a","value":1,"tags":["b"]}`, "tags a"},
		{"a tag that begins with a tilde", `{"name":"a","value":1,"tags":["b=~c"]}`, "tags a"},
		{"a long name", `["` + long + `",2,3]`, "too_long " + long},
		{"long tags", `{"name":"a","value":1,"tags":{"b":"` + long + `"}}`, "too_long a"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := json.Decoder{MaxLine: 80}
			got := decode(&d, `[["good",1,2],`+tc.item+`,["fine",3,4]]`)
			want := outcome{lines: "good 1 2\nfine 3 4\n", rejected: []string{"2 " + tc.want}}
			if got.err != nil || got.lines != want.lines || !slices.Equal(got.rejected, want.rejected) {
				t.Errorf("got %q, rejected %q, %v, want %q, rejected %q", got.lines, got.rejected, got.err, want.lines, want.rejected)
			}
		})
	}
}

func TestABadBodyIsRefusedWhole(t *testing.T) {
	for _, tc := range []struct {
		name, body string
		offset     int
		why        string
	}{
		{"nothing", ``, 0, "array of points"},
		{"text", `a.b 1 2`, 0, "array of points"},
		{"a string", `"a"`, 0, "array of points"},
		{"cut off", `[["a",1,2]`, 10, "no comma or end"},
		{"cut off in a number", `[["a",1,`, 8, "no value here"},
		{"cut off in a string", `[["a`, 4, "no end"},
		{"cut off in an escape", `[["a\`, 4, "no end"},
		{"cut off in an object", `[{"name":"a"`, 12, "no comma or end"},
		{"something behind", `[] x`, 3, "something follows"},
		{"a second array", `[["a",1,2]][]`, 11, "something follows"},
		{"a comma at the end", `[["a",1,2],]`, 11, "no value here"},
		{"a comma at the start", `[,["a",1,2]]`, 1, "no value here"},
		{"no comma", `[["a" 1,2]]`, 6, "no comma"},
		{"no colon", `[{"name" "a"}]`, 9, "no colon"},
		{"a member without quotes", `[{name:"a"}]`, 2, "not a string"},
		{"a leading zero", `[["a",01,2]]`, 8, "JSON does not know"},
		{"a number that ends with a point", `[["a",1.,2]]`, 8, "JSON does not know"},
		{"an exponent without digits", `[["a",1e,2]]`, 8, "JSON does not know"},
		{"a plus", `[["a",+1,2]]`, 6, "JSON does not know"},
		{"a word", `[["a",nil,2]]`, 6, "no value"},
		{"a line end in a string", "[[\"a\n\",1,2]]", 4, "control character"},
		{"an unknown escape", `[["a\x",1,2]]`, 4, "escape"},
		{"a bad number in an escape", `[["a\u00g0",1,2]]`, 4, "escape"},
		{"too deep", strings.Repeat("[", 100), 65, "too deep"},
		{"a byte order mark", "\ufeff[]", 0, "array of points"},
		{"a NUL behind", "[]\x00", 2, "something follows"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var refused *json.BodyError
			got := decode(new(json.Decoder), tc.body)
			if !errors.As(got.err, &refused) || refused.Offset != tc.offset || !strings.Contains(refused.Why, tc.why) || got.lines != "" {
				t.Errorf("got %q, %v, want it refused at %d: %s", got.lines, got.err, tc.offset, tc.why)
			}
		})
	}
}

func TestKeepTagsLeavesTheOrderOfTheSender(t *testing.T) {
	d := json.Decoder{KeepTags: true}
	got := decode(&d, `[["~a;z=1;b=2",1,2],{"name":"c","value":3,"time":4,"tags":["z=1","b=2"]}]`)
	if want := "~a;z=1;b=2 1 2\nc;z=1;b=2 3 4\n"; got.lines != want {
		t.Errorf("got %q, want %q", got.lines, want)
	}
}

func TestADecoderForgetsTheBodyBefore(t *testing.T) {
	var d json.Decoder
	decode(&d, `[["a",1,-1],["b",2,"x"],[`)
	d.Reject = nil
	for _, at := range []int64{5, 6} {
		b, err := d.Decode([]byte(`{"name":"c","value":1}`), at)
		if want := fmt.Sprintf("c 1 %d\n", at); err != nil || string(b.Lines) != want || b.Points != 1 {
			t.Errorf("got %q, %v, want %q", b.Lines, err, want)
		}
	}
}

func TestErrorsHoldNothingOfTheBody(t *testing.T) {
	got := decode(new(json.Decoder), `["secret-key.a" "secret-key"]`)
	if got.err == nil || strings.Contains(got.err.Error(), "secret") || !strings.Contains(got.err.Error(), "byte 16") {
		t.Errorf("got %v, want a place and a reason alone", got.err)
	}
}
