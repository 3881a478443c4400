package carbon_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/plumbago/plumbago/deliver/carbon"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/wire/protobuf"
)

// serveProtobuf is a carbon that speaks the protobuf protocol.
func serveProtobuf(c net.Conn, take func(string)) { readProtobuf(c, take) }

func readProtobuf(c io.Reader, take func(string)) {
	r := bufio.NewReader(c)
	d := &protobuf.Decoder{Reject: func(why metric.Reason, item string) { take("rejected: " + string(why) + " " + item) }}
	for {
		var length [4]byte
		if _, err := io.ReadFull(r, length[:]); err != nil {
			return
		}
		frame := make([]byte, min(binary.BigEndian.Uint32(length[:]), 1<<20))
		if _, err := io.ReadFull(r, frame); err != nil {
			return
		}
		points, err := d.Decode(frame, 0)
		if err != nil {
			take("a frame that is refused: " + err.Error())
		}
		for l := range points.All() {
			take(strings.TrimSuffix(string(metric.Append(nil, l)), "\n"))
		}
	}
}

func TestProtobufLeavesOutWhatItCannotCarry(t *testing.T) {
	var log bytes.Buffer
	registry := prometheus.NewRegistry()
	o := carbon.Options{Protocol: "protobuf", Prefix: "key", Name: "far",
		Logger: slog.New(slog.NewTextHandler(&log, nil)), Registerer: registry}
	some := metric.Batch{Lines: []byte("a 1 1700000000\nb 2 -5\nc 3 4294967296\nd 4 1700000000.9\n"), Points: 4}
	none := metric.Batch{Lines: []byte("e 1 1e10\n"), Points: 1}
	var points []string
	readProtobuf(strings.NewReader(exchange(t, "tcp4", o, some, none, point)), func(p string) { points = append(points, p) })
	want := "key.a 1 1700000000,key.d 4 1700000000,key.a.b 1 1700000000"
	if got := strings.Join(points, ","); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if n := strings.Count(log.String(), "level=WARN"); n != 1 || !strings.Contains(log.String(), "reason=timestamp") {
		t.Errorf("got %q, want one warning", log.String())
	}
	families, err := registry.Gather()
	if err != nil || len(families) != 1 || families[0].GetMetric()[0].GetCounter().GetValue() != 3 {
		t.Errorf("got %v, %v, want 3 points counted", families, err)
	}
	newDestination(t, carbon.Options{Address: "tcp://a:1", Protocol: "protobuf", Name: "far", Registerer: registry})
}

func TestMaxPointsBoundsFrames(t *testing.T) {
	var all metric.Batch
	for range 10 {
		all = metric.Batch{Lines: append(all.Lines, point.Lines...), Points: all.Points + 1}
	}
	for _, protocol := range []string{"pickle", "protobuf"} {
		sent := exchange(t, "tcp4", carbon.Options{Protocol: protocol, MaxPoints: 3}, all)
		frames := 0
		for ; len(sent) > 0; frames++ {
			sent = sent[4+binary.BigEndian.Uint32([]byte(sent)):]
		}
		if frames != 4 {
			t.Errorf("%s: got %d frames, want 4 of 3 points at most", protocol, frames)
		}
	}
}
