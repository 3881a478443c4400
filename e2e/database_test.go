package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// secondly keeps every second for a day and every minute for a week.
const secondly = "[all]\npattern = .*\nretentions = 1s:1d,1m:7d\n"

// startDatabase runs a gateway that stores in the folder files.
func startDatabase(t *testing.T, files, more string) *gateway {
	t.Helper()
	schemas := filepath.Join(t.TempDir(), "storage-schemas.conf")
	writeFile(t, schemas, secondly)
	return startGateway(t, destinations(fmt.Sprintf("{name: local, type: whisper, dir: %q, schemas: %q, %s}", files, schemas, more)))
}

// drawn is a series of an answer of /render.
type drawn struct {
	Target     string
	Datapoints [][2]*float64
}

// values are those that are known, by second.
func (d drawn) values() map[int64]float64 {
	values := map[int64]float64{}
	for _, p := range d.Datapoints {
		if p[0] != nil {
			values[int64(*p[1])] = *p[0]
		}
	}
	return values
}

// render asks the gateway what a target was worth.
func (g *gateway) render(target string, from, until int64) (series []drawn) {
	g.t.Helper()
	q := url.Values{"target": {target}, "from": {fmt.Sprint(from)}, "until": {fmt.Sprint(until)}, "format": {"json"}}
	if err := json.Unmarshal([]byte(g.page("/render?"+q.Encode())), &series); err != nil {
		g.t.Fatal(err)
	}
	return series
}

// rendered is what is known of one series.
func (g *gateway) rendered(name string, from, until int64) map[int64]float64 {
	g.t.Helper()
	if series := g.render(name, from, until); len(series) == 1 {
		return series[0].values()
	}
	return nil
}

// wave is n points of a name, one a second from a time on.
func wave(name string, from int64, n int) (lines string, values map[int64]float64) {
	var b strings.Builder
	values = map[int64]float64{}
	for i := range int64(n) {
		v := float64(i*i%97) / 4
		fmt.Fprintf(&b, "%s %g %d\n", name, v, from+i)
		values[from+i] = v
	}
	return b.String(), values
}

func TestADatabaseAnswersBeforeItWrites(t *testing.T) {
	t.Parallel()
	files := filepath.Join(t.TempDir(), "whisper")
	g := startDatabase(t, files, "interval: 1h")
	now := time.Now().Unix()
	lines, want := wave("web.a.cpu", now-100, 60)
	tagged, wantTagged := wave("disk.used;rack=r1;server=web1", now-100, 60)
	sendLines(t, g.line, lines+tagged)

	eventually(t, 5*time.Second, "the series in memory", func() bool {
		return reflect.DeepEqual(g.rendered("web.*.cpu", now-200, now), want) &&
			reflect.DeepEqual(g.rendered("seriesByTag('server=web1')", now-200, now), wantTagged)
	})
	for path, holds := range map[string]string{
		"/metrics/find?query=web.*":                         `"id":"web.a"`,
		"/metrics/expand?query=*.a.c*":                      `["web.a.cpu"]`,
		"/metrics/search?query=CPU+web":                     `"web.a.cpu"`,
		"/metrics/index.json":                               `"web.a.cpu"`,
		"/tags/autoComplete/values?tag=server&valuePrefix=": `["web1"]`,
		"/version": "1.1",
	} {
		if got := g.page(path); !strings.Contains(got, holds) {
			t.Errorf("%s: got %.200s, want %s in it", path, got, holds)
		}
	}
	g.checkIdentity("local")
	g.stop() // which writes
	if got := whisperFetch(t, files, "web.a.cpu", now-101, now); !reflect.DeepEqual(got, want) {
		t.Errorf("after the end whisper-fetch has %v, want %v", got, want)
	}
}

func TestGraphiteWebReadsWhatTheGatewayWrites(t *testing.T) {
	t.Parallel()
	files := filepath.Join(t.TempDir(), "whisper")
	g := startDatabase(t, files, "interval: 100ms")
	now := time.Now().Unix()
	for i, name := range []string{"web.a.cpu", "web.b.cpu", "web.a.hits.count", "web", "db.x-1.load"} {
		lines, _ := wave(name, now-300-int64(i), 300)
		sendLines(t, g.line, lines)
	}
	g.awaitDrained("local", 20*time.Second)
	web := startGraphiteWeb(t, files, now)
	for _, ask := range []struct {
		path string
		q    url.Values
	}{
		{"/metrics/find", url.Values{"query": {"*"}}},
		{"/metrics/find", url.Values{"query": {"web.*"}}},
		{"/metrics/index.json", nil},
		{"/render", url.Values{"target": {"web.*.cpu", "web", "sumSeries(web.*.*)"}, "from": {"-4min"}}},
		{"/render", url.Values{"target": {"summarize(web.a.hits.count, '1min', 'sum')", "db.x-1.load"}, "from": {"-1h"}, "maxDataPoints": {"50"}}},
		{"/render", url.Values{"target": {"aliasByNode(movingAverage(web.*.cpu, 5), 1)"}, "from": {"-2d"}}},
	} {
		ask.q = with(ask.q, now)
		if got, want := g.page(ask.path+"?"+ask.q.Encode()), web.ask(ask.path, ask.q); !sameJSON(t, got, want) {
			t.Errorf("%s?%s:\ngot  %.500s\nwant %.500s", ask.path, ask.q.Encode(), got, want)
		}
	}
}

// with asks as if it were now, for JSON.
func with(q url.Values, now int64) url.Values {
	all := url.Values{"format": {"json"}, "now": {fmt.Sprint(now)}, "until": {fmt.Sprint(now)}}
	if q.Get("target") == "" {
		all = url.Values{}
	}
	for name, values := range q {
		all[name] = values
	}
	return all
}

// sameJSON compares answers; sums may differ by their rounding.
func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	var x, y any
	if err := json.Unmarshal([]byte(a), &x); err != nil {
		t.Fatalf("%v in %.200q", err, a)
	}
	if err := json.Unmarshal([]byte(b), &y); err != nil {
		t.Fatalf("%v in %.200q", err, b)
	}
	return cmp.Equal(x, y, cmpopts.EquateApprox(1e-9, 0))
}

func TestACarbonCachesFilesAreTakenOver(t *testing.T) {
	t.Parallel()
	now := time.Now().Unix()
	want := map[int64]float64{}
	send := func(address string, from int64) {
		lines, values := wave("app.requests", from, 30)
		sendLines(t, address, lines)
		for at, v := range values {
			want[at] = v
		}
	}
	cache := startCache(t)
	stored := func() bool {
		return reflect.DeepEqual(whisperFetch(t, cache.whisper, "app.requests", now-1000, now), want)
	}
	send(cache.line, now-900)
	eventually(t, 20*time.Second, "carbon-cache has written", stored)
	cache.kill()

	g := startDatabase(t, cache.whisper, "interval: 100ms")
	if got := g.rendered("app.requests", now-1000, now); !reflect.DeepEqual(got, want) {
		t.Errorf("before anything came: got %v, want what carbon-cache wrote, %v", got, want)
	}
	send(g.line, now-800)
	eventually(t, 10*time.Second, "the gateway has written beside it", stored)
	if got := g.rendered("app.*", now-1000, now); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want both parts, %v", got, want)
	}
	g.checkIdentity("local")
}

func TestAKilledDatabaseLosesNothingThatWasQueued(t *testing.T) {
	t.Parallel()
	g := startDatabase(t, filepath.Join(t.TempDir(), "whisper"), "interval: 50ms, max_creates: 100")
	now := time.Now().Unix()
	const lives, names = 6, 200
	for life := range lives {
		before := g.metrics().received()
		var b strings.Builder
		for i := range names * 10 {
			fmt.Fprintf(&b, "k.n%d %d %d\n", i%(names*(life+1)/lives+1), life*100+i, now-5000+int64(life*500+i/names))
		}
		sendLines(t, g.line, b.String())
		eventually(t, 10*time.Second, "everything read", func() bool { return g.metrics().received() == before+names*10 })
		time.Sleep(25*time.Millisecond + time.Duration(life*life)*12*time.Millisecond) // the queue's flush is 20 ms
		g.kill()
		g.start()
		if got := g.known("k.*", now-6000, now); got != expectedPoints(life+1, names, lives) {
			eventually(t, 20*time.Second, fmt.Sprintf("all of %d points after kill %d", expectedPoints(life+1, names, lives), life+1), func() bool {
				return g.known("k.*", now-6000, now) == expectedPoints(life+1, names, lives)
			})
		}
	}
	g.checkIdentity("local")
}

// known is how many values are known of all that a target names.
func (g *gateway) known(target string, from, until int64) (n int) {
	g.t.Helper()
	for _, s := range g.render(target, from, until) {
		n += len(s.values())
	}
	return n
}

// expectedPoints is how many points of different names and times were sent.
func expectedPoints(sent, names, lives int) int {
	type point struct{ name, at int }
	all := map[point]bool{}
	for life := range sent {
		for i := range names * 10 {
			all[point{i % (names*(life+1)/lives + 1), life*500 + i/names}] = true
		}
	}
	return len(all)
}
