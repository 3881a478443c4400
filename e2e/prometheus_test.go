package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/plumbago/plumbago/deliver/remotewrite/remotewritetest"
)

// prometheusServer is Debian's, with its door for remote write open.
type prometheusServer struct {
	t   *testing.T
	url string
}

func startPrometheus(t *testing.T) prometheusServer {
	t.Helper()
	dir, address := t.TempDir(), freeAddress(t)
	writeFile(t, filepath.Join(dir, "prometheus.yml"), "global: {scrape_interval: 1h}\n")
	p := start(t, exec.Command(program(t, "prometheus", "prometheus"),
		"--config.file="+filepath.Join(dir, "prometheus.yml"), "--storage.tsdb.path="+filepath.Join(dir, "tsdb"),
		"--web.listen-address="+address, "--web.enable-remote-write-receiver"))
	s := prometheusServer{t, "http://" + address}
	eventually(t, 20*time.Second, "Prometheus ready", func() bool {
		if !p.running() {
			t.Fatalf("Prometheus ended at its start:\n%s", p.output.String())
		}
		status, _, err := get(s.url + "/-/ready")
		return err == nil && status == http.StatusOK
	})
	return s
}

// samples returns all samples of the last hour that a selector means, each as
// name{labels} value@milliseconds.
func (s prometheusServer) samples(selector string) map[string][]string {
	s.t.Helper()
	_, body, err := get(s.url + "/api/v1/query?query=" + url.QueryEscape(selector+"[1h]"))
	var answer struct {
		Status string
		Data   struct {
			Result []struct {
				Metric map[string]string
				Values [][2]any
			}
		}
	}
	if err == nil {
		err = json.Unmarshal([]byte(body), &answer)
	}
	if err != nil || answer.Status != "success" {
		s.t.Fatalf("query %s: %v, %s", selector, err, body)
	}
	found := map[string][]string{}
	for _, r := range answer.Data.Result {
		labels, err := json.Marshal(r.Metric) // sorted
		if err != nil {
			s.t.Fatal(err)
		}
		for _, v := range r.Values {
			found[string(labels)] = append(found[string(labels)], fmt.Sprintf("%v@%s", v[1], strconv.FormatFloat(v[0].(float64), 'f', 3, 64)))
		}
	}
	return found
}

// exporterMapping is a file as graphite_exporter has it.
const exporterMapping = `mappings:
- match: servers.*.cpu.*
  name: cpu_${2}_total
  labels: {host: $1, job: node}
- match: '^tmp\.'
  match_type: regex
  action: drop
  name: dropped
`

func TestPointsArriveInPrometheus(t *testing.T) {
	t.Parallel()
	far := startPrometheus(t)
	rules := filepath.Join(t.TempDir(), "mapping.yml")
	writeFile(t, rules, exporterMapping)
	g := startGateway(t, destinations(fmt.Sprintf(
		`{name: far, type: remote_write, address: "%s/api/v1/write", mapping: %q, interval: 50ms, shards: 3}`, far.url, rules)))
	now := time.Now().Unix() - 60
	sendLines(t, g.line, fmt.Sprintf(`servers.web1.cpu.user 1.5 %[1]d
servers.web1.cpu.user 2.5 %[2]d.25
servers.web2.cpu.user -3e9 %[1]d
apps.shop-1.héllo 7 %[1]d.5
disk.used;mount=/var;2nd=x 0 %[1]d
tmp.file 1 %[1]d
up.inf inf %[1]d
`, now, now+10))
	want := map[string][]string{
		`{"__name__":"cpu_user_total","host":"web1","job":"node"}`: {fmt.Sprintf("1.5@%d.000", now), fmt.Sprintf("2.5@%d.250", now+10)},
		`{"__name__":"cpu_user_total","host":"web2","job":"node"}`: {fmt.Sprintf("-3000000000@%d.000", now)},
		`{"__name__":"apps_shop_1_h_llo"}`:                         {fmt.Sprintf("7@%d.500", now)},
		`{"_2nd":"x","__name__":"disk_used","mount":"/var"}`:       {fmt.Sprintf("0@%d.000", now)},
		`{"__name__":"up_inf"}`:                                    {fmt.Sprintf("+Inf@%d.000", now)},
	}
	var got map[string][]string
	deadline := time.Now().Add(15 * time.Second)
	for len(got) < len(want) && time.Now().Before(deadline) {
		time.Sleep(50 * time.Millisecond)
		got = far.samples(`{__name__=~".+"}`)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Prometheus has other samples (-want +got):\n%s\n%s", diff, g.said())
	}
	eventually(t, 5*time.Second, "the dropped point counted", func() bool {
		return g.metrics().sum("plumbago_remotewrite_refused_points_total", `reason="dropped"`) == 1
	})
	g.checkIdentity("far")
}

// Of points that Prometheus does not take, none costs another.
func TestPrometheusRefusesWhatIsOutOfOrder(t *testing.T) {
	t.Parallel()
	far := startPrometheus(t)
	g := startGateway(t, destinations(fmt.Sprintf(`{name: far, type: remote_write, address: "%s/api/v1/write", interval: 50ms}`, far.url)))
	now := time.Now().Unix() - 60
	arrive := func(series int) {
		t.Helper()
		eventually(t, 10*time.Second, fmt.Sprint(series, " series in Prometheus"), func() bool {
			return len(far.samples(`{__name__=~"ooo_.*"}`)) == series
		})
	}
	var first, second strings.Builder
	for i := range 50 {
		fmt.Fprintf(&first, "ooo.%d 1 %d\n", i, now)
		fmt.Fprintf(&second, "ooo.%d 2 %d\n", i, now+5) // good
		if i%10 == 0 {
			fmt.Fprintf(&second, "ooo.%d 3 %d\nooo.%d 3 %d\n", i, now-5, i, now-10) // out of order
		}
	}
	fmt.Fprintf(&second, "ooo.1 9 %d\nooo.after 1 %d\nooo.old 1 1000000000\n", now, now) // a duplicate, a good one, one too old
	sendLines(t, g.line, first.String())
	arrive(50)
	sendLines(t, g.line, second.String())
	arrive(51)
	refused := func(reason string) float64 {
		return g.metrics().sum("plumbago_remotewrite_refused_points_total", fmt.Sprintf("reason=%q", reason))
	}
	eventually(t, 10*time.Second, "what was refused counted", func() bool {
		return refused("out_of_order")+refused("duplicate") == 11 && refused("too_old") == 1
	})
	for labels, values := range far.samples(`{__name__=~"ooo_[0-9]+"}`) {
		if want := []string{fmt.Sprintf("1@%d.000", now), fmt.Sprintf("2@%d.000", now+5)}; !cmp.Equal(values, want) {
			t.Errorf("%s: got %s, want %s", labels, values, want)
		}
	}
	g.checkIdentity("far")
	text, err := os.ReadFile(filepath.Join(g.data, "queue", "far", "refused"))
	if err != nil || strings.Count(string(text), "\nooo.") != 12 || !strings.Contains(string(text), "ooo.old 1 1000000000") {
		t.Errorf("got %q and %v, want the 12 refused points with their reasons", text, err)
	}
}

// promToken shows who sends; nothing may show it.
const promToken = "t-77f0c2a9d4"

func TestPointsArriveByRemoteWrite2(t *testing.T) {
	t.Parallel()
	fake := &remotewritetest.Server{Version: 2, Token: promToken}
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	g := startGateway(t, "tenants: [{name: acme, keys: [acme-key-1]}, {name: evil, keys: [evil-key-1]}]\n"+destinations(fmt.Sprintf(
		`{name: far, type: remote_write, version: 2.0, address: "%s/api/v1/push", interval: 50ms, per_tenant: true, bearer: "${env:PROM_TOKEN}"}`, server.URL)),
		"PROM_TOKEN="+promToken)
	now := time.Now().Unix()
	sendLines(t, g.line, fmt.Sprintf("acme-key-1.a.b;x=y 1.5 %d.125\nevil-key-1.a.b 2 %d\n", now, now))
	eventually(t, 10*time.Second, "both points at the far end", func() bool { return fake.Points() == 2 })
	for tenant, want := range map[string]string{
		"acme": fmt.Sprint(`a_b{x="y"} `, []remotewritetest.Sample{{Time: now*1000 + 125, Value: 1.5}}),
		"evil": fmt.Sprint("a_b ", []remotewritetest.Sample{{Time: now * 1000, Value: 2}}),
	} {
		for _, series := range fake.Series(tenant) {
			if got := fmt.Sprint(series, " ", fake.Samples(tenant, series)); got != want {
				t.Errorf("%s has %s, want %s", tenant, got, want)
			}
		}
		if n := len(fake.Series(tenant)); n != 1 {
			t.Errorf("%s has %d series, want 1", tenant, n)
		}
	}
	if faults := fake.Faults(); len(faults) > 0 {
		t.Errorf("against the specification: %q", faults)
	}
	g.checkIdentity("far")
	fake.Misbehave(remotewritetest.Fault{Status: http.StatusServiceUnavailable, Text: "not now, Bearer " + promToken, Times: 2})
	sendLines(t, g.line, fmt.Sprintf("acme-key-1.after 1 %d\n", now))
	eventually(t, 20*time.Second, "the point after the refusal", func() bool { return fake.Points() == 3 })
	if strings.Contains(g.said()+g.page("/metrics")+g.page("/status"), promToken) {
		t.Errorf("the token is shown:\n%s", g.said())
	}
}
