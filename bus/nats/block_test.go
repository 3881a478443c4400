package nats_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/klauspost/compress/s2"

	"github.com/plumbago/plumbago/bus/nats"
)

func TestMessagesComeApart(t *testing.T) {
	lines := batch(0, 1000).Lines
	for _, c := range []struct {
		name    string
		data    []byte
		encoded string
		points  int
		err     string
	}{
		{"compressed", nats.Compress(lines), "s2", 1000, ""},
		{"plain", lines, "", 1000, ""},
		{"tags in any order", []byte("a;c=1;b=2 1 1\n"), "", 1, ""},
		{"another encoding", lines, "zstd", 0, "its encoding is not known"},
		{"empty", nil, "", 0, "there is no point in it"},
		{"compressed nothing", nats.Compress(nil), "s2", 0, "there is no point in it"},
		{"not compressed as it says", lines, "s2", 0, "it cannot be uncompressed"},
		{"cut off", nats.Compress(lines)[:500], "s2", 0, "it cannot be uncompressed"},
		{"a bomb", s2.Encode(nil, make([]byte, 64<<20)), "s2", 0, "it has more than 4194304 bytes uncompressed"},
		{"a size that is none", []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, "s2", 0, "it cannot be uncompressed"},
		{"large", bytes.Repeat(lines, 200), "", 0, "it has more than 4194304 bytes uncompressed"},
		{"no line end", []byte("a 1 1"), "", 0, "its lines are not canonical"},
		{"no time", []byte("a 1\n"), "", 0, "its lines are not canonical"},
		{"two blanks", []byte("a  1 1\n"), "", 0, "its lines are not canonical"},
		{"a carriage return", []byte("a 1 1\r\n"), "", 0, "its lines are not canonical"},
		{"an empty line", []byte("a 1 1\n\n"), "", 0, "its lines are not canonical"},
		{"a bad line among good ones", []byte("a 1 1\nb x 1\n"), "", 0, "its lines are not canonical"},
		{"text", []byte(strings.Repeat("hello\n", 3)), "", 0, "its lines are not canonical"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, err := nats.Unpack(c.data, c.encoded)
			if b.Points != c.points || (err == nil) != (c.err == "") || err != nil && err.Error() != c.err {
				t.Errorf("got %d points and %v, want %d and %q", b.Points, err, c.points, c.err)
			}
		})
	}
}

// FuzzUnpack: whatever comes, what is taken is canonical and as many points as it says.
func FuzzUnpack(f *testing.F) {
	f.Add(nats.Compress([]byte("a 1 1\nb;x=y 2.5 1700000000\n")), true)
	f.Add([]byte("a 1 1\n"), false)
	f.Add([]byte("a nan 1\n\xff"), false)
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0x0f}, true)
	f.Fuzz(func(t *testing.T, data []byte, compressed bool) {
		encoded := map[bool]string{true: "s2"}[compressed]
		b, err := nats.Unpack(data, encoded)
		if err != nil {
			return
		}
		points := 0
		for l := range b.All() {
			points++
			if len(l.Name) == 0 || bytes.ContainsAny(l.Name, "\r\t\n") || len(l.Value) == 0 || len(l.Timestamp) == 0 {
				t.Fatalf("got the line %q of %q", l, data)
			}
		}
		if points != b.Points || points == 0 || len(b.Lines) > nats.MaxBlock {
			t.Fatalf("got %d points in %d lines of %q", b.Points, points, data)
		}
	})
}
