package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/plumbago/plumbago/bus/slack/slacktest"
)

// tours prepare for each page with commands what they need, and say what is known of
// some of them.
var tours = map[string]func(*walk) []step{
	"README.md":                    tourOfTheReadme,
	"docs/blueflood.md":            tourOfBlueflood,
	"docs/database.md":             tourOfTheDatabase,
	"docs/front-door.md":           tourOfTheFrontDoor,
	"docs/hosted-graphite.md":      tourOfTheHosted,
	"docs/outage.md":               tourOfAnOutage,
	"docs/performance.md":          tourOfTheFigures,
	"docs/replace-carbon-relay.md": tourOfTheRelay,
	"docs/replace-stunnel.md":      tourOfTheTunnel,
	"docs/size.md":                 tourOfTheSize,
	"docs/slack.md":                tourOfSlack,
	"docs/troubleshoot.md":         tourOfTroubles,
	"docs/upgrade.md":              tourOfUpgrades,
}

// serveDefault runs a gateway with the default configuration, but for its addresses.
func (w *walk) serveDefault() {
	w.t.Helper()
	w.write(w.path("default.yml"), w.here(readPage(w.t, "config/default.yml")))
	w.serve("plumbago serve --config default.yml")
}

// serves is a step that has a command run the page's gateway.
func serves(begins string) step {
	return step{begins: begins, during: func(w *walk, p *process) { w.stop(); w.serves(p) }}
}

func tourOfTheReadme(w *walk) []step {
	repository, err := filepath.Abs("..")
	if err != nil {
		w.t.Fatal(err)
	}
	w.puts("make ", "make --no-print-directory -n -C "+repository+" ")
	w.puts("10.0.0.1:2004", freeAddress(w.t), "10.0.0.2:2003", freeAddress(w.t))
	w.write(w.path("plumbago.yml"), w.here(blocks(w.t, w.page, "yaml")[0]))
	w.serveDefault()
	return []step{
		{begins: "make run", says: `bin/plumbago serve\n$`},
		{begins: "make test", says: `install-peers\.sh(.|\n)*go test -race`},
		{begins: "while", during: func(w *walk, p *process) {}},
		{begins: "curl", says: `hello\.load(.|\n)*hello\.world(.|\n)*\[42\.0,`},
		{begins: "plumbago check", then: (*walk).stop},
		{begins: "plumbago explain", says: "^servers.a.cpu\tbig,small\n$"},
		serves("plumbago serve"),
	}
}

func tourOfBlueflood(w *walk) []step {
	repository, err := filepath.Abs("..")
	if err != nil {
		w.t.Fatal(err)
	}
	flood := freeAddress(w.t)
	const program = "go run ./deliver/blueflood/fakeblueflood"
	w.puts(program, "go run -C "+repository+strings.TrimPrefix(program, "go run")+" -listen "+flood, "127.0.0.1:19000", flood,
		"tcp:2004", "tcp:"+port(w.pickle), "-i 5 ", "-i 1 ")
	var far *process
	arrives := func(name string) func(*walk) {
		return func(w *walk) {
			eventually(w.t, 10*time.Second, name+" at the Blueflood", func() bool { return far.output.contains("123456 " + name + " ") })
		}
	}
	return []step{
		{begins: program, during: func(w *walk, p *process) {
			far = p
			eventually(w.t, 60*time.Second, "a Blueflood", func() bool { return answers(flood) })
		}},
		serves("BLUEFLOOD_KEY=k-123 bin/plumbago blueflood-forward"),
		{begins: "bin/plumbago send", then: arrives("my.metric.name 150")},
		{begins: "PLUMBAGO_KEY=k-123 bin/plumbago send", then: arrives("my.metric.name 151")},
	}
}

func tourOfTheDatabase(w *walk) []step {
	w.write(w.path("plumbago.yml"), w.here(blocks(w.t, w.page, "yaml")[0]))
	w.puts("plumbago send ", "plumbago send --to tcp://"+w.line+" ")
	return []step{
		serves("plumbago serve"),
		{begins: "curl", says: `"target": ?"servers\.web-1\.load"(.|\n)*\[0\.5, ?1`},
	}
}

func tourOfTheFrontDoor(w *walk) []step {
	carbon, aside := newSink(w.t, "pickle"), newSink(w.t, "line")
	tlsLine, https := freeAddress(w.t), freeAddress(w.t)
	w.puts("DNS:graphite.example.net", "DNS:graphite.example.net,IP:127.0.0.1",
		"graphite.example.net 2003", "127.0.0.1 "+port(w.line), "graphite.example.net:20030", tlsLine, "graphite.example.net:8443", https,
		"0.0.0.0:20030", tlsLine, "0.0.0.0:20040", freeAddress(w.t), "0.0.0.0:8443", https,
		"10.0.0.1:2004", carbon.address, "10.0.0.9:2003", aside.address)
	w.writes()
	return []step{
		{begins: "plumbago check", says: "(?m)^tenant +acme .*"},
		{begins: "plumbago explain", says: "^web.hits\tcarbon\n$"},
		serves("plumbago serve"),
		{begins: "plumbago reload", then: func(w *walk) {
			g := &gateway{t: w.t, admin: w.admin}
			eventually(w.t, 5*time.Second, "all points counted", func() bool {
				m := g.metrics()
				return m.sum("plumbago_tenant_points_total", `tenant="acme"`, `protocol="line"`) == 3 &&
					m.sum("plumbago_tenant_points_total", `tenant="acme"`, `protocol="http"`) == 7
			})
			carbon.await(5*time.Second, "acme.web.latency;dc=eu 1.5 1700000000")
			carbon.await(5*time.Second, "acme.web.latency 1.5 1700000000")
			if n := aside.distinct(); n != 0 {
				w.t.Errorf("the quarantine got %q, want nothing", aside.lines())
			}
			g.checkIdentity("carbon")
		}},
	}
}

func tourOfTheHosted(w *walk) []step {
	carbon := newSink(w.t, "pickle")
	e := startEdge(w.t, acme+to(newSink(w.t, "line")))
	w.puts("00000000-0000-0000-0000-000000000000", seedKey, "https://www.hostedgraphite.com", "https://"+e.https,
		"72c4f55b.carbon.hostedgraphite.com:20040", e.tlsPickle, "/etc/ssl/certs/ca-certificates.crt", e.ca.CA,
		"127.0.0.1:2014", carbon.address, "plumbago send ", "plumbago send --to tcp://"+w.line+" ")
	w.settings = fmt.Sprintf("export SSL_CERT_FILE=%q\n", e.ca.CA)
	w.writes()
	return append([]step{
		{begins: "plumbago explain", says: "^servers.web-1.load\tlocal,hosted\n$"},
		{begins: "plumbago serve", during: func(w *walk, p *process) {
			w.serves(p)
			sendLines(w.t, w.line, "before.files 1\n")
			carbon.awaitValue(10*time.Second, "before.files", "1")
			w.write(w.path("etc", "plumbago.yml"), storedHere(w))
		}},
		{begins: "curl -s '127.0.0.1:8090/render", says: `"servers\.web-1\.load"(.|\n)*\[0\.5,`},
	}, stepsOfTheHosted(e, carbon)...)
}

// storedHere is the page's configuration with the copy in files.
func storedHere(w *walk) string {
	list := blocks(w.t, w.page, "yaml")
	text := regexp.MustCompile(`(?m)^  - \{name: local, .*\n`).ReplaceAllLiteralString(list[0], list[1])
	if text == list[0] || !strings.Contains(list[1], "whisper") {
		w.t.Fatalf("got %q, want a configuration and a destination of files", list)
	}
	return w.here(text)
}

func stepsOfTheHosted(e *edge, carbon *sink) []step {
	return []step{
		{begins: "plumbago migrate", status: 1, says: "CARBON_METRIC_INTERVAL", then: func(w *walk) {
			w.run("plumbago check plumbago.yml", step{says: regexp.QuoteMeta(carbon.address) + `(.|\n)*` + regexp.QuoteMeta(e.tlsPickle) + `|` +
				regexp.QuoteMeta(e.tlsPickle) + `(.|\n)*` + regexp.QuoteMeta(carbon.address)})
		}},
		{begins: "plumbago send test.point 1", then: func(w *walk) {
			eventually(w.t, 10*time.Second, "all points at the service", func() bool {
				return e.metrics().sum("plumbago_tenant_points_total", `tenant="acme"`, `protocol="http"`) == 3
			})
		}},
		{begins: "plumbago queue ls", says: `(?m)^hosted (.|\n)*^local `},
		{begins: "curl -s 127.0.0.1:8090/metrics", says: `plumbago_queue_oldest_seconds\{dest="hosted"\}`},
	}
}

// tourOfTheFigures only asks make what it would do: to measure takes long, and the
// machine for itself.
func tourOfTheFigures(w *walk) []step {
	repository, err := filepath.Abs("..")
	if err != nil {
		w.t.Fatal(err)
	}
	w.puts("make ", "make --no-print-directory -n -C "+repository+" ")
	return []step{{begins: "make bench", says: `go run \./bench`}}
}

func tourOfAnOutage(w *walk) []step {
	w.serveDefault()
	return []step{{begins: "plumbago status", says: `(?m)^ *local\s`}}
}

func tourOfTheRelay(w *walk) []step {
	far := []*sink{newSink(w.t, "pickle"), newSink(w.t, "pickle")}
	conf := fmt.Sprintf(carbonConf, "relay", w.path("carbon"), port(w.line), port(w.pickle),
		fmt.Sprintf("RELAY_METHOD = consistent-hashing\nDESTINATIONS = %s:a, %s:b\n", far[0].address, far[1].address))
	for _, file := range []string{w.path("carbon", "carbon.conf"), w.path("carbon.conf")} {
		w.write(file, conf)
	}
	w.write(w.path("carbon.conf.new"), strings.Replace(conf, ", "+far[1].address+":b", "", 1))
	w.write(w.path("names.txt"), "servers.web-0001.cpu.user\nservers.web-0002.cpu.user\nservers.web-0003.cpu.user\nservers.web-0004.cpu.user\n")
	w.serve("plumbago relay --config=carbon/carbon.conf --admin tcp://" + w.admin)
	return []step{
		{begins: "plumbago check", says: `carbon_ch(.|\n)*:6: LOCAL_DATA_DIR: accepted, no effect`},
		{begins: "plumbago explain --config /etc/carbon/carbon.conf --json", says: `^\{.*"servers\.web-0001\.cpu\.user"`},
		{begins: "plumbago explain", says: "^servers.web-0001.cpu.user\t"},
		{begins: "plumbago ring balance", says: "^4 names"},
		{begins: "plumbago ring diff", says: "of 4 names? moves?"},
		{begins: "plumbago migrate --verify", says: "^4 of 4 names placed alike"},
		{begins: "plumbago migrate", then: func(w *walk) { w.run("plumbago check plumbago.yml", step{}) }},
	}
}

func tourOfTheTunnel(w *walk) []step {
	e := startEdge(w.t, acme+to(newSink(w.t, "line")))
	w.puts("72c4f55b.carbon.hostedgraphite.com:20040", "localhost:"+port(e.tlsPickle), "72c4f55b.carbon.hostedgraphite.com", "localhost",
		"/etc/ssl/certs/ca-certificates.crt", e.ca.CA, "plumbago send ", "plumbago send --to tcp://"+w.line+" ",
		"[relay]\n", fmt.Sprintf("[relay]\nSTORAGE_DIR = %s\nLINE_RECEIVER_INTERFACE = 127.0.0.1\nPICKLE_RECEIVER_INTERFACE = 127.0.0.1\nLINE_RECEIVER_PORT = %s\nPICKLE_RECEIVER_PORT = %s\n", w.path("storage"), port(w.line), port(w.pickle)))
	w.writes()
	w.write(w.path("names.txt"), "servers.web-0001.cpu.user\n")
	return []step{
		{begins: "plumbago migrate --stunnel /etc/stunnel/stunnel.conf --verify", says: "^1 of 1 name placed alike"},
		{begins: "plumbago migrate", status: 1, says: "CARBON_METRIC_INTERVAL", then: (*walk).addAdmin},
		serves("plumbago serve"),
		{begins: "plumbago queue ls", says: `(?m)^hg-tls +`},
		{begins: "curl -s 127.0.0.1:8090/metrics | grep 'plumbago_deliver_connected", says: `(?m)^plumbago_deliver_connected\{dest="hg-tls"\} 1$`},
		{begins: "curl -s 127.0.0.1:8090/metrics | grep 'plumbago_queue_points", says: `dest="hg-tls",state="waiting"\} 0`, then: func(w *walk) {
			eventually(w.t, 10*time.Second, "the point at the service", func() bool {
				return e.metrics().sum("plumbago_tenant_points_total", `tenant="acme"`, `protocol="pickle"`) == 1
			})
		}},
		{begins: "openssl", says: "BEGIN CERTIFICATE"},
	}
}

// addAdmin adds to what migrate has written what the page says that it lacks.
func (w *walk) addAdmin() {
	w.t.Helper()
	text, err := os.ReadFile(w.path("plumbago.yml"))
	if err != nil {
		w.t.Fatal(err)
	}
	for line := range strings.Lines(blocks(w.t, w.page, "yaml")[0]) {
		if strings.HasPrefix(line, "admin:") {
			writeFile(w.t, w.path("plumbago.yml"), string(text)+w.here(line))
		}
	}
}

func tourOfTheSize(*walk) []step {
	return []step{{begins: "echo 'net.core.rmem_max", left: "it changes the kernel's settings for all of the machine"}}
}

func tourOfSlack(w *walk) []step {
	far := newSink(w.t, "line")
	b := newBus(w.t, slacktest.Options{Speed: 100}, far.address, "poll: 200ms\ndata-dir: data\n")
	w.puts("sudo ", "", "/etc/carbon-slack.yml", "carbon-slack.yml")
	for _, command := range []string{"slack send", "slack recv", "slack relay"} {
		w.puts("plumbago "+command, "plumbago "+command+" --config carbon-slack.yml")
	}
	return []step{
		{begins: "plumbago slack init", says: "(?m)^token: ", then: func(w *walk) {
			text, err := os.ReadFile(b.yml)
			if err != nil {
				w.t.Fatal(err)
			}
			writeFile(w.t, w.path("carbon-slack.yml"), string(text))
		}},
		{begins: "plumbago slack recv", says: `metricsbot: test\.metric 42`},
		{begins: "plumbago slack relay", during: func(w *walk, _ *process) { far.awaitValue(10*time.Second, "test.metric", "42") }},
	}
}

func tourOfTroubles(w *walk) []step {
	w.serveDefault()
	shows := func(line, what string) func(*walk, *process) {
		return func(w *walk, p *process) {
			eventually(w.t, 10*time.Second, "the tap showing "+what, func() bool {
				sendLines(w.t, w.line, line)
				return p.output.contains(what)
			})
			end(p, syscall.SIGINT)
		}
	}
	return []step{
		{begins: "plumbago status", says: `(?m)^ *local\s`},
		{begins: "plumbago tap --match", during: shows("servers.a.b 1\n", "servers.a.b")},
		{begins: "plumbago tap --dropped", during: shows("servers.a.b none\n", "value")},
		{begins: "plumbago top", says: `servers\.a`},
	}
}

func tourOfUpgrades(w *walk) []step {
	for _, name := range []string{"plumbago-new", "plumbago"} {
		copyBinary(w.t, w.path(name))
	}
	w.puts("/usr/bin/plumbago", w.path("plumbago"), "./plumbago-data", w.path("data"))
	w.write(w.path("default.yml"), w.here(readPage(w.t, "config/default.yml")))
	w.serve("./plumbago serve --config default.yml")
	return []step{
		{begins: "kill -USR2", then: func(w *walk) {
			eventually(w.t, 10*time.Second, "the new process in the old one's place", func() bool {
				return w.serving.output.contains("the new process has taken over")
			})
		}},
		{begins: "systemctl kill --kill-whom=main --signal=SIGUSR2 plumbago", left: "there is no systemd; what it sends is sent by the command above"},
	}
}
