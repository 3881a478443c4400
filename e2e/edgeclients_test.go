package e2e_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// curl runs curl with body for the edge, and returns the status and the answer.
func (e *edge) curl(t *testing.T, body string, args ...string) (status, answer string) {
	t.Helper()
	args = append([]string{"-sS", "--max-time", "10", "--cacert", e.ca.CA, "-w", "\n%{http_code}", "--data-binary", "@-"}, args...)
	cmd := exec.Command(program(t, "curl", "curl"), args...)
	cmd.Stdin = strings.NewReader(body)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("curl %v: %v\n%s", args, err, out)
	}
	at := bytes.LastIndexByte(out, '\n')
	return string(out[at+1:]), string(out[:at])
}

func (e *edge) sinkURL() string { return "http://" + e.http + "/api/v1/sink" }

func basic(text string) string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(text))
}

func zipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(text))
	w.Close()
	return b.String()
}

func TestTheSinkTakesWhatCurlSends(t *testing.T) {
	t.Parallel()
	far := newSink(t, "line")
	e := startEdge(t, acme+to(far))
	user := []string{"-u", seedKey + ":", e.sinkURL()}
	for _, c := range []struct {
		name, body string // the body has one good point, of the metric that is called as the case is
		args       []string
	}{
		{"user", "user 1 1700000000", user},
		{"url", "url 1 1700000000", []string{strings.Replace(e.sinkURL(), "://", "://"+seedKey+"@", 1)}},
		{"no-colon", "no-colon 1 1700000000", []string{"-H", basic(seedKey), e.sinkURL()}},
		{"lower-case", "lower-case 1 1700000000", []string{"-u", strings.ToLower(seedKey) + ":", e.sinkURL()}},
		{"bearer", "bearer 1 1700000000\n", []string{"-H", "Authorization: Bearer " + seedKey, e.sinkURL()}},
		{"put-tls", "put-tls 1 1700000000\r\n", []string{"-X", "PUT", "-u", seedKey + ":", "https://" + e.https + "/api/v1/sink"}},
		{"own-key", seedKey + ".own-key 1 1700000000", user},
		{"among-bad", "bad\namong-bad 1 1700000000\nworse x\n", user},
		{"chunked", "chunked 1 1700000000", append([]string{"-H", "Transfer-Encoding: chunked"}, user...)},
		{"gzip", zipped("gzip 1 1700000000"), append([]string{"-H", "Content-Encoding: gzip"}, user...)},
		{"json", `[{"name": "json", "value": 1, "timestamp": 1700000000}]`, append([]string{"-H", "Content-Type: application/json"}, user...)},
		{"plain", "plain 1 1700000000", append([]string{"-H", "Content-Type: text/plain"}, user...)},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, answer := e.curl(t, c.body, c.args...)
			if status != "202" || answer != "" {
				t.Fatalf("got %s %q, want 202 and nothing", status, answer)
			}
			far.await(5*time.Second, "acme."+c.name+" 1 1700000000")
		})
	}
	e.checkNoKey(seedKey, base64.StdEncoding.EncodeToString([]byte(seedKey)))
}

func TestAGatewayWithoutTenantsTakesAnyKey(t *testing.T) {
	t.Parallel()
	far := newSink(t, "line")
	e := startEdge(t, to(far))
	if status, answer := e.curl(t, "a.b 1 1700000000", "-u", seedKey+":", e.sinkURL()); status != "202" {
		t.Errorf("got %s %q, want 202", status, answer)
	}
	far.await(5*time.Second, "a.b 1 1700000000")
}

func TestTheSinkSaysWhyItTakesNothing(t *testing.T) {
	t.Parallel()
	far := newSink(t, "line")
	e := startEdge(t, acme+to(far))
	for _, c := range []struct {
		name, body, want string
		args             []string
	}{
		{"wrong key", "a 1", "401", []string{"-u", "00000000-0000:", e.sinkURL()}},
		{"no key", "a 1", "401", []string{e.sinkURL()}},
		{"all bad", "a\nb x\n", "400", []string{"-u", seedKey + ":", e.sinkURL()}},
		{"too much", strings.Repeat("a 1 1700000000\n", 2<<20), "413", []string{"-H", "Expect:", "-u", seedKey + ":", e.sinkURL()}},
		{"elsewhere", "a 1", "404", []string{"-u", seedKey + ":", "http://" + e.http + "/api/v2/sink"}},
		{"other method", "a 1", "405", []string{"-X", "DELETE", "-u", seedKey + ":", e.sinkURL()}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if status, answer := e.curl(t, c.body, c.args...); status != c.want {
				t.Errorf("got %s %q, want %s", status, answer, c.want)
			}
		})
	}
	_, answer := e.curl(t, "a\nb x\n", "-u", seedKey+":", e.sinkURL())
	var told struct {
		Lines []struct {
			Line   int
			Reason string
		}
	}
	if err := json.Unmarshal([]byte(answer), &told); err != nil || len(told.Lines) != 2 || told.Lines[1].Line != 2 || told.Lines[1].Reason != "value" {
		t.Errorf("got %q (%v), want lines 1 and 2 with their reasons", answer, err)
	}
	if far.distinct() > 0 {
		t.Errorf("the sink got %q, want nothing", far.lines())
	}
	e.checkNoKey(seedKey, "00000000-0000")
}

func TestWhatTheSinkAcceptedSurvivesKill9(t *testing.T) {
	t.Parallel()
	far := newSink(t, "line")
	far.down()
	e := startEdge(t, acme+to(far))
	for n := range 20 {
		body := fmt.Sprintf("durable.m%d 1 1700000000", n)
		if status, answer := e.curl(t, body, "-u", seedKey+":", e.sinkURL()); status != "202" {
			t.Fatalf("got %s %q, want 202", status, answer)
		}
	}
	e.kill() // at once: what was accepted is on disk
	far.up()
	e.start()
	for n := range 20 {
		far.await(10*time.Second, fmt.Sprintf("acme.durable.m%d 1 1700000000", n))
	}
}

func TestOpenSSLAndNetcatReachTheEdge(t *testing.T) {
	t.Parallel()
	far := newSink(t, "line")
	e := startEdge(t, acme+to(far))
	netcat(t, seedKey+".by.nc 1 1700000000\n", "", e.line)
	far.await(5*time.Second, "acme.by.nc 1 1700000000")

	cmd := exec.Command(program(t, "openssl", "openssl"), "s_client", "-quiet", "-verify_return_error", "-verify_hostname", "localhost",
		"-CAfile", e.ca.CA, "-connect", e.tlsLine)
	cmd.Stdin = strings.NewReader(seedKey + ".by.openssl 1 1700000000\n")
	start(t, cmd)
	far.await(5*time.Second, "acme.by.openssl 1 1700000000")
	e.checkNoKey(seedKey)
}

func TestAClientOfTheWrongKindOnAPortIsTold(t *testing.T) {
	t.Parallel()
	far := newSink(t, "line")
	e := startEdge(t, acme+to(far))
	dial(t, e.tlsLine).Write([]byte(seedKey + ".plain.on.tls 1 1700000000\n"))
	if _, err := dialTLS(t, e.line, e.ca.Trust()); err == nil {
		t.Error("TLS on the plain port succeeded")
	}
	sendLines(t, e.line, "GET /api/v1/sink HTTP/1.1\r\nAuthorization: Basic "+basic(seedKey)+"\r\n\r\n")
	for _, said := range []string{"this is the TLS line port, and what came looks like", "looks=TLS", "HTTP"} {
		eventually(t, 5*time.Second, fmt.Sprintf("%q in the log", said), func() bool { return e.output.contains(said) })
	}
	e.checkNoKey(seedKey, strings.Fields(basic(seedKey))[2])
}
