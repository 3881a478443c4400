package route_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/plumbago/plumbago/internal/hashring"
	"github.com/plumbago/plumbago/internal/pyregex"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/route"
)

// twenty is a table of rules as a site has them; the last takes what is left.
var twenty = []string{
	`^collectd\.`, `^statsd\.timers\.`, `^servers\.db-[0-9]+\.mysql\.`, `^servers\.host-01.*cpu`,
	`^servers\.host-0[2-9][0-9]+\.disk`, `^apps\.[^.]+\.latency\.p99$`, `\.jvm\.(heap|gc)\.`,
	`^servers\.host-00[0-1][0-9]\.cpu\.core-0[0-3]\.`, `^servers\..*\.interface\.eth1\.`,
	`^network\.(core|edge)-sw[0-9]+\.`, `\.(errors|dropped)$`, `^servers\.host-00[2-4][0-9]\.memory\.`,
	`^kafka\.broker[0-9]+\.topic\..*\.bytes_in`, `^haproxy\.`, `^servers\.[a-z]+-[0-9]+\.df\.root\.`,
	`^carbon\.agents\.`, `^servers\..*\.load\.longterm$`, `^stats\.gauges\.`, `^k8s\.[^.]+\.pods\.`, "",
}

// names makes n names, a hundred for a host.
func names(n int) []string {
	kinds := []string{"user", "system", "idle", "iowait"}
	list := make([]string, n)
	for i := range list {
		host, k := i/100, i%100
		switch {
		case k < 64:
			list[i] = fmt.Sprintf("servers.host-%04d.cpu.core-%02d.%s", host, k/4, kinds[k%4])
		case k < 80:
			list[i] = fmt.Sprintf("servers.host-%04d.disk.sd%c.%s_bytes", host, 'a'+k%4, kinds[k%16/4])
		case k < 96:
			list[i] = fmt.Sprintf("servers.host-%04d.interface.eth%d.%s_errors", host, k%4, kinds[k%16/4])
		default:
			list[i] = fmt.Sprintf("servers.host-%04d.load.%s", host, kinds[k%4])
		}
	}
	return list
}

func twentyRules() []route.Rule {
	rules := make([]route.Rule, len(twenty))
	for i, e := range twenty {
		rules[i] = route.Rule{Match: e, To: dests[i%3 : i%3+1]}
	}
	return rules
}

// pythonRules are twenty as a carbon relay has them: without regard to case.
func pythonRules() []route.Rule {
	rules := twentyRules()
	for i := range rules {
		re, err := pyregex.Compile(rules[i].Match, pyregex.Options{IgnoreCase: true})
		if err != nil {
			panic(err)
		}
		rules[i].Pattern = re
	}
	return rules
}

// ringRules spreads everything over all destinations.
func ringRules(kind string, replicas int) []route.Rule {
	r := route.Ring{Kind: kind, Replicas: replicas}
	for _, d := range dests {
		r.Nodes = append(r.Nodes, hashring.Node{Host: d})
	}
	return []route.Rule{{To: dests, By: &r}}
}

var benchmarks = []struct {
	name  string
	rules []route.Rule
}{
	{"everything", []route.Rule{{To: to("a")}}},
	{"1rule", []route.Rule{{Match: "cpu", To: to("a")}}},
	{"20rules", twentyRules()},
	{"20python", pythonRules()},
	{"carbon_ch", ringRules(hashring.CarbonCH, 1)},
	{"carbon_ch/2", ringRules(hashring.CarbonCH, 2)},
	{"mmh3_ch", ringRules(hashring.MMH3CH, 1)},
	{"jump", ringRules(hashring.Jump, 1)},
}

// batches makes batches of 1000 lines.
func batches(series int) (list []metric.Batch) {
	for n := names(series); len(n) > 0; n = n[1000:] {
		list = append(list, batch(n[:1000]...))
	}
	return list
}

// BenchmarkRoute routes names that the table has seen before.
func BenchmarkRoute(b *testing.B) {
	for _, series := range []int{10_000, 1_000_000} {
		all := batches(series)
		for _, bb := range benchmarks {
			b.Run(fmt.Sprintf("%s/%d", bb.name, series), func(b *testing.B) {
				table := mustNew(b, bb.rules...)
				for range 3 {
					routeAll(table, all)
				}
				i, best := 0, time.Hour
				b.SetBytes(int64(len(all[0].Lines)))
				b.ReportAllocs()
				for b.Loop() {
					best = min(best, routeAll(table, all[i%len(all):i%len(all)+1]))
					i++
				}
				report(b, best, 1000)
			})
		}
	}
}

// BenchmarkFirstSight routes names that the table has not seen before.
func BenchmarkFirstSight(b *testing.B) {
	all := batches(100_000)
	for _, bb := range benchmarks {
		b.Run(bb.name, func(b *testing.B) {
			best := time.Hour
			b.ReportAllocs()
			for b.Loop() {
				best = min(best, routeAll(mustNew(b, bb.rules...), all))
			}
			report(b, best, 100_000)
		})
	}
}

// routeAll returns how long it takes to route batches.
func routeAll(table *route.Table, all []metric.Batch) time.Duration {
	points := 0
	begun := time.Now()
	for _, x := range all {
		table.Route(x, func(_ int, run metric.Batch) { points += run.Points })
	}
	return time.Since(begun)
}

// report reports the time for a line, at the best time of a busy machine and on average.
func report(b *testing.B, best time.Duration, lines int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(lines), "ns/line")
	b.ReportMetric(float64(best.Nanoseconds())/float64(lines), "best-ns/line")
}
