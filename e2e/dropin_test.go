package e2e_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// dropIn is one carbon.conf, to be given to carbon-relay and to plumbago.
type dropIn struct {
	name     string
	settings string // %[1]s to %[4]s are the sinks
	rules    string // relay-rules.conf
	extra    map[string]string
}

var dropIns = []dropIn{
	{name: "consistent-hashing", settings: "RELAY_METHOD = consistent-hashing\nREPLICATION_FACTOR = 1\n"},
	{name: "replicas", settings: "RELAY_METHOD = consistent-hashing\nREPLICATION_FACTOR = 2\nDIVERSE_REPLICAS = False\n"},
	{name: "fnv1a", settings: "RELAY_METHOD = consistent-hashing\nROUTER_HASH_TYPE = fnv1a_ch\n"},
	{
		name:     "aggregated",
		settings: "RELAY_METHOD = aggregated-consistent-hashing\n",
		extra: map[string]string{
			"aggregation-rules.conf": "all.<what> (60) = sum servers.*.<<what>>\n<env>.requests (10) = avg apps.<env>.*.requests\n",
		},
	},
	{
		name:     "rules",
		settings: "RELAY_METHOD = rules\n",
		rules: `[cpu]
pattern = ^SERVERS\.\w+-0\d+\.cpu
destinations = %[1]s, %[2]s
continue = true
[not-disk]
pattern = ^servers\.(?!.*disk)
destinations = %[3]s
[default]
default = true
destinations = %[4]s
`,
	},
}

// TestDropInPlacesEveryNameWhereCarbonDoes gives the same files to Debian's
// carbon-relay and to plumbago, and the same names to both.
func TestDropInPlacesEveryNameWhereCarbonDoes(t *testing.T) {
	lines := dropInLines(10_000)
	for _, d := range dropIns {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			carbons := d.placed(t, lines, startCarbonRelay)
			ours := d.placed(t, lines, startPlumbagoRelay)
			for i := range carbons {
				if !slices.Equal(carbons[i], ours[i]) {
					t.Errorf("sink %d: carbon sent %d names there, plumbago %d; first difference: %s",
						i, len(carbons[i]), len(ours[i]), firstDifference(carbons[i], ours[i]))
				}
			}
		})
	}
}

func dropInLines(n int) (lines []string) {
	parts := []string{"cpu.user", "disk.sda.reads", "load.shortterm", "memory.used"}
	for i := range n {
		switch i % 5 {
		case 4:
			lines = append(lines, fmt.Sprintf("apps.env%d.host%d.requests %d 1700000000\n", i%7, i, i))
		default:
			lines = append(lines, fmt.Sprintf("servers.web-%04d.%s %d 1700000000\n", i/4, parts[i%4], i))
		}
	}
	return lines
}

func firstDifference(a, b []string) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("%q and %q", a[i], b[i])
		}
	}
	return "one has more"
}

// placed sends lines through a relay, and returns the sorted names at each of
// four sinks.
func (d dropIn) placed(t *testing.T, lines []string, startRelay func(*testing.T, string) string) [][]string {
	t.Helper()
	var sinks []*sink
	var addresses []any
	for i := range 4 {
		s := newSink(t, "line")
		sinks = append(sinks, s)
		// The ring knows the instance, not the port: it must be the same for both relays.
		addresses = append(addresses, fmt.Sprintf("%s:%c", s.address, 'a'+i))
	}
	dir := t.TempDir()
	settings := fmt.Sprintf("DESTINATIONS = %[1]s, %[2]s, %[3]s, %[4]s\nDESTINATION_PROTOCOL = line\nMAX_QUEUE_SIZE = 1000000\n", addresses...) + d.settings
	line := freeAddress(t)
	writeFile(t, filepath.Join(dir, "carbon.conf"), fmt.Sprintf(carbonConf, "relay", dir, port(line), port(freeAddress(t)), settings))
	writeFile(t, filepath.Join(dir, "storage-schemas.conf"), storageSchemas)
	if d.rules != "" {
		writeFile(t, filepath.Join(dir, "relay-rules.conf"), fmt.Sprintf(d.rules, addresses...))
	}
	for name, text := range d.extra {
		writeFile(t, filepath.Join(dir, name), text)
	}
	startRelay(t, dir)
	eventually(t, 20*time.Second, "the relay listening", func() bool { return answers(line) })
	c := dial(t, line)
	if _, err := c.Write([]byte(strings.Join(lines, ""))); err != nil {
		t.Fatal(err)
	}
	c.Close()
	return settled(t, sinks, len(lines))
}

// settled waits until every line is at some sink and nothing more comes.
func settled(t *testing.T, sinks []*sink, n int) [][]string {
	t.Helper()
	total := func() (sum int) {
		for _, s := range sinks {
			sum += s.distinct()
		}
		return sum
	}
	last, since := 0, time.Now()
	eventually(t, 30*time.Second, "all names placed", func() bool {
		if now := total(); now != last {
			last, since = now, time.Now()
		}
		return last >= n && time.Since(since) > time.Second
	})
	names := make([][]string, len(sinks))
	for i, s := range sinks {
		for _, l := range s.lines() {
			name, _, _ := strings.Cut(l, " ")
			names[i] = append(names[i], name)
		}
		slices.Sort(names[i])
		names[i] = slices.Compact(names[i])
	}
	return names
}

func startCarbonRelay(t *testing.T, dir string) string {
	t.Helper()
	path := program(t, "carbon-relay", "graphite-carbon")
	start(t, exec.Command(path, "--config="+filepath.Join(dir, "carbon.conf"), "--nodaemon",
		"--pidfile="+filepath.Join(dir, "pid"), "--logdir="+dir, "start"))
	return dir
}

func startPlumbagoRelay(t *testing.T, dir string) string {
	t.Helper()
	start(t, plumbago(dir, "relay", "--config="+filepath.Join(dir, "carbon.conf"), "--nodaemon",
		"--pidfile="+filepath.Join(dir, "pid"), "--logdir="+dir, "start"))
	return dir
}

// TestReloadUnderLoadLosesNothing changes destinations and rules of a drop-in
// relay under 50,000 points/s.
func TestReloadUnderLoadLosesNothing(t *testing.T) {
	t.Parallel()
	far, other := newSink(t, "line"), newSink(t, "line")
	dir := t.TempDir()
	line := freeAddress(t)
	conf := func(destinations string) {
		settings := "RELAY_METHOD = constant\nDESTINATION_PROTOCOL = line\nDESTINATIONS = " + destinations + "\n"
		writeFile(t, filepath.Join(dir, "carbon.conf"), fmt.Sprintf(carbonConf, "relay", dir, port(line), port(freeAddress(t)), settings))
	}
	conf(far.address)
	p := start(t, plumbago(dir, "relay", "--config", "carbon.conf", "--lf"))
	eventually(t, 10*time.Second, "the relay listening", func() bool { return answers(line) })

	s := &stream{name: "reload"}
	var sending sync.WaitGroup
	sending.Go(func() { s.pace(line, 50_000, 4*time.Second) })
	told := ""
	for i := range 8 {
		time.Sleep(400 * time.Millisecond) // so that reloads fall all over the stream
		conf([]string{far.address + ", " + other.address, far.address}[i%2])
		out, err := plumbago(dir, "reload", "--config", "carbon.conf").CombinedOutput()
		if err != nil {
			t.Errorf("reload %d: %v: %s", i, err, out)
		}
		told += string(out)
	}
	sending.Wait()
	s.checkAllArrived(t, far, 10*time.Second)
	p.signal(syscall.SIGTERM)
	if status := p.wait(10 * time.Second); status != 0 {
		t.Errorf("exit status %d after SIGTERM, want 0", status)
	}
	if !strings.Contains(told, "destinations added: "+other.address) {
		t.Errorf("no reload told of the destination that was added:\n%s", told)
	}
}

// TestRelayActionsAreCarbons starts, asks and stops a relay in the background, as
// init scripts do.
func TestRelayActionsAreCarbons(t *testing.T) {
	t.Parallel()
	far := newSink(t, "line")
	dir := t.TempDir()
	line := freeAddress(t)
	writeFile(t, filepath.Join(dir, "carbon.conf"), fmt.Sprintf(carbonConf, "relay", dir, port(line), port(freeAddress(t)),
		"RELAY_METHOD = constant\nDESTINATION_PROTOCOL = line\nDESTINATIONS = "+far.address+"\n"))
	do := func(action string) (string, error) {
		out, err := plumbago(dir, "relay", "--config", "carbon.conf", "--pidfile", filepath.Join(dir, "pid"), "--logdir", dir, "--lf", action).CombinedOutput()
		return string(out), err
	}
	if out, err := do("status"); err == nil {
		t.Errorf("status before the start: got success: %s", out)
	}
	if out, err := do("start"); err != nil {
		t.Fatalf("start: %v: %s", err, out)
	}
	defer do("stop")
	if out, err := do("status"); err != nil || !strings.Contains(out, "running with pid") {
		t.Errorf("status: got %q, %v", out, err)
	}
	eventually(t, 10*time.Second, "listening", func() bool { return answers(line) })
	c, err := net.Dial("tcp", line)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprint(c, "a.b 1 1700000000\n")
	far.await(10*time.Second, "a.b 1 1700000000")
	if out, err := do("stop"); err != nil {
		t.Errorf("stop: %v: %s", err, out)
	}
	if _, err := os.Stat(filepath.Join(dir, "pid")); err == nil {
		t.Error("the pid file is left behind")
	}
	if log, err := os.ReadFile(filepath.Join(dir, "console.log")); err != nil || !strings.Contains(string(log), "stopped") {
		t.Errorf("console.log: %v: %s", err, log)
	}
}
