package protobuf_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/wire/protobuf"
)

// field returns a field that holds bytes.
func field(number byte, content ...string) string {
	s := strings.Join(content, "")
	return string(binary.AppendUvarint([]byte{number<<3 | 2}, uint64(len(s)))) + s
}

func double(f float64) string {
	return string(binary.LittleEndian.AppendUint64([]byte{0x11}, math.Float64bits(f)))
}

// point is a Point of the time 5 with a value.
func point(f float64) string { return field(2, "\x08\x05", double(f)) }

func TestDecode(t *testing.T) {
	nan, long := point(math.NaN()), strings.Repeat("n", 100)
	for _, tc := range []struct {
		name, frame, want string
	}{
		{"nothing", "", ""},
		{"a point", field(1, field(1, "a.b"), point(1.5)), "a.b 1.5 5\n"},
		{"many", field(1, field(1, "a"), point(1), point(2)) + field(1, field(1, "b"), point(3)), "a 1 5\na 2 5\nb 3 5\n"},
		{"numbers", field(1, field(1, "a"), point(math.Inf(-1)), point(math.Copysign(0, -1)), point(1e300), point(0.1)), "a -inf 5\na -0 5\na 1e+300 5\na 0.1 5\n"},
		{"the last name", field(1, field(1, "a"), point(1), field(1, "b")), "b 1 5\n"},
		{"tags in order", field(1, field(1, "m;c=d;a=b"), point(1)), "m;a=b;c=d 1 5\n"},
		{"tags as OpenMetrics has them", field(1, field(1, `m{b="2",a="1"}`), point(1)), "m;a=1;b=2 1 5\n"},
		{"an over-long time", field(1, field(1, "a"), field(2, "\x08\x85\x80\x80\x80\x80\x80\x80\x80\x80\x7f")), "a 0 5\n"},
		{"over-long tags and lengths", "\x8a\x80\x80\x80\x70\x8b\x80\x80\x80\x00\x0a\x01a\x12\x00\x12\x00\x12\x00\x12\x00", "a 0 0\na 0 0\na 0 0\na 0 0\n"},
		{"an end that never began", field(1, field(1, "a"), point(1)) + "\x1c" + "any", "a 1 5\n"},
		{"the tag 0", field(1, field(1, "a"), point(1)) + "\x00" + "any", "a 1 5\n"},
		{"the tag 0 in two bytes", field(1, field(1, "a"), point(1)) + "\x80\x00" + "any", "a 1 5\n"},
		{"what means nothing", "\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x19abcdefgh" + field(3, "any") + "\x1b\x20\x01\x1c\x1dabcd" + field(1, "\x1b\x1c", field(1, "a"), point(1), field(2, "\x1b\x1c")), "a 1 5\na 0 0\n"},
		{"groups a hundred deep", strings.Repeat("\x1b", 100) + strings.Repeat("\x1c", 100) + field(1, field(1, "a"), point(1)), "a 1 5\n"},
		{"groups in a metric", field(1, strings.Repeat("\x1b", 99), strings.Repeat("\x1c", 99), field(1, "a"), point(1)), "a 1 5\n"},
		{"groups in a point", field(1, field(1, "a"), field(2, strings.Repeat("\x1b", 98), strings.Repeat("\x1c", 98))), "a 0 0\n"},
		{"a metric without points", field(1, field(1, "a b")), ""},
		{"unfit names", field(1, field(1, "a b"), point(1), nan) + field(1, point(1)) + field(1, field(1, long+"\x7f"), point(1)), "!name" + ` "a b"` + "!name" + ` "a b"` + `!name ""` + `!name "` + long[:80] + `"`},
		{"no number", field(1, field(1, "a"), nan, point(2)), `!nan "a"` + "a 2 5\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			rejected := ""
			d := protobuf.Decoder{Reject: func(r metric.Reason, item string) {
				rejected += "!" + string(r) + strings.TrimPrefix(item, "a point of the name")
			}}
			b, err := d.Decode([]byte(tc.frame), now)
			if err != nil || rejected+string(b.Lines) != tc.want || b.Points != bytes.Count(b.Lines, []byte("\n")) {
				t.Errorf("got %q, %q, %d points, %v, want %q", rejected, b.Lines, b.Points, err, tc.want)
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	good := field(1, field(1, "a"), point(1)) // of 18 bytes
	for _, tc := range []struct {
		name, rest string
		offset     int
		why        string
	}{
		{"a cut tag", "\x8a", 18, "the message is cut"},
		{"a tag of six bytes", "\x8a\x80\x80\x80\x80\x01", 18, "a varint is too long"},
		{"a cut length", "\x0a", 18, "the message is cut"},
		{"a length beyond the frame", "\x0a\x7f", 18, "a length goes beyond"},
		{"a length of more than 32 bits", "\x0a\xff\xff\xff\xff\x7f", 18, "a length goes beyond"},
		{"a length of six bytes", "\x0a\x80\x80\x80\x80\x80\x00", 18, "a varint is too long"},
		{"a name beyond its metric", "\x0a\x02\x0a\x01a", 20, "a length goes beyond"},
		{"a point beyond its metric", "\x0a\x02\x12\x01a", 20, "a length goes beyond"},
		{"a value beyond its point", field(1, "\x12\x02\x11a") + "12345678", 22, "the message is cut"},
		{"a time of eleven bytes", field(1, field(2, "\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00")), 22, "a varint is too long"},
		{"a name not UTF-8", field(1, field(1, "\xed\xa0\x80"), field(1, "a"), point(1)), 20, "a name is not UTF-8"},
		{"a name not UTF-8 without points", field(1, field(1, "\xff")), 20, "a name is not UTF-8"},
		{"an end in a metric", field(1, "\x1c"), 20, "a group ends that did not begin"},
		{"the tag 0 in a point", field(1, field(2, "\x00")), 22, "a group ends that did not begin"},
		{"the field 0", "\x02\x00", 18, "a field has the number 0"},
		{"the wire type 6", "\x0e\x00", 18, "the wire types 6 and 7"},
		{"the wire type 7", "\x0f\x00", 18, "the wire types 6 and 7"},
		{"a group without an end", "\x1b\x20\x01", 19, "the message is cut"},
		{"a group with another's end", "\x1b\x24", 19, "a group ends that did not begin"},
		{"groups too deep", strings.Repeat("\x1b", 101) + strings.Repeat("\x1c", 101), 118, "groups lie too deep"},
		{"groups too deep in a metric", field(1, strings.Repeat("\x1b", 100), strings.Repeat("\x1c", 100)), 120, "groups lie too deep"},
		{"groups too deep in a point", field(1, field(2, strings.Repeat("\x1b", 99), strings.Repeat("\x1c", 99))), 122, "groups lie too deep"},
		{"cut fixed numbers", "\x1d123", 18, "the message is cut"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := protobuf.Decoder{Reject: func(metric.Reason, string) { t.Error("got a point rejected of a bad frame") }}
			b, err := d.Decode([]byte(good+tc.rest), now)
			var refused *protobuf.FrameError
			if !errors.As(err, &refused) || len(b.Lines)+b.Points > 0 {
				t.Fatalf("got %q, %v, want a refusal", b.Lines, err)
			}
			if !strings.Contains(refused.Why, tc.why) || !strings.Contains(err.Error(), fmt.Sprint("byte ", refused.Offset, ": ")) {
				t.Errorf("got %q, want %q", err, tc.why)
			}
			if got := refused.Offset; got != tc.offset {
				t.Errorf("got the offset %d, want %d", got, tc.offset)
			}
		})
	}
}

// TestDecodeBoundsItsOutput sends a long name with a million empty points, which
// would be a terabyte of lines.
func TestDecodeBoundsItsOutput(t *testing.T) {
	frame := []byte(field(1, field(1, strings.Repeat("n", 1<<19)), strings.Repeat("\x12\x00", 1<<18)))
	var d protobuf.Decoder
	if b, err := d.Decode(frame, now); err == nil || len(b.Lines) > 0 {
		t.Errorf("got %d bytes of lines, want the frame refused", len(b.Lines))
	}
	if b, err := d.Decode([]byte(field(1, field(1, strings.Repeat("n", 1000)), strings.Repeat(point(1), 500))), now); err != nil || b.Points != 500 {
		t.Errorf("got %d points, %v, want all of a name of a thousand letters", b.Points, err)
	}
}

func TestDecodeDescribesOnlySomeOfManyPoints(t *testing.T) {
	described, rejected := 0, 0
	d := protobuf.Decoder{Reject: func(_ metric.Reason, item string) {
		if rejected++; item != "a point" {
			described++
		}
	}}
	if _, err := d.Decode([]byte(field(1, field(1, "a b"), strings.Repeat("\x12\x00", 1000))), now); err != nil {
		t.Fatal(err)
	}
	if rejected != 1000 || described != 100 {
		t.Errorf("got %d rejected, %d described, want 1000 and 100", rejected, described)
	}
}
