package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// carbonConf makes carbon keep to one folder and to loopback, write at once, and
// send nothing of its own. The blank USER keeps the user that runs the test.
const carbonConf = `[%s]
STORAGE_DIR = %[2]s/
CONF_DIR = %[2]s/
LOG_DIR = %[2]s/
PID_DIR = %[2]s/
LOCAL_DATA_DIR = %[2]s/whisper/
USER =
LINE_RECEIVER_INTERFACE = 127.0.0.1
LINE_RECEIVER_PORT = %[3]s
PICKLE_RECEIVER_INTERFACE = 127.0.0.1
PICKLE_RECEIVER_PORT = %[4]s
CARBON_METRIC_INTERVAL = 0
%[5]s
`

// storageSchemas keeps every second for a day, so that every point can be read back.
const storageSchemas = "[all]\npattern = .*\nretentions = 1s:1d\n"

// carbon is one of carbon's daemons.
type carbon struct {
	*process
	line, pickle string // addresses
	whisper      string // the folder of a cache's database
}

// startCache runs Debian's carbon-cache with a database of its own.
func startCache(t *testing.T) carbon {
	t.Helper()
	return startCarbon(t, "cache", `MAX_CREATES_PER_MINUTE = inf
MAX_UPDATES_PER_SECOND = inf
CACHE_QUERY_INTERFACE = 127.0.0.1
CACHE_QUERY_PORT = 0
ENABLE_TAGS = False
`)
}

// startRelay runs Debian's carbon-relay with one destination.
func startRelay(t *testing.T, destination, protocol string) carbon {
	t.Helper()
	return startCarbon(t, "relay", fmt.Sprintf(`RELAY_METHOD = consistent-hashing
DESTINATIONS = %s:a
DESTINATION_PROTOCOL = %s
`, destination, protocol))
}

func startCarbon(t *testing.T, daemon, settings string) carbon {
	t.Helper()
	path := program(t, "carbon-"+daemon, "graphite-carbon")
	dir := t.TempDir()
	c := carbon{line: freeAddress(t), pickle: freeAddress(t), whisper: filepath.Join(dir, "whisper")}
	conf := filepath.Join(dir, "carbon.conf")
	writeFile(t, conf, fmt.Sprintf(carbonConf, daemon, dir, port(c.line), port(c.pickle), settings))
	writeFile(t, filepath.Join(dir, "storage-schemas.conf"), storageSchemas)
	c.process = start(t, exec.Command(path, "--config="+conf, "--nodaemon",
		"--pidfile="+filepath.Join(dir, "pid"), "--logdir="+dir, "start"))
	eventually(t, 20*time.Second, path+" listening", func() bool {
		if !c.running() {
			t.Fatalf("%s ended at its start:\n%s", path, c.output.String())
		}
		return answers(c.line) && answers(c.pickle)
	})
	return c
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
