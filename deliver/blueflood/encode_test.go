package blueflood_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/deliver/blueflood"
	"github.com/plumbago/plumbago/metric"
)

// now is what the clocks of these tests show.
var now = time.Unix(1700000000, 0)

func batch(lines ...string) metric.Batch {
	return metric.Batch{Lines: []byte(strings.Join(lines, "\n") + "\n"), Points: len(lines)}
}

func TestEncode(t *testing.T) {
	const at, ttl = `,"collectionTime":1700000000000`, `,"ttlInSeconds":86400}`
	tests := []struct {
		name, line string
		o          blueflood.Options
		want       string // "" if the point is refused
	}{
		{"plain", "a.b 12.5 1700000000", blueflood.Options{}, `{"metricName":"a.b","metricValue":12.5` + at + ttl},
		{"value as it is written", "a 12.30 1700000000", blueflood.Options{}, `{"metricName":"a","metricValue":12.30` + at + ttl},
		{"plus", "a +1 1700000000", blueflood.Options{}, `{"metricName":"a","metricValue":1` + at + ttl},
		{"no digit before the point", "a -.5 1700000000", blueflood.Options{}, `{"metricName":"a","metricValue":-0.5` + at + ttl},
		{"no digit behind the point", "a 5. 1700000000", blueflood.Options{}, `{"metricName":"a","metricValue":5` + at + ttl},
		{"leading zeros", "a 007 1700000000", blueflood.Options{}, `{"metricName":"a","metricValue":7` + at + ttl},
		{"zero", "a -0.0 1700000000", blueflood.Options{}, `{"metricName":"a","metricValue":-0.0` + at + ttl},
		{"exponent", "a 1.5E+30 1700000000", blueflood.Options{}, `{"metricName":"a","metricValue":1.5E+30` + at + ttl},
		{"exponent that JSON has not", "a .5e3 1700000000", blueflood.Options{}, `{"metricName":"a","metricValue":500` + at + ttl},
		{"underscores", "a 1_000 1700000000", blueflood.Options{}, `{"metricName":"a","metricValue":1000` + at + ttl},
		{"very many digits", "a " + strings.Repeat("9", 100) + " 1700000000", blueflood.Options{}, `{"metricName":"a","metricValue":1e+100` + at + ttl},
		{"beyond a double", "a 1e400 1700000000", blueflood.Options{}, ""},
		{"beyond a double in digits", "a " + strings.Repeat("9", 400) + " 1700000000", blueflood.Options{}, ""},
		{"infinity", "a -inf 1700000000", blueflood.Options{}, ""},
		{"not a number", "a nan 1700000000", blueflood.Options{}, ""},
		{"quotes and backslashes", `a."b"\c 1 1700000000`, blueflood.Options{}, `{"metricName":"a.\"b\"\\c","metricValue":1` + at + ttl},
		{"other letters", "é.ü;t=ß 1 1700000000", blueflood.Options{}, `{"metricName":"é.ü;t=ß","metricValue":1` + at + ttl},
		{"prefix", "a 1 1700000000", blueflood.Options{Prefix: `p"x`}, `{"metricName":"p\"x.a","metricValue":1` + at + ttl},
		{"prefix with a dot", "a 1 1700000000", blueflood.Options{Prefix: "p."}, `{"metricName":"p.a","metricValue":1` + at + ttl},
		{"ttl", "a 1 1700000000", blueflood.Options{TTL: 90 * time.Second}, `{"metricName":"a","metricValue":1` + at + `,"ttlInSeconds":90}`},
		{"fraction of a second", "a 1 1700000000.25", blueflood.Options{}, `{"metricName":"a","metricValue":1,"collectionTime":1700000000250` + ttl},
		{"fraction that is cut", "a 1 1699999999.9999", blueflood.Options{}, `{"metricName":"a","metricValue":1,"collectionTime":1699999999999` + ttl},
		{"as old as can be", "a 1 1699740800", blueflood.Options{}, `{"metricName":"a","metricValue":1,"collectionTime":1699740800000` + ttl},
		{"too old", "a 1 1699740799.999", blueflood.Options{}, ""},
		{"as far ahead as can be", "a 1 1700000600", blueflood.Options{}, `{"metricName":"a","metricValue":1,"collectionTime":1700000600000` + ttl},
		{"too far ahead", "a 1 1700000600.001", blueflood.Options{}, ""},
		{"before 1970", "a 1 -5", blueflood.Options{}, ""},
		{"in milliseconds by mistake", "a 1 17000000000000000", blueflood.Options{}, ""},
		{"another window", "a 1 1000", blueflood.Options{Past: century}, `{"metricName":"a","metricValue":1,"collectionTime":1000000` + ttl},
		{"now in place of the time", "a 1 5", blueflood.Options{Overwrite: true}, `{"metricName":"a","metricValue":1` + at + ttl},
		{"tenant", "t1.a.b 1 1700000000", blueflood.Options{Tenants: true}, `{"tenantId":"t1","metricName":"a.b","metricValue":1` + at + ttl},
		{"tenant and prefix", `t"1.a;x=y 1 1700000000`, blueflood.Options{Tenants: true, Prefix: "p"}, `{"tenantId":"t\"1","metricName":"p.a;x=y","metricValue":1` + at + ttl},
		{"no tenant", "a 1 1700000000", blueflood.Options{Tenants: true}, ""},
		{"no tenant before tags", "a;t=x.y 1 1700000000", blueflood.Options{Tenants: true}, ""},
		{"empty tenant", ".a 1 1700000000", blueflood.Options{Tenants: true}, ""},
		{"nothing but a tenant", "t. 1 1700000000", blueflood.Options{Tenants: true}, ""},
		{"more than a body", strings.Repeat("a", 2000) + " 1 1700000000", blueflood.Options{MaxBody: 1024}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			refused := blueflood.NewEncoder(tt.o, now).Encode(batch(tt.line), func(body []byte, _ int) { got = string(body) })
			if want := map[bool]string{true: "", false: "[" + tt.want + "]"}[tt.want == ""]; got != want || refused == 1 != (want == "") {
				t.Errorf("got %s and %d refused, want %s", got, refused, want)
			}
		})
	}
}

func TestEncodeFillsBodies(t *testing.T) {
	var lines []string
	for i := range 1000 {
		when := 1700000000
		if i%7 == 0 {
			when = 5 // too old
		}
		lines = append(lines, fmt.Sprintf("servers.host-%04d %d %d", i, i, when))
	}
	var names []string
	bodies, points := 0, 0
	refused := blueflood.NewEncoder(blueflood.Options{MaxBody: 4096}, now).Encode(batch(lines...), func(body []byte, n int) {
		var metrics []struct{ MetricName string }
		if err := json.Unmarshal(body, &metrics); err != nil || len(metrics) != n || len(body) > 4096 {
			t.Fatalf("got a body of %d bytes with %d points, %v, want %d points in at most 4096 bytes", len(body), len(metrics), err, n)
		}
		for _, m := range metrics {
			names = append(names, m.MetricName)
		}
		bodies++
		points += n
	})
	if refused != 143 || points != 857 || bodies < 20 || bodies > 30 {
		t.Errorf("got %d points in %d bodies and %d refused, want 857 in about 25 and 143", points, bodies, refused)
	}
	for i, name := range names {
		if want := fmt.Sprintf("servers.host-%04d", i+i/6+1); name != want {
			t.Fatalf("got %q in place %d, want %q", name, i, want)
		}
	}
}

func TestPerPointIsExact(t *testing.T) {
	for _, o := range []blueflood.Options{{}, {Prefix: "some.prefix"}, {Tenants: true}} {
		b := batch("t.a.b.c 12.5 1700000000", "t.d 1 1700000000")
		lines := len(b.Lines)
		blueflood.NewEncoder(o, now).Encode(b, func(body []byte, _ int) {
			if want := lines + 2*blueflood.PerPoint(o) + len("[") + len("]") - len(","); len(body) != want {
				t.Errorf("%+v: got %d bytes, want %d", o, len(body), want)
			}
		})
	}
}

// FuzzEncode holds that whatever comes is JSON, and accounts for every point.
func FuzzEncode(f *testing.F) {
	f.Add("a.b", "1.5", "1700000000.25", false)
	f.Add(`t."b`, "+1", "1700000000", true)
	f.Add("é;x=y", "1e400", "17000000000000000", false)
	f.Add("a.b", "٣", "-5", true)
	f.Fuzz(func(t *testing.T, name, value, at string, tenants bool) {
		line := canonical(name, value, at)
		if line == "" {
			return
		}
		taken := 0
		refused := blueflood.NewEncoder(blueflood.Options{Tenants: tenants}, now).Encode(batch(line, line, line), func(body []byte, n int) {
			var metrics []map[string]any
			if err := json.Unmarshal(body, &metrics); err != nil || len(metrics) != n {
				t.Fatalf("got %q, %v, want %d points", body, err, n)
			}
			taken += n
		})
		if taken+refused != 3 {
			t.Errorf("got %d taken and %d refused of 3", taken, refused)
		}
	})
}

// load is points as a busy gateway has them.
func load(n int) metric.Batch {
	var b strings.Builder
	r := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		fmt.Fprintf(&b, "servers.host-%04d.cpu.core-%d.user %.3f %d\n", i%500, i%16, r.Float64()*100, 1700000000-i/1000)
	}
	return metric.Batch{Lines: []byte(b.String()), Points: n}
}

func BenchmarkEncode(b *testing.B) {
	all := load(8000)
	b.SetBytes(int64(len(all.Lines)))
	b.ReportAllocs()
	e := blueflood.NewEncoder(blueflood.Options{}, now)
	for b.Loop() {
		e.Encode(all, func([]byte, int) {})
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(all.Points), "ns/point")
}
