package protobuf_test

import (
	"bytes"
	"math"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/plumbago/plumbago/internal/name"
	"github.com/plumbago/plumbago/internal/number"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/wire/protobuf"
)

// FuzzDecode holds the decoder to its promises for any frame, and to a second
// opinion where that takes the frame.
func FuzzDecode(f *testing.F) {
	eachLine(f, "receiver.jsonl", func(g goldenStream) {
		for _, frame := range frames(g.bytes(f)) {
			if len(frame) < 1024 {
				f.Add(frame)
			}
		}
	})
	payload := payloadType(f)
	var d protobuf.Decoder
	f.Fuzz(func(t *testing.T, frame []byte) {
		b, err := d.Decode(frame, now)
		if err != nil && (len(b.Lines) > 0 || err.(*protobuf.FrameError).Offset > len(frame) || err.(*protobuf.FrameError).Why == "") {
			t.Errorf("got %#v and %d bytes of lines, want a reason and none", err, len(b.Lines))
		}
		if bytes.Count(b.Lines, []byte("\n")) != b.Points {
			t.Errorf("got %d points in %q", b.Points, b.Lines)
		}
		for l := range b.All() {
			checkCanonical(t, l)
		}
		other := dynamicpb.NewMessage(payload)
		if proto.Unmarshal(frame, other) != nil {
			return
		}
		if want := linesOf(other, payload); err != nil && !stricter(err) || err == nil && !bytes.Equal(want, b.Lines) {
			t.Errorf("got %q, %v, want %q", b.Lines, err, want)
		}
	})
}

// stricter reports whether a frame was refused for what carbon's reader refuses
// and the second opinion takes: deep groups, and tags and lengths of more than
// five bytes.
func stricter(err error) bool {
	why := err.(*protobuf.FrameError).Why
	return why == "groups lie too deep in each other" || why == "a varint is too long"
}

func checkCanonical(t *testing.T, l metric.Line) {
	if reason := name.Check(l.Name); reason != "" || !bytes.Equal(name.AppendCanonical(nil, l.Name), l.Name) {
		t.Errorf("got the name %q, want a canonical one", l.Name)
	}
	v, ok := number.Parse(l.Value)
	if !ok || math.IsNaN(v) || !bytes.Equal(number.AppendFloat(nil, v), l.Value) {
		t.Errorf("got the value %q, want the shortest text of a number", l.Value)
	}
	if s, ok := number.Parse(l.Timestamp); !ok || s < 0 || s > math.MaxUint32 || s != math.Trunc(s) {
		t.Errorf("got the timestamp %q, want whole seconds", l.Timestamp)
	}
}

// payloadType describes carbon's messages to another implementation.
func payloadType(tb testing.TB) protoreflect.MessageDescriptor {
	scalar := func(n string, number int32, t descriptorpb.FieldDescriptorProto_Type) *descriptorpb.FieldDescriptorProto {
		return &descriptorpb.FieldDescriptorProto{Name: &n, Number: &number, Type: &t, Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum()}
	}
	repeated := func(n string, number int32, of string) *descriptorpb.FieldDescriptorProto {
		f := scalar(n, number, descriptorpb.FieldDescriptorProto_TYPE_MESSAGE)
		f.TypeName, f.Label = &of, descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum()
		return f
	}
	message := func(n string, fields ...*descriptorpb.FieldDescriptorProto) *descriptorpb.DescriptorProto {
		return &descriptorpb.DescriptorProto{Name: &n, Field: fields}
	}
	file, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{
		Name: proto.String("carbon.proto"), Package: proto.String("carbon"), Syntax: proto.String("proto3"),
		MessageType: []*descriptorpb.DescriptorProto{
			message("Payload", repeated("metrics", 1, ".carbon.Metric")),
			message("Metric", scalar("metric", 1, descriptorpb.FieldDescriptorProto_TYPE_STRING), repeated("points", 2, ".carbon.Point")),
			message("Point", scalar("timestamp", 1, descriptorpb.FieldDescriptorProto_TYPE_UINT32), scalar("value", 2, descriptorpb.FieldDescriptorProto_TYPE_DOUBLE)),
		},
	}, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return file.Messages().ByName("Payload")
}

// linesOf makes lines of the other implementation's Payload.
func linesOf(m protoreflect.Message, payload protoreflect.MessageDescriptor) (lines []byte) {
	metrics := m.Get(payload.Fields().ByNumber(1)).List()
	for i := range metrics.Len() {
		one := metrics.Get(i).Message()
		fields := one.Descriptor().Fields()
		n := []byte(one.Get(fields.ByNumber(1)).String())
		points := one.Get(fields.ByNumber(2)).List()
		for j := range points.Len() {
			p := points.Get(j).Message()
			v := p.Get(p.Descriptor().Fields().ByNumber(2)).Float()
			if name.Check(n) != "" || math.IsNaN(v) {
				continue
			}
			time, _ := number.AppendTimestamp(nil, float64(p.Get(p.Descriptor().Fields().ByNumber(1)).Uint()), now)
			lines = metric.Append(lines, metric.Line{Name: name.AppendCanonical(nil, n), Value: number.AppendFloat(nil, v), Timestamp: time})
		}
	}
	return lines
}

// FuzzEncode has points come back as they were, those of one name together, and
// as the second opinion reads them.
func FuzzEncode(f *testing.F) {
	f.Add("a", 1.5, uint32(1_700_000_000), "b;x=1", math.Copysign(0, -1), uint32(0))
	f.Add("é", math.Inf(1), uint32(math.MaxUint32), "é", 1e300, uint32(127))
	f.Add("", 0.0, uint32(128), "m;b=1;a=2", 0.1, uint32(16384))
	payload := payloadType(f)
	f.Fuzz(func(t *testing.T, n1 string, v1 float64, t1 uint32, n2 string, v2 float64, t2 uint32) {
		var lines [3][]byte
		for i, p := range []struct {
			name  string
			value float64
			time  uint32
		}{{n1, v1, t1}, {n2, v2, t2}, {n1, v2, t1}} {
			if name.Check([]byte(p.name)) == "" && !math.IsNaN(p.value) {
				time, _ := number.AppendTimestamp(nil, float64(p.time), now)
				lines[i] = metric.Append(nil, metric.Line{Name: name.AppendCanonical(nil, []byte(p.name)), Value: number.AppendFloat(nil, p.value), Timestamp: time})
			}
		}
		b := metric.Batch{Lines: slices.Concat(lines[:]...)}
		for _, most := range []int{1, 3} {
			want := b.Lines
			if most == 3 && lines[0] != nil && n1 != n2 {
				want = slices.Concat(lines[0], lines[2], lines[1])
			}
			e := protobuf.Encoder{MaxPoints: most}
			stream := e.AppendFrames(nil, b)
			if got := decode(stream); !bytes.Equal(got.lines, want) || got.refused != nil {
				t.Errorf("got %q, %v back, want %q", got.lines, got.refused, want)
			}
			var others []byte
			for _, frame := range frames(stream) {
				m := dynamicpb.NewMessage(payload)
				if err := proto.Unmarshal(frame, m); err != nil {
					t.Fatal(err)
				}
				others = append(others, linesOf(m, payload)...)
			}
			if !bytes.Equal(others, want) {
				t.Errorf("the second opinion got %q, want %q", others, want)
			}
		}
	})
}
