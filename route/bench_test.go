package route_test

import (
	"fmt"
	"testing"

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

func BenchmarkRoute(b *testing.B) {
	benchmarks := []struct {
		name   string
		rules  []route.Rule
		series int
	}{
		{"everything/10k", []route.Rule{{To: to("a")}}, 10_000},
		{"1rule/10k", []route.Rule{{Match: "cpu", To: to("a")}}, 10_000},
		{"20rules/10k", twentyRules(), 10_000},
		{"20rules/1M", twentyRules(), 1_000_000},
	}
	for _, bb := range benchmarks {
		b.Run(bb.name, func(b *testing.B) { benchmarkRoute(b, bb.rules, bb.series) })
	}
}

// benchmarkRoute routes batches of 1000 lines whose names it has seen before.
func benchmarkRoute(b *testing.B, rules []route.Rule, series int) {
	table := mustNew(b, rules...)
	var batches []metric.Batch
	for list := names(series); len(list) > 0; list = list[1000:] {
		batches = append(batches, batch(list[:1000]...))
	}
	points := 0
	emit := func(_ int, run metric.Batch) { points += run.Points }
	for range 3 {
		for _, x := range batches {
			table.Route(x, emit)
		}
	}
	b.SetBytes(int64(len(batches[0].Lines)))
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		table.Route(batches[i%len(batches)], emit)
		i++
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/line")
}

func BenchmarkFirstSight(b *testing.B) {
	table := mustNew(b, twentyRules()...)
	list := names(10_000)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		table.Destinations(list[i%len(list)])
		i++
	}
}
