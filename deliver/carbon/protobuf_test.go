package carbon_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/deliver/carbon"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/queue"
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
	ln := listen(t, "tcp4")
	points := make(chan string, 10)
	go func() {
		defer close(points)
		c, err := ln.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		readProtobuf(c, func(p string) { points <- p })
	}()

	q, err := queue.Open(t.TempDir(), queue.Options{Name: "far"})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	dest := newDestination(t, carbon.Options{Address: "tcp://" + ln.Addr().String(), Protocol: "protobuf", Prefix: "s3cret"})
	lines := []byte("a 1 1700000000\nb 2 -5\nc 3 4294967296\nd 4 1700000000.9\n")
	if err := q.Append(context.Background(), metric.Batch{Lines: lines, Points: 4}); err != nil {
		t.Fatal(err)
	}
	q.CloseInput()
	var log bytes.Buffer
	o := deliver.Options{Name: "far", ReplayMargin: 50 * time.Millisecond, Logger: slog.New(slog.NewTextHandler(&log, nil))}
	if err := deliver.New(dest, q, o).Run(context.Background()); err != nil {
		t.Fatal(err)
	}

	var got []string
	for p := range points {
		got = append(got, p)
	}
	if want := []string{"s3cret.a 1 1700000000", "s3cret.d 4 1700000000"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if s := q.Stats(); s.Delivered != 2 || s.Dropped[metric.Refused] != 2 {
		t.Errorf("got %+v, want 2 points delivered and 2 refused", s)
	}
	text := log.String()
	if !strings.Contains(text, `msg="points refused" dest=far points=2 err="protobuf has no times`) || strings.Contains(text, "s3cret") {
		t.Errorf("got %q, want a warning without the prefix", text)
	}
}

func TestProtobufSaysWhatItLeavesOut(t *testing.T) {
	conn, peer := pair(t, carbon.Options{Protocol: "protobuf"})
	go io.Copy(io.Discard, peer)
	for _, tt := range []struct{ name, lines, want string }{
		{"some", "a 1 1700000000\nb 2 -5\nc 2 -5\n", `a point of the name "b"`},
		{"all", "e 1 1e10\n", `a point of the name "e"`},
		{"none", "f 1 1700000000\n", ""},
	} {
		err := conn.Send(context.Background(), metric.Batch{Lines: []byte(tt.lines), Points: strings.Count(tt.lines, "\n")})
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q in it", tt.name, err, tt.want)
		}
	}
	awaitAcked(t, conn, 3)
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
