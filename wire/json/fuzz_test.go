package json_test

import (
	"bytes"
	stdjson "encoding/json"
	"errors"
	"math"
	"strconv"
	"testing"

	"github.com/plumbago/plumbago/internal/name"
	"github.com/plumbago/plumbago/internal/number"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/wire/json"
)

// FuzzDecode holds the decoder to its promises for any body, and to what another
// reader of JSON takes for JSON.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`[{"name":"a.b","value":1.5,"timestamp":1700000000,"tags":{"dc":"eu"}},["a.b",1.5,1700000000],["a.b",[1700000000,1.5]]]`,
		`{"metric":"é{b=\"1\"}","value":"1_0","time":null,"tags":["z=1","a=2"],"x":[{"y":-1.5e+7}]}`,
		`[["\u0061\ud83d\ude00\ud800",NaN,-1],[1],"a",null,["~a;b=1",Infinity,1e400]]`, `[]`, `[[[[`, `["a\`, "[\"\xff\",1]",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		before := bytes.Clone(body)
		rejected, last := 0, 0
		d := json.Decoder{Reject: func(reason metric.Reason, item int, _ []byte) {
			if rejected++; reason == "" || item <= last {
				t.Errorf("item %d rejected behind item %d for %q", item, last, reason)
			}
			last = item
		}}
		b, err := d.Decode(body, now)
		if !bytes.Equal(body, before) {
			t.Errorf("the body has changed: %q, was %q", body, before)
		}
		var refused *json.BodyError
		if err != nil && (!errors.As(err, &refused) || refused.Why == "" || refused.Offset > len(body) || b.Points+len(b.Lines) > 0) {
			t.Errorf("got %#v and %d bytes of lines, want a reason and none", err, len(b.Lines))
		}
		if len(b.Lines) > 8*len(body)+64 || bytes.Count(b.Lines, []byte("\n")) != b.Points {
			t.Errorf("got %d bytes, %d points of a body of %d", len(b.Lines), b.Points, len(body))
		}
		for l := range b.All() {
			checkCanonical(t, l)
		}
		compare(t, body, b.Points+rejected, err)
	})
}

func checkCanonical(t *testing.T, l metric.Line) {
	if reason := name.Check(l.Name); reason != "" || !bytes.Equal(name.AppendCanonical(nil, l.Name), l.Name) {
		t.Errorf("got the name %q, want a canonical one", l.Name)
	}
	v, ok := number.Parse(l.Value)
	if !ok || math.IsNaN(v) || !math.IsInf(v, 0) && !number.Plain(l.Value) {
		t.Errorf("got the value %q, want a number that is spelled plainly", l.Value)
	}
	if s, ok := number.Parse(l.Timestamp); !ok || math.IsInf(s, 0) || bytes.ContainsAny(l.Timestamp, "eE+ ") {
		t.Errorf("got the timestamp %q, want seconds", l.Timestamp)
	}
}

// compare has the standard library read the body too, where it can: it knows
// neither NaN nor the infinities.
func compare(t *testing.T, body []byte, items int, err error) {
	first := bytes.TrimLeft(body, " \t\r\n")
	isBody := len(first) > 0 && (first[0] == '[' || first[0] == '{')
	if valid := stdjson.Valid(body) && isBody; !valid {
		if err == nil && !bytes.Contains(body, []byte("N")) && !bytes.Contains(body, []byte("I")) {
			t.Errorf("got no error for %q, which is no JSON", body)
		}
		return
	}
	if err != nil {
		if err.(*json.BodyError).Why != "arrays and objects lie too deep in each other" {
			t.Errorf("got %v for JSON", err)
		}
		return
	}
	want := 1
	if first[0] == '[' {
		var list []stdjson.RawMessage
		_ = stdjson.Unmarshal(body, &list)
		want = len(list)
	}
	if items != want {
		t.Errorf("got %d items of %q, want %d", items, body, want)
	}
}

// FuzzWritten has points come back that the standard library has written.
func FuzzWritten(f *testing.F) {
	f.Add("a.b", 1.5, int64(1700000000), "dc", "eu")
	f.Add("é<&>", -1e300, int64(0), "name", "\u2028")
	f.Fuzz(func(t *testing.T, n string, v float64, at int64, key, tag string) {
		if math.IsNaN(v) || math.IsInf(v, 0) || at == -1 || at > 1e15 || at < -1e15 || name.Check([]byte(n)) != "" {
			return
		}
		if name.Check([]byte(key)) != "" || name.Check([]byte(tag)) != "" || bytes.ContainsAny([]byte(key), "=;!^") || bytes.ContainsAny([]byte(tag), ";~") {
			return
		}
		body, err := stdjson.Marshal([]any{
			map[string]any{"name": n, "value": v, "timestamp": at, "tags": map[string]string{key: tag}},
			[]any{n, []any{at, v}},
		})
		if err != nil {
			t.Fatal(err)
		}
		named := append(name.AppendCanonical(nil, []byte(n)), ";"+key+"="+tag...)
		b, err := new(json.Decoder).Decode(body, now)
		if err != nil || b.Points != 2 {
			t.Fatalf("got %d points, %v of %s, want 2", b.Points, err, body)
		}
		first, rest := metric.Next(b.Lines)
		second, _ := metric.Next(rest)
		checkPoint(t, first, name.AppendCanonical(nil, named), v, at)
		checkPoint(t, second, name.AppendCanonical(nil, []byte(n)), v, at)
	})
}

func checkPoint(t *testing.T, l metric.Line, n []byte, v float64, at int64) {
	got, _ := number.Parse(l.Value)
	if !bytes.Equal(l.Name, n) || got != v || string(l.Timestamp) != strconv.FormatInt(at, 10) {
		t.Errorf("got %s %s %s, want %s %v %d", l.Name, l.Value, l.Timestamp, n, v, at)
	}
}
