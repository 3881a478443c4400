package remotewrite_test

import (
	"fmt"
	"testing"
	"testing/quick"

	"github.com/plumbago/plumbago/deliver/remotewrite"
	"github.com/plumbago/plumbago/deliver/remotewrite/remotewritetest"
	"github.com/plumbago/plumbago/internal/mapping"
	"github.com/plumbago/plumbago/metric"
)

const someRules = `mappings:
- {match: 'servers.*.*', name: 'server_$2', labels: {host: $1, dc: ''}}
- {match: 'honest.*', name: honest, labels: {host: $1, dc: none}, honor_labels: true}
- {match: 'tmp.*', action: drop}
- {match: '^(\d.*)$', match_type: regex, name: '$1'}
`

func TestWhatNamesMean(t *testing.T) {
	rules, err := mapping.Parse([]byte(someRules))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name            string
		strict, tenants bool
		tenant, series  string
		fate            string
	}{
		{"test.web-server.foo.bar", false, false, "", "__name__=test_web_server_foo_bar", ""},
		{"a:b_C9", false, false, "", "__name__=a:b_C9", ""},
		{"übung.%util", false, false, "", "__name__=_bung__util", ""},
		{"5xx.rate", false, false, "", "__name__=_5xx_rate", ""},
		{"a..b.", false, false, "", "__name__=a__b_", ""},
		{"disk;dc=eu;mount=/var", false, false, "", "__name__=disk dc=eu mount=/var", ""},
		{"disk;Z=1;a=2", false, false, "", "Z=1 __name__=disk a=2", ""},
		{"disk;2nd=x;a:b=y;a-c=z", false, false, "", "_2nd=x __name__=disk a_b=y a_c=z", ""},
		{"disk;a-b=1;a_b=2", false, false, "", "__name__=disk a_b=1;2", ""},
		{"disk;__name__=x;__y=z", false, false, "", "__name__=disk tag__name__=x tag__y=z", ""},
		{"disk;odd;=x;y=;z=a=b", false, false, "", "__name__=disk z=a=b", ""},
		{";a=b", false, false, "", "", "name"},
		{"servers.web1.load;dc=eu;role=db", false, false, "", "__name__=server_load host=web1 role=db", ""},
		{"honest.web1;dc=eu", false, false, "", "__name__=honest dc=eu host=web1", ""},
		{"tmp.x", false, false, "", "", "dropped"},
		{"other.x", true, false, "", "", "unmatched"},
		{"honest.x", true, false, "", "__name__=honest dc=none host=x", ""},
		{"acme.a.b;x=y", false, true, "acme", "__name__=a_b x=y", ""},
		{"acme.servers.a.b", true, true, "acme", "__name__=server_b host=a", ""},
		{"acme", false, true, "", "", "no_tenant"},
		{"acme.", false, true, "", "", "no_tenant"},
		{".a", false, true, "", "", "no_tenant"},
		{"a;b=c.d", false, true, "", "", "no_tenant"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tenant, series, fate := remotewrite.Identify(rules, remotewrite.Options{Strict: tt.strict, Tenants: tt.tenants}, tt.name)
			if tenant != tt.tenant || series != tt.series || fate != tt.fate {
				t.Errorf("got %q, %q, %q, want %q, %q, %q", tenant, series, fate, tt.tenant, tt.series, tt.fate)
			}
		})
	}
}

// Whatever a name is, the message is good.
func TestEveryNameMakesAGoodMessage(t *testing.T) {
	fake := &remotewritetest.Server{}
	r := newRig(t, fake, remotewrite.Options{})
	given := 0
	err := quick.Check(func(name, tag, value string) bool {
		given++
		r.Source.Add(fmt.Sprintf("%s;%s=%s 1 %d", plain(name), plain(tag), plain(value), given))
		return true
	}, &quick.Config{MaxCount: 2000})
	if err != nil {
		t.Fatal(err)
	}
	r.Wait("all given back", func() bool { p := r.Source.Progress(); return p.Released+p.Dropped == given })
	if faults := fake.Faults(); len(faults) > 0 {
		t.Errorf("got %d faults, the first %q", len(faults), faults[0])
	}
}

// plain leaves out of a text what no canonical name has.
func plain(text string) string {
	out := []rune("x")
	for _, r := range text {
		if r > ' ' && r != ';' && r != 0x7f && (r < 0x80 || r > 0x3000 && r < 0xd800) {
			out = append(out, r)
		}
	}
	return string(out)
}

func TestKnownNamesCostNoMemory(t *testing.T) {
	for version := 1; version <= 2; version++ {
		d := newDestination(t, remotewrite.Options{URL: "http://127.0.0.1:1/write", Version: wireVersion(version), Mapping: mappingFile(t, someRules)})
		blocks := blocksOf(1000, 1000)
		run := func() { d.ShareOnly(blocks[0]); d.Encode() }
		run()
		if allocs := testing.AllocsPerRun(20, run); allocs > 2 {
			t.Errorf("version %d: got %v allocations for 1000 points, want none", version, allocs)
		}
	}
}

func TestTheCacheIsBounded(t *testing.T) {
	const bound = 1 << 20
	d := newDestination(t, remotewrite.Options{URL: "http://127.0.0.1:1/write", Version: wireVersion(2), Cache: bound})
	most := 0
	for i := range 300 {
		d.ShareOnly(manyNames(i*100, 100))
		most = max(most, d.CacheBytes())
	}
	if most < bound/2 || most > bound+bound/4 {
		t.Errorf("got a cache of up to %d bytes, want about %d", most, bound)
	}
}

func manyNames(from, count int) (b metric.Batch) {
	for i := range count {
		b.Lines = fmt.Appendf(b.Lines, "some.longer.name.%d;tag=value%d 1 1700000000\n", from+i, from+i)
	}
	b.Points = count
	return b
}

func TestSeriesAreSpreadOverShards(t *testing.T) {
	d := newDestination(t, remotewrite.Options{URL: "http://127.0.0.1:1/write", Shards: 4})
	for shard, n := range d.Share(manyNames(0, 4000)) {
		if n < 800 || n > 1200 {
			t.Errorf("shard %d: got %d of 4000 points, want about 1000", shard, n)
		}
	}
}
