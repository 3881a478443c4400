package remotewrite_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/plumbago/plumbago/deliver/delivertest"
	"github.com/plumbago/plumbago/deliver/remotewrite"
	"github.com/plumbago/plumbago/metric"
	wire "github.com/plumbago/plumbago/wire/remotewrite"
)

// BenchmarkDeliver sends blocks of 64 KiB over one connection to a far end that only
// reads: 60,000 series in turn, each with two tags and mapped by a rule.
func BenchmarkDeliver(b *testing.B) {
	for version := wire.V1; version <= wire.V2; version++ {
		b.Run(fmt.Sprint("version ", version), func(b *testing.B) {
			benchmark(b, remotewrite.Options{Version: version, Shards: 1, Mapping: mappingFile(b,
				"mappings: [{match: 'servers.*.cpu.*.*', name: cpu_$3, labels: {host: $1, core: $2}}]\n")})
		})
	}
	b.Run("unmapped", func(b *testing.B) { benchmark(b, remotewrite.Options{Shards: 1}) })
}

func benchmark(b *testing.B, o remotewrite.Options) {
	far := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("X-Prometheus-Remote-Write-Samples-Written", "1000000")
		w.WriteHeader(http.StatusNoContent)
	}))
	defer far.Close()
	o.URL = far.URL
	conn, err := newDestination(b, o).Dial(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	delivertest.Cost(b, conn, blocksOf(60_000, 1000))
}

// blocksOf makes blocks of so many points, one of each series.
func blocksOf(series, points int) (blocks []metric.Batch) {
	var lines bytes.Buffer
	for i := range series {
		fmt.Fprintf(&lines, "servers.host-%04d.cpu.core-%02d.user;dc=eu-%d;rack=r%03d %v %d\n", i/16, i%16, i%3, i%100, float64(i)*3.25+0.5, 1_700_000_000)
		if (i+1)%points == 0 {
			blocks = append(blocks, metric.Batch{Lines: bytes.Clone(lines.Bytes()), Points: points})
			lines.Reset()
		}
	}
	return blocks
}
