package e2e_test

import (
	"encoding/pem"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/internal/certs/certstest"
)

// moreSecrets are of the kinds that TestNoSecretIsInAnyOutput has none of.
var moreSecrets = map[string]string{
	"TENANT_KEY": "5ec2aa11-77bb-4e7c-c1d2", "PREFIX_KEY": "b0a75e7a-0b11-5ec2-4e7c", "HOSTED_KEY": "1badffee-c000-4b1d-9e9e",
	"KEYSTONE_PASSWORD": "battery-staple-correct", "BEARER": "eyJhbGciOi.prometheus-bearer", "BASIC_PASSWORD": "mimir-basic-pass-word",
	"NATS_PASSWORD": "nats-pass-word-8f3a", "NATS_TOKEN": "nats-token-77c1e0", "SLACK_TOKEN": "xoxb-210987654321-fedcbaFEDCBA",
	"SLACK_APP_TOKEN": "xapp-1-A0123-456-abcdef0123456789",
}

// startParrot runs a far end that answers each request with an error, in which all of
// the request is said again.
func startParrot(t *testing.T, status int) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		all, _ := httputil.DumpRequest(r, true)
		w.Header().Set("X-Said", r.Header.Get("Authorization"))
		w.WriteHeader(status)
		w.Write(all)
	}))
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

// TestNoSecretIsShownByAnyDoor has far ends say all that they are told again, and reads
// all that the operators' door, its commands, the doors' errors, and the names of
// whisper files say.
func TestNoSecretIsShownByAnyDoor(t *testing.T) {
	t.Parallel()
	parrot, denies := startParrot(t, http.StatusBadRequest), startParrot(t, http.StatusUnauthorized)
	cert, key := certstest.New(t, "authority").Issue("localhost")
	pemText, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(pemText)
	environment := []string{}
	for name, value := range moreSecrets {
		environment = append(environment, name+"="+value)
	}
	tree, sink := filepath.Join(t.TempDir(), "whisper"), freeAddress(t)
	g := startGatewayWith(t, fmt.Sprintf(`  - {protocol: http, listen: "tcp://%s"}
  - {protocol: slack, token: "${env:SLACK_TOKEN}", app_token: "${env:SLACK_APP_TOKEN}", channel: metrics, api: "http://%s/"}
`, sink, parrot), fmt.Sprintf(`tenants: [{name: acme, keys: ["${env:TENANT_KEY}"]}]
log: {level: debug}
deliver:
  - {name: local, type: whisper, dir: %q, interval: 100ms}
  - {name: sealed, type: carbon, address: "tls://%s", protocol: line, prefix: "${env:PREFIX_KEY}", tls: {cert: %q, key: %q}}
  - {name: hosted, type: hostedgraphite, address: "http://%s", key: "${env:HOSTED_KEY}", interval: 100ms}
  - {name: flood, type: blueflood, address: "http://%s", tenant: '1', interval: 100ms, auth: {url: "http://%s/v3", user: u, password: "${env:KEYSTONE_PASSWORD}"}}
  - {name: bearer, type: remote_write, address: "http://%s/w", interval: 100ms, bearer: "${env:BEARER}"}
  - {name: basic, type: remote_write, address: "http://%s/w", interval: 100ms, basic: {user: u, password: "${env:BASIC_PASSWORD}"}}
  - {name: stream, type: nats, nats: {servers: ["nats://%s"], login: {user: u, password: "${env:NATS_PASSWORD}"}}}
  - {name: other, type: nats, nats: {servers: ["nats://%s"], login: {token: "${env:NATS_TOKEN}"}}}
  - {name: bus, type: slack, token: "${env:SLACK_TOKEN}", channel: metrics, interval: 100ms, api: "http://%s/"}
`, tree, freeAddress(t), cert, key, parrot, parrot, denies, parrot, denies, parrot, freeAddress(t), parrot), environment...)
	shown := map[string]string{}
	run := func(args ...string) {
		cmd := plumbago(t.TempDir(), args...)
		cmd.Env = append(os.Environ(), environment...)
		out, _ := cmd.CombinedOutput()
		shown[strings.Join(args, " ")] = string(out) + "\nend"
	}
	tapped := make(chan struct{})
	go func() {
		defer close(tapped)
		cmd := plumbago(g.data, "tap", "--config", g.config, "--count", "4", "--json")
		cmd.Env = append(os.Environ(), environment...)
		out, _ := cmd.CombinedOutput()
		shown["tap"] = string(out)
	}()
	tenantKey := moreSecrets["TENANT_KEY"]
	now := time.Now().Unix()
	for i := 0; !isClosed(tapped); i++ { // until who taps has seen enough
		sendLines(t, g.line, fmt.Sprintf("%s.a.b %d %d\n%s.c;host=x 1 %d\n%s no point\n%sx.a 1 1\n.%s.a 1 1\na.%s 1 1 1\n",
			tenantKey, i, now, tenantKey, now, tenantKey, tenantKey, tenantKey, tenantKey))
		time.Sleep(100 * time.Millisecond)
		if i > 150 {
			t.Fatal("got nothing tapped in 15 seconds")
		}
	}
	names := []string{"hosted", "flood", "bearer", "basic", "bus", "stream", "other", "sealed"}
	for _, dest := range names {
		eventually(t, 15*time.Second, "an error of "+dest, func() bool {
			return regexp.MustCompile(" dest=" + dest + " .*err=").MatchString(g.said())
		})
	}
	eventually(t, 10*time.Second, "series in files", func() bool {
		_, err := os.Stat(filepath.Join(tree, "acme", "a", "b.wsp"))
		return err == nil
	})
	for _, path := range []string{
		"/", "/status", "/drops", "/top", "/top?by=source", "/top?by=tenant", "/top?by=reason", "/samples", "/explain?tenant=acme&name=a.b",
		"/metrics", "/readyz", "/healthz", "/render?target=*.*.*&from=-1h", "/metrics/find?query=*", "/metrics/index.json", "/metrics/search?query=a", "/tags/findSeries?expr=name=~.*a.*",
	} {
		shown["GET "+path] = g.page(path)
	}
	for what, r := range wrongPosts(t, "http://"+sink+"/api/v1/sink", tenantKey) {
		shown["POST with "+what] = r
	}
	run("check", g.config)
	run("check", "--connect", g.config)
	run("explain", "--config", g.config, "--tenant", "acme", "a.b")
	run("reload", "--config", g.config)
	run("status", "--config", g.config)
	run("status", "--json", "--config", g.config)
	run("health", "--ready", "--config", g.config)
	for _, by := range []string{"source", "prefix", "tenant", "reason"} {
		run("top", "--by", by, "--config", g.config)
	}
	run("queue", "ls", "--config", g.config)
	for _, dest := range names {
		run("queue", "cat", "--config", g.config, dest)
	}
	g.stop()
	shown["the log"] = g.said()
	for name, text := range readTree(t, g.data) {
		shown["file "+name] = name + "\n" + text
	}
	shown["the names of files"] = fmt.Sprint(fs.Glob(os.DirFS(tree), "*/*/*"))
	tagged, err := os.ReadFile(filepath.Join(tree, ".plumbago-tagged"))
	if err != nil || len(tagged) == 0 {
		t.Errorf("got %q and error %v of the names of tagged series, want some", tagged, err)
	}
	shown["the names of tagged series"] = string(tagged)
	for _, secret := range moreSecrets {
		checkHidden(t, secret, shown)
	}
	for line := range strings.SplitSeq(strings.TrimSpace(string(pem.EncodeToMemory(block))), "\n") {
		if !strings.HasPrefix(line, "-----") {
			checkHidden(t, line, shown)
		}
	}
}

// isClosed reports whether c is closed.
func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// wrongPosts are the answers to requests that are refused in part or in whole.
func wrongPosts(t *testing.T, url, key string) map[string]string {
	t.Helper()
	answers := map[string]string{}
	for what, body := range map[string]string{
		"bad lines": key + " no point\n" + "a." + key + " x 1\n", "the key again": key + ".twice 1 1\n", "nothing": "", "a pickle": "\x80\x02" + key,
	} {
		for _, login := range []string{"", key, key + "x", "user:" + key} {
			r, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			if login != "" {
				name, password, _ := strings.Cut(login, ":")
				r.SetBasicAuth(name, password)
			}
			a, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			text, _ := io.ReadAll(a.Body)
			a.Body.Close()
			answers[fmt.Sprintf("%s and %d bytes of login", what, len(login))] = fmt.Sprint(a.Status, a.Header, string(text))
		}
	}
	return answers
}
