package remotewrite_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/deliver/delivertest"
	"github.com/plumbago/plumbago/deliver/remotewrite"
	"github.com/plumbago/plumbago/deliver/remotewrite/remotewritetest"
	wire "github.com/plumbago/plumbago/wire/remotewrite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// verbatim is a mapping that keeps the names of the suite as they are, as a label.
const verbatim = "mappings: [{match: servers.*.cpu.*.user, name: m, labels: {path: servers.$1.cpu.$2.user}}]\n"

func TestKeepsThePromises(t *testing.T) {
	for version := wire.V1; version <= wire.V2; version++ {
		t.Run(fmt.Sprint("version ", version), func(t *testing.T) {
			delivertest.Run(t, delivertest.Harness{
				New: func(t *testing.T, address string) deliver.Destination {
					return newDestination(t, remotewrite.Options{
						URL: "http://" + address + "/api/v1/write", Version: version, Mapping: mappingFile(t, verbatim),
						Timeout: 2 * time.Second, Interval: 20 * time.Millisecond,
						Shards:   1,        // the suite wants one order of all
						MaxBatch: 64 << 10, // answered within Timeout on a busy machine, with the race detector on both ends
					})
				},
				Serve:   func(c net.Conn, take func(string)) { serveRequests(c, int(version), take) },
				Answers: true,
			})
		})
	}
}

func newDestination(t testing.TB, o remotewrite.Options) *remotewrite.Destination {
	t.Helper()
	d, err := remotewrite.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func mappingFile(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "mapping.yml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// serveRequests answers the requests of one connection as a receiver does.
func serveRequests(c net.Conn, version int, take func(string)) {
	s := &remotewritetest.Server{Version: version, Took: func(_, series string, p remotewritetest.Sample) {
		_, path, _ := strings.Cut(series, `"`)
		take(fmt.Sprint(strings.TrimSuffix(path, `"}`), " ", p.Value, " ", p.Time/1000))
	}}
	delivertest.ServeHTTP(c, s)
}
