package e2e_test

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/plumbago/plumbago/deliver/blueflood/bluefloodtest"
)

// keystoneKey proves who forwards; nothing may show it.
const keystoneKey = "k-5ec2e7c0b0a7"

// demo are the users of a Blueflood with a login.
var demo = map[string]string{"demo": keystoneKey}

// startBlueflood runs a Blueflood, with a login if there are users, and returns its
// address.
func startBlueflood(t *testing.T, users map[string]string) (flood *bluefloodtest.Server, url string) {
	t.Helper()
	flood = &bluefloodtest.Server{Users: users}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: flood}
	go server.Serve(ln)
	t.Cleanup(func() { server.Close() })
	return flood, "http://" + ln.Addr().String()
}

// forwarder is plumbago in the place of twistd's blueflood-forward.
type forwarder struct {
	*process
	t             *testing.T
	pickle, admin string
	args          []string
	said          string // in earlier lives
}

func startForwarder(t *testing.T, args ...string) *forwarder {
	t.Helper()
	f := &forwarder{t: t, pickle: freeAddress(t), admin: freeAddress(t)}
	f.args = append([]string{"blueflood-forward", "-e", "tcp:" + port(f.pickle) + ":interface=127.0.0.1",
		"--data-dir", filepath.Join(t.TempDir(), "data"), "--admin", "tcp://" + f.admin}, args...)
	f.start()
	return f
}

func (f *forwarder) start() {
	f.t.Helper()
	if f.process != nil {
		f.said += f.output.String()
	}
	f.process = start(f.t, plumbago(f.t.TempDir(), f.args...))
	awaitReady(f.t, f.process, f.admin)
}

// sendPickle is what the old forwarder's own test script does.
func sendPickle(t *testing.T, address, name string, value int, at int64) {
	t.Helper()
	cmd := exec.Command(python, "-c", fmt.Sprintf(`
import pickle, socket, struct
payload = pickle.dumps([(%q, (%d, %d))], protocol=2)
sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
sock.connect(("127.0.0.1", %s))
sock.sendall(struct.pack("!L", len(payload)) + payload)
sock.close()
`, name, at, value, port(address)))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("python3: %v\n%s", err, out)
	}
}

// checkKeptSecret fails the test if the key or a token is in what f has said.
func (f *forwarder) checkKeptSecret() {
	f.t.Helper()
	_, metrics, err := get("http://" + f.admin + "/metrics")
	if err != nil {
		f.t.Fatal(err)
	}
	f.signal(syscall.SIGTERM)
	if status := f.wait(10 * time.Second); status != 0 {
		f.t.Errorf("exit status %d after SIGTERM, want 0", status)
	}
	if all := f.said + f.output.String() + metrics; strings.Contains(all, keystoneKey) {
		f.t.Errorf("the key is shown:\n%s", all)
	}
}

func TestForwardingToBluefloodAsTheOldToolDid(t *testing.T) {
	t.Parallel()
	flood, url := startBlueflood(t, demo)
	key := filepath.Join(t.TempDir(), "key")
	writeFile(t, key, keystoneKey+"\n")
	f := startForwarder(t, "-i", "0.2", "-b", url, "-t", "12345", "-p", "my_prefix", "--ttl", "3600",
		"-u", "demo", "--key-file", key, "--auth_url", url+"/v2.0/tokens")
	now := time.Now().Unix()
	sendPickle(t, f.pickle, "my.metric.name.2", 150, now)
	arrives := func(name string, value string) {
		t.Helper()
		eventually(t, 10*time.Second, name+" at the Blueflood", func() bool {
			return flood.Value("12345", "my_prefix."+name, now*1000) == value
		})
	}
	arrives("my.metric.name.2", "150")

	flood.ForgetTokens() // a new one is fetched, and nothing lost
	sendPickle(t, f.pickle, "after.401", 1, now)
	arrives("after.401", "1")

	flood.Misbehave(bluefloodtest.Fault{Status: 503, Times: 3})
	sendPickle(t, f.pickle, "after.503", 2, now)
	arrives("after.503", "2")

	flood.Misbehave(bluefloodtest.Fault{Refuse: "refused"})
	sendPickle(t, f.pickle, "refused.one", 3, now)
	sendPickle(t, f.pickle, "not.that.one", 4, now)
	arrives("not.that.one", "4")
	eventually(t, 10*time.Second, "the refused point counted", func() bool {
		_, text, err := get("http://" + f.admin + "/metrics")
		return err == nil && strings.Contains(text, `plumbago_queue_dropped_points_total{dest="blueflood",reason="refused"} 1`)
	})
	f.checkKeptSecret()
}

// What the interval holds back survives kill -9.
func TestForwardingToBluefloodLosesNothingByARestart(t *testing.T) {
	t.Parallel()
	flood, url := startBlueflood(t, nil)
	f := startForwarder(t, "-i", "3600", "-b", url, "-t", "12345")
	now := time.Now().Unix()
	sendPickle(t, f.pickle, "held.back", 7, now)
	eventually(t, 5*time.Second, "the point queued", func() bool {
		_, text, err := get("http://" + f.admin + "/metrics")
		return err == nil && strings.Contains(text, `plumbago_queue_appended_points_total{dest="blueflood"} 1`)
	})
	time.Sleep(100 * time.Millisecond) // more than flush: what is queued is in the file
	f.kill()
	if flood.Points() > 0 {
		t.Fatal("the point arrived before its interval was over")
	}
	for i, a := range f.args {
		if a == "3600" {
			f.args[i] = "0.1"
		}
	}
	f.start()
	eventually(t, 10*time.Second, "the point at the Blueflood", func() bool {
		return flood.Value("12345", "held.back", now*1000) == "7"
	})
}

func TestForwardingTakesItsFileAndWarnsOfAKeyInSight(t *testing.T) {
	t.Parallel()
	flood, url := startBlueflood(t, demo)
	file := filepath.Join(t.TempDir(), "forward.conf")
	writeFile(t, file, fmt.Sprintf("[blueflood_carbon_forwarder]\ninterval=0.2\nblueflood=%s\ntenant=777\nuser=demo\nauth_url=%s/v2.0/tokens\n", url, url))
	f := startForwarder(t, "-i", "30", "-t", "12345", "-c", file, "-k", keystoneKey)
	now := time.Now().Unix()
	sendPickle(t, f.pickle, "by.file", 9, now)
	eventually(t, 10*time.Second, "the point at the Blueflood", func() bool { return flood.Value("777", "by.file", now*1000) == "9" })
	if !f.output.contains("can be read by other users") {
		t.Errorf("no warning of the key on the command line:\n%s", f.output.String())
	}
	f.checkKeptSecret()
}

func TestSendingATestPointToABlueflood(t *testing.T) {
	t.Parallel()
	flood, url := startBlueflood(t, demo)
	now := time.Now().Unix()
	cmd := plumbago(t.TempDir(), "send", "--to", "blueflood+"+url+"/12345", "--user", "demo", "--auth-url", url+"/v2.0/tokens",
		"by.send", "3", fmt.Sprint(now))
	cmd.Env = append(os.Environ(), "PLUMBAGO_KEY="+keystoneKey)
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Contains(string(out), keystoneKey) {
		t.Fatalf("send: %v\n%s", err, out)
	}
	if got := flood.Value("12345", "by.send", now*1000); got != "3" {
		t.Errorf("the Blueflood has %q, want 3", got)
	}

	cmd = plumbago(t.TempDir(), "send", "--to", "blueflood+"+url+"/12345", "--user", "demo", "--auth-url", url+"/v2.0/tokens", "too.old", "3", "1000000000")
	cmd.Env = append(os.Environ(), "PLUMBAGO_KEY="+keystoneKey)
	out, err = cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "1 point refused by the far end") {
		t.Errorf("sending a point that is too old: got %v and %q, want it told", err, out)
	}
}

func TestABluefloodIsADestinationLikeAnyOther(t *testing.T) {
	t.Parallel()
	flood, url := startBlueflood(t, demo)
	local := newSink(t, "line")
	g := startGateway(t, destinations(
		fmt.Sprintf(`{name: local, type: carbon, address: "tcp://%s", protocol: line}`, local.address),
		fmt.Sprintf(`{name: flood, type: blueflood, address: %q, tenant: '1', interval: 100ms, auth: {url: "%s/v2.0", user: demo, key: "${env:FLOOD_KEY}"}}`, url, url)),
		"FLOOD_KEY="+keystoneKey)
	now := time.Now().Unix()
	sendLines(t, g.line, fmt.Sprintf("a.b 1.5 %d\nold 1 1000000000\n", now))
	eventually(t, 10*time.Second, "the point at the Blueflood", func() bool { return flood.Value("1", "a.b", now*1000) == "1.5" })
	local.await(5*time.Second, "old 1 1000000000")
	eventually(t, 10*time.Second, "the old point refused before it was sent", func() bool {
		return g.metrics().sum("plumbago_queue_dropped_points_total", `dest="flood"`, `reason="refused"`) == 1
	})
	g.checkIdentity("flood")
	text, err := os.ReadFile(filepath.Join(g.data, "queue", "flood", "refused"))
	if err != nil || !strings.Contains(string(text), "old 1 1000000000") {
		t.Errorf("got %q and %v, want the old point kept with its reason", text, err)
	}
	if strings.Contains(g.said()+g.page("/metrics"), keystoneKey) {
		t.Error("the key is shown")
	}
}
