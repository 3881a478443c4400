package e2e_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// pickleBombs are frames that would cost much more than they are long: in memory,
// in time, or in what they would run.
func pickleBombs() map[string]string {
	long := func(n uint32) string { return string(binary.LittleEndian.AppendUint32(nil, n)) }
	laughs := "0](h\x00h\x00h\x00h\x00h\x00h\x00h\x00h\x00h\x00h\x00eq\x00"
	return map[string]string{
		"lists of lists":         "\x80\x02](K\x01eq\x00" + strings.Repeat(laughs, 40) + ".",
		"nesting":                "\x80\x02" + strings.Repeat("]", 200_000) + strings.Repeat("a", 199_999) + ".",
		"marks":                  "\x80\x02" + strings.Repeat("(", 500_000) + ".",
		"a length of 4 GiB":      "\x80\x02X" + long(0xffffffff) + "x.",
		"a number of 2 GiB":      "\x80\x02\x8b" + long(0x7fffffff) + "1.",
		"a memo of four billion": "\x80\x02](r" + long(0xffffffff) + "e.",
		"a long decimal":         "I" + strings.Repeat("9", 900_000) + "\n.",
		"one name many times":    "\x80\x02](X" + long(60_000) + strings.Repeat("x", 60_000) + "q\x01" + strings.Repeat("h\x01", 300_000) + "e.",
		"os.system":              "cos\nsystem\n(S'touch pwned'\ntR.",
		"builtins.eval":          "\x80\x04\x8c\x08builtins\x8c\x04eval\x93\x8c\x011\x85R.",
	}
}

func TestPickleBombsHurtNobody(t *testing.T) {
	t.Parallel()
	far := newSink(t, "line")
	g := startGateway(t, to(far))
	sendLines(t, g.line, "before 1 1700000000\n")
	far.await(5*time.Second, "before 1 1700000000")
	before := g.resident()
	for name, bomb := range pickleBombs() {
		c := dial(t, g.pickle)
		for range 20 {
			c.SetWriteDeadline(time.Now().Add(5 * time.Second))
			if _, err := c.Write(binary.BigEndian.AppendUint32(nil, uint32(len(bomb)))); err != nil {
				break // it was told off
			}
			io.WriteString(c, bomb)
		}
		c.Close()
		sendLines(t, g.line, fmt.Sprintf("beside.%d 1 1700000000\n", len(bomb)))
		far.await(5*time.Second, fmt.Sprintf("beside.%d 1 1700000000", len(bomb)))
		if mib := g.resident(); mib > before+200 {
			t.Errorf("%s: %d MiB resident, and %d before", name, mib, before)
		}
	}
	if n := g.metrics().rejected(`reason="pickle"`); n < float64(len(pickleBombs())) {
		t.Errorf("%.0f frames rejected as no pickles of points, want each bomb at least once", n)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(g.config), "pwned")); err == nil {
		t.Error("a pickle ran a program")
	}
}

// TestExpressionsCannotExplode: names that take an engine that tries all ways for
// ever are matched in time that grows with their length.
func TestExpressionsCannotExplode(t *testing.T) {
	t.Parallel()
	far := newSink(t, "line")
	g := startGateway(t, fmt.Sprintf(`route:
  - {match: '^(a+)+$', to: [sink]}
  - {match: '(x*)*y(x*)*z', to: [sink]}
  - {to: [sink]}
deliver:
  - {name: sink, type: carbon, address: "tcp://%s", protocol: line}
`, far.address))
	began := time.Now()
	var last string
	for n := range 50 {
		last = fmt.Sprintf("%s.%s.%d 1 1700000000", strings.Repeat("a", 2000), strings.Repeat("x", 2000), n)
		sendLines(t, g.line, last+"\n")
	}
	far.await(10*time.Second, last)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("50 names took %v", took)
	}
}

// secrets are one of each kind that a configuration may hold, with where it is.
var secrets = map[string]string{
	"PREFIX_KEY": "0b5e7a11-5ec2-4e7c-b0a7", "TENANT_KEY": "77aa11bb-4e7c-5ec2-c1d2", "HOSTED_KEY": "c0ffee00-1bad-4b1d-9e9e",
	"FLOOD_PASSWORD": "correct-horse-battery", "SLACK_TOKEN": "xoxb-123456789012-abcdefABCDEF",
}

// TestNoSecretIsInAnyOutput has everything fail that can, and reads all that the
// gateway, its commands and its files say.
func TestNoSecretIsInAnyOutput(t *testing.T) {
	t.Parallel()
	dead := func() string { return freeAddress(t) }
	var environment []string
	for name, value := range secrets {
		environment = append(environment, name+"="+value)
	}
	g := startGateway(t, fmt.Sprintf(`tenants: [{name: acme, keys: ["${env:TENANT_KEY}"]}]
log: {level: debug}
route: [{to: [prefixed, hosted, flood, bus]}]
deliver:
  - {name: prefixed, type: carbon, address: "tcp://%s", protocol: line, prefix: "${env:PREFIX_KEY}"}
  - {name: hosted, type: hostedgraphite, address: "http://%s", key: "${env:HOSTED_KEY}"}
  - {name: flood, type: blueflood, address: "http://%s", tenant: '1', interval: 100ms, auth: {url: "http://%s/v3", user: u, password: "${env:FLOOD_PASSWORD}"}}
  - {name: bus, type: slack, token: "${env:SLACK_TOKEN}", channel: metrics, interval: 100ms, api: "http://%s/"}
`, dead(), dead(), dead(), dead(), dead()), environment...)
	sendLines(t, g.line, secrets["TENANT_KEY"]+".a.b 1 1700000000\n"+secrets["TENANT_KEY"]+" no point\n"+secrets["TENANT_KEY"]+"x.a 1 1700000000\n")
	for _, dest := range []string{"prefixed", "hosted", "flood", "bus"} {
		eventually(t, 10*time.Second, "a point for "+dest, func() bool { return g.metrics().account(dest).waiting > 0 })
		eventually(t, 10*time.Second, "an error of "+dest, func() bool { return strings.Contains(g.said(), `msg="destination down" dest=`+dest+" err=") })
	}
	shown := map[string]string{"the page": g.page("/"), "the metrics": g.page("/metrics"), "readiness": g.page("/readyz")}
	run := func(args ...string) {
		cmd := plumbago(t.TempDir(), args...)
		cmd.Env = append(os.Environ(), environment...)
		out, _ := cmd.CombinedOutput()
		shown[strings.Join(args[:1], " ")+fmt.Sprint(len(shown))] = string(out)
	}
	run("check", g.config)
	run("explain", "--json", "--config", g.config, "--tenant", "acme", "a.b")
	run("reload", "--config", g.config)
	run("queue", "ls", "--config", g.config)
	run("queue", "stat", "--config", g.config)
	broken := filepath.Join(t.TempDir(), "broken.yml")
	text, _ := os.ReadFile(g.config)
	writeFile(t, broken, strings.ReplaceAll(string(text), "type: carbon", "type: carbon, tenant_as: '${env:PREFIX_KEY}'"))
	run("check", broken)
	for _, dest := range []string{"prefixed", "hosted", "flood", "bus"} {
		run("queue", "cat", "--config", g.config, dest)
	}
	g.stop()
	shown["the log"] = g.said()
	delete(shown, "")
	for name, text := range readTree(t, g.data) {
		shown["file "+name] = name + "\n" + text
	}
	for _, key := range secrets {
		checkHidden(t, key, shown)
	}
}

// readTree returns the files below dir, and fails the test for one that strangers
// may read.
func readTree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if strangers := info.Mode().Perm() & 0o007; strangers != 0 && path != dir {
			t.Errorf("strangers may do %#o with %s", strangers, path)
		}
		if info.Mode().IsRegular() {
			b, err := os.ReadFile(path)
			files[path] = string(b)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestNamesCannotLeaveTheirLine: nothing that a sender writes into a name becomes a
// point, a header, a line of the log or an escape of a terminal.
func TestNamesCannotLeaveTheirLine(t *testing.T) {
	t.Parallel()
	far := newSink(t, "line")
	g := startGateway(t, to(far))
	name := "a\nevil 1 1700000000\r\x1b[2Jb"
	frame := "\x80\x02](X" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(name)))) + name + "K\x01K\x02\x86\x86e."
	c := dial(t, g.pickle)
	c.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(frame))), frame...))
	sendLines(t, g.line, "x\x1b[2Jy 1 1700000000\nx\ry 1 1700000000\n\x00 1 2\nlast 1 1700000000\n")
	far.await(5*time.Second, "last 1 1700000000")
	eventually(t, 5*time.Second, "the frame's item rejected", func() bool {
		return g.metrics().rejected(`listener="pickle+tcp`) >= 0 && g.metrics().rejected(`reason="name"`) >= 2
	})
	for _, l := range far.lines() {
		if strings.Contains(l, "evil") || strings.ContainsAny(l, "\x1b\r\x00") {
			t.Errorf("the sink got %q", l)
		}
	}
	if said := g.said(); strings.Contains(said, "\x1b") || strings.Contains(said, "\nevil") {
		t.Errorf("the log has what a sender wrote as it was: %q", said)
	}
}

// TestTheSecurityPageNamesRealTests: each test that stands for a claim is there.
func TestTheSecurityPageNamesRealTests(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`([a-z0-9/]+)\\.((?:Test|Fuzz)[A-Za-z0-9]+)`").FindAllStringSubmatch(string(page), -1)
	if len(named) < 40 {
		t.Fatalf("got %d tests named, want one for each claim", len(named))
	}
	for _, n := range named {
		if !hasTest(t, n[1], n[2]) {
			t.Errorf("%s has no %s", n[1], n[2])
		}
	}
}

func hasTest(t *testing.T, folder, test string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), "\nfunc "+test+"(") {
			return true
		}
	}
	return false
}
