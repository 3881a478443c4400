package receive_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/receive"
)

// handlers are the ways in which a stream can be read.
var handlers = map[string]func(context.Context, receive.Options, receive.Sink, io.Reader) error{
	"reader":  receive.Handle,
	"waiting": receive.HandleWaiting,
}

// read handles parts, each a read of its own, and returns what came of it.
func read(t *testing.T, o receive.Options, end error, parts ...string) (*pool, *journal, error) {
	t.Helper()
	return readBy(t, receive.HandleWaiting, o, end, parts...)
}

func readBy(t *testing.T, handle func(context.Context, receive.Options, receive.Sink, io.Reader) error,
	o receive.Options, end error, parts ...string) (*pool, *journal, error) {
	t.Helper()
	p, j, in := newPool(), newJournal(), &chunks{err: end}
	for _, part := range parts {
		in.parts = append(in.parts, []byte(part))
	}
	o.Logger, o.Registerer = j.logger(), j
	if o.Protocol == "" {
		o.Protocol = "line"
	}
	var err error
	synctest.Test(t, func(t *testing.T) { err = handle(context.Background(), o, p, in) })
	return p, j, err
}

// cut cuts text at random, mostly into small pieces.
func cut(r *rand.Rand, text string) (parts []string) {
	for len(text) > 0 {
		n := 1 + r.IntN(1<<r.IntN(15))
		n = min(n, len(text))
		parts = append(parts, text[:n])
		text = text[n:]
	}
	return parts
}

func lineStream(r *rand.Rand, n int) (text, want string) {
	var in, out strings.Builder
	for i := range n {
		name := "a." + strings.Repeat("x", r.IntN(1<<r.IntN(13)))
		line := name + " " + strconv.Itoa(i) + " 1700000000\n"
		in.WriteString(line)
		out.WriteString(line)
		switch r.IntN(20) {
		case 0:
			in.WriteString("bad\n")
		case 1:
			in.WriteString(strings.Repeat("too long ", 2000) + "\n")
		case 2:
			in.WriteString("\r\n")
		}
	}
	return in.String(), out.String()
}

func TestAnyChunkingOfLinesGivesTheSamePoints(t *testing.T) {
	for name, handle := range handlers {
		for seed := range uint64(30) {
			r := rand.New(rand.NewPCG(seed, 1))
			text, want := lineStream(r, 100)
			p, _, err := readBy(t, handle, receive.Options{MaxLine: 10_000}, io.EOF, cut(r, text)...)
			if err != nil || p.text() != want {
				t.Fatalf("%s, seed %d: got %d bytes and %v, want %d bytes of lines", name, seed, len(p.text()), err, len(want))
			}
		}
	}
}

func TestALineOverTheLimitIsSkippedToItsEnd(t *testing.T) {
	long := strings.Repeat("y", 100)
	tests := []struct {
		name    string
		parts   []string
		want    string
		tooLong float64
	}{
		{"at the limit", []string{strings.Repeat("y", 96) + " 1 2\n"}, strings.Repeat("y", 96) + " 1 2\n", 0},
		{"a CR counts", []string{strings.Repeat("y", 95) + " 1 2\r", "\n"}, strings.Repeat("y", 95) + " 1 2\n", 0},
		{"over by a CR", []string{strings.Repeat("y", 96) + " 1 2\r", "\nb 1 2\n"}, "b 1 2\n", 1},
		{"one read", []string{"a 1 2\n" + long + " 1 2\nb 1 2\n"}, "a 1 2\nb 1 2\n", 1},
		{"end in a later read", []string{long + "zzzz", "z", " 1 2\nb 1 2\n"}, "b 1 2\n", 1},
		{"in small pieces", append(strings.Split(strings.Repeat("y", 300), ""), "\n", "b 1 2\n"), "b 1 2\n", 1},
		{"end right behind", []string{long + "zzzz", "\n", "b 1 2\n"}, "b 1 2\n", 1},
		{"twice", []string{long + "zzzz", "z\n" + long + "zzzz", "\nb 1 2\n"}, "b 1 2\n", 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, j, err := read(t, receive.Options{MaxLine: 100}, io.EOF, test.parts...)
			if err != nil || p.text() != test.want {
				t.Errorf("got %q and %v, want %q", p.text(), err, test.want)
			}
			if got := j.rejected(t, metric.TooLong); got != test.tooLong {
				t.Errorf("got %v lines counted as too long, want %v", got, test.tooLong)
			}
		})
	}
}

func TestALineThatIsLongerThanTheDeskIsTaken(t *testing.T) {
	long := strings.Repeat("y", 3*receive.DeskBytes)
	text := "a 1 2\n" + long + " 1 2\nb 1 2\n" + long[:receive.DeskBytes-7] + " 1 2\nc 1 2\n"
	r := rand.New(rand.NewPCG(1, 1))
	p, _, err := read(t, receive.Options{MaxLine: 1 << 20}, io.EOF, cut(r, text)...)
	if err != nil || p.text() != text {
		t.Errorf("got %d bytes and %v, want %d", len(p.text()), err, len(text))
	}
}

func TestTheUnterminatedRestOfAStream(t *testing.T) {
	reset := errors.New("connection reset")
	tests := []struct {
		name   string
		end    error
		accept bool
		want   string
		lost   float64
	}{
		{"closed in good order", io.EOF, false, "a 1 2\n", 1},
		{"broken", reset, false, "a 1 2\n", 1},
		{"accepted where closed in good order", io.EOF, true, "a 1 2\nb 12 3\n", 0},
		{"not accepted where broken", reset, true, "a 1 2\n", 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, j, _ := read(t, receive.Options{AcceptUnterminated: test.accept}, test.end, "a 1 2\nb 1", "2 3")
			if p.text() != test.want {
				t.Errorf("got %q, want %q", p.text(), test.want)
			}
			if got := j.rejected(t, metric.Unterminated); got != test.lost {
				t.Errorf("got %v counted as unterminated, want %v", got, test.lost)
			}
		})
	}
}

func TestHeldBytesAreBounded(t *testing.T) {
	rest := strings.Repeat("z", 3*receive.MostTiny)
	_, j, err := read(t, receive.Options{MaxHeldBytes: 2 * receive.MostTiny}, io.EOF, "a 1 2\n"+rest, " 1 2\n")
	if err == nil {
		t.Error("got no error for a rest over the allowance")
	}
	if got := j.rejected(t, metric.Unterminated); got != 1 {
		t.Errorf("got %v counted as unterminated, want 1", got)
	}
	p, _, err := read(t, receive.Options{MaxHeldBytes: 1}, io.EOF, rest[:receive.MostTiny], " 1 2\n")
	if err != nil || p.points != 1 {
		t.Errorf("got %d points and %v, want a short rest to be free of the allowance", p.points, err)
	}
}

func TestARefusalOfTheSinkIsCountedAndKeepsTheConnection(t *testing.T) {
	p, j := newPool(), newJournal()
	p.err = errors.New("no more")
	in := strings.NewReader("a 1 2\nb 1 2\n")
	if err := receive.Handle(context.Background(), optionsOf(j, "line"), p, in); err != nil {
		t.Errorf("got %v, want the stream read to its end", err)
	}
	if got := j.metric(t, "refused_points_total"); got != 2 {
		t.Errorf("got %v refused points, want 2", got)
	}
}

func optionsOf(j *journal, protocol string) receive.Options {
	return receive.Options{Protocol: protocol, Logger: j.logger(), Registerer: j}
}

func TestABlockedSinkIsLeftWhenTheContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		blocked := sinkFunc(func(ctx context.Context, _ metric.Batch) error {
			<-ctx.Done()
			return ctx.Err()
		})
		done := make(chan error, 1)
		in := io.MultiReader(strings.NewReader("a 1 2\n"), endless{})
		go func() { done <- receive.Handle(ctx, optionsOf(newJournal(), "line"), blocked, in) }()
		synctest.Wait()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want %v", err, context.Canceled)
		}
	})
}

type sinkFunc func(context.Context, metric.Batch) error

func (f sinkFunc) Receive(ctx context.Context, b metric.Batch) error { return f(ctx, b) }

type endless struct{}

func (endless) Read(p []byte) (int, error) { return copy(p, "b 1 2\n"), nil }

// frame puts a length before a pickle.
func frame(pickle string) string {
	return string(binary.BigEndian.AppendUint32(nil, uint32(len(pickle)))) + pickle
}

// point is a pickle of protocol 2 that holds one point, filled up to size.
func point(name string, size int) string {
	p := "\x80\x02](X" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(name)))) + name +
		"J\x01\xf1SeK\x01\x86\x86e."
	return p + strings.Repeat(".", max(size-len(p), 0))
}

func pointLine(name string) string { return name + " 1 1700000001\n" }

func frameStream(r *rand.Rand, n int) (text, want string) {
	var in, out strings.Builder
	for i := range n {
		name := "m." + strconv.Itoa(i)
		in.WriteString(frame(point(name, r.IntN(1<<r.IntN(13)))))
		out.WriteString(pointLine(name))
		switch r.IntN(20) {
		case 0:
			in.WriteString(frame("garbage"))
		case 1:
			in.WriteString(frame(point("long", 20_000)))
		case 2:
			in.WriteString(frame(""))
		}
	}
	return in.String(), out.String()
}

func TestAnyChunkingOfFramesGivesTheSamePoints(t *testing.T) {
	for name, handle := range handlers {
		for seed := range uint64(30) {
			r := rand.New(rand.NewPCG(seed, 2))
			text, want := frameStream(r, 100)
			o := receive.Options{Protocol: "pickle", MaxFrame: 10_000}
			p, _, err := readBy(t, handle, o, io.EOF, cut(r, text)...)
			if err != nil || p.text() != want {
				t.Fatalf("%s, seed %d: got %d bytes and %v, want %d", name, seed, len(p.text()), err, len(want))
			}
		}
	}
}

func TestFramesLargerThanADeskAreTaken(t *testing.T) {
	text := frame(point("a", 1<<20)) + frame(point("b", 200_000)) + frame(point("c", 0))
	r := rand.New(rand.NewPCG(1, 2))
	p, _, err := read(t, receive.Options{Protocol: "pickle"}, io.EOF, cut(r, text)...)
	if want := pointLine("a") + pointLine("b") + pointLine("c"); err != nil || p.text() != want {
		t.Errorf("got %q and %v, want %q", p.text(), err, want)
	}
}

func TestFramesThatAreNotTaken(t *testing.T) {
	good, line := frame(point("m", 0)), pointLine("m")
	tests := []frameCase{
		{"not a pickle", []string{frame("garbage"), good}, line, metric.Pickle, "opcode=", false},
		{"a call", []string{frame("cos\nsystem\n(S'true'\ntR."), good}, line, metric.Pickle, "opcode=99", false},
		{"over the limit", []string{frame(point("x", 1001)), good}, line, metric.TooLong, "reason=too_long", false},
		{"over the limit, in pieces", strings.SplitAfter(frame(point("x", 1001))+good, "."), line, metric.TooLong, "reason=too_long", false},
		{"over the limit, length alone", []string{"\x00\x10\x00\x00"}, "", metric.Unterminated, "", false},
		{"over the limit and broken off", []string{frame(point("x", 1001))[:50]}, "", metric.TooLong, "", false},
		{"broken off", []string{good, good[:10]}, line, metric.Unterminated, "", false},
		{"text", []string{good + "a.b 1 1700000000\n", good}, line, "", "looks like text", true},
		{"text in small pieces", []string{"a", ".", "b", " 1\n"}, "", "", "looks like text", true},
		{"HTTP", []string{"GET / HTTP/1.1\r\n"}, "", "", "looks like text (HTTP)", true},
		{"TLS", []string{"\x16\x03\x01\x02\x00\x01"}, "", "", "looks like TLS", true},
		{"noise", []string{"\x80\x00\x00\x00\x00\x00"}, "", "", "is no pickle", true},
		{"a plausible length before noise", []string{"\x00\x10\x00\x00abc"}, "", "", "is no pickle", true},
		{"protobuf", []string{frame(protobufPoint("m")), good}, line, metric.Pickle, "looks=protobuf", false},
		{"protobuf over the limit", []string{frame(protobufPoint(strings.Repeat("m", 1000)))}, "", "", "looks like protobuf", true},
	}
	checkFrames(t, "pickle", tests)
}

func TestProtobufFramesThatAreNotTaken(t *testing.T) {
	good, line := frame(protobufPoint("m")), pointLine("m")
	long := frame(protobufPoint(strings.Repeat("m", 1000)))
	tests := []frameCase{
		{"not protobuf", []string{frame("\x0e"), good}, line, metric.Protobuf, "offset=", false},
		{"a pickle", []string{frame(point("m", 0)), good}, line, metric.Protobuf, "looks=pickle", false},
		{"a name with a blank", []string{frame(protobufPoint("a b")), good}, line, metric.Name, "a b", false},
		{"over the limit", []string{long, good}, line, metric.TooLong, "reason=too_long", false},
		{"over the limit, in pieces", strings.SplitAfter(long+good, "m"), line, metric.TooLong, "reason=too_long", false},
		{"broken off", []string{good, good[:10]}, line, metric.Unterminated, "", false},
		{"text", []string{good + "a.b 1 1700000000\n", good}, line, "", "this is the protobuf port, and what came looks like text", true},
		{"a pickle over the limit", []string{frame(point("x", 1001))}, "", "", "looks like pickle", true},
		{"noise", []string{"\x80\x00\x00\x00\x00\x00"}, "", "", "is no protobuf", true},
	}
	checkFrames(t, "protobuf", tests)
}

// frameCase is what comes to a port of frames, and what is made of it.
type frameCase struct {
	name   string
	parts  []string
	want   string
	reason metric.Reason
	log    string
	closed bool
}

func checkFrames(t *testing.T, protocol string, tests []frameCase) {
	t.Helper()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, j, err := read(t, receive.Options{Protocol: protocol, MaxFrame: 1000}, io.EOF, test.parts...)
			if p.text() != test.want {
				t.Errorf("got %q, want %q", p.text(), test.want)
			}
			if closed := err != nil; closed != test.closed {
				t.Errorf("got the error %v, want one: %v", err, test.closed)
			}
			if test.reason != "" && j.rejected(t, test.reason) != 1 {
				t.Errorf("got %v counted as %s, want 1", j.rejected(t, test.reason), test.reason)
			}
			if all := j.logged() + errorText(err); !strings.Contains(all, test.log) {
				t.Errorf("got %q, want it to say %q", all, test.log)
			}
		})
	}
}

// protobufPoint is a message of a point of a short name with the value and time
// of pointLine.
func protobufPoint(name string) string {
	m := bytes.NewBufferString("\x0a")
	m.Write(binary.AppendUvarint(nil, uint64(len(name))))
	m.WriteString(name + "\x12\x0f\x08\x81\xe2\xcf\xaa\x06\x11\x00\x00\x00\x00\x00\x00\xf0\x3f")
	return "\x0a" + string(binary.AppendUvarint(nil, uint64(m.Len()))) + m.String()
}

func TestAnyChunkingOfProtobufGivesTheSamePoints(t *testing.T) {
	var text, want string
	for i := range 300 {
		name := strings.Repeat("m", i+1)
		text += frame(protobufPoint(name)) + frame("\x0e")
		want += pointLine(name)
	}
	for name, handle := range handlers {
		for seed := range uint64(10) {
			r := rand.New(rand.NewPCG(seed, 4))
			p, _, err := readBy(t, handle, receive.Options{Protocol: "protobuf"}, io.EOF, cut(r, text)...)
			if err != nil || p.text() != want {
				t.Fatalf("%s, seed %d: got %d bytes and %v, want %d", name, seed, len(p.text()), err, len(want))
			}
		}
	}
}

func TestKeepTagsLeavesNamesAlone(t *testing.T) {
	const name = "m;b=2;a=1"
	for protocol, in := range map[string]string{
		"line": name + " 1 1700000001\n", "pickle": frame(point(name, 0)), "protobuf": frame(protobufPoint(name)),
	} {
		for keep, want := range map[bool]string{true: pointLine(name), false: pointLine("m;a=1;b=2")} {
			p, _, _ := read(t, receive.Options{Protocol: protocol, KeepTags: keep}, io.EOF, in)
			if p.text() != want {
				t.Errorf("%s, kept %v: got %q, want %q", protocol, keep, p.text(), want)
			}
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestTheLinePortSaysWhatElseIsSpokenToIt(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"pickle", frame(point("m", 0)), "looks=pickle"},
		{"protobuf", frame(protobufPoint("m")), "looks=protobuf"},
		{"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n", "looks=TLS"},
		{"HTTP", "GET / HTTP/1.1\r\n\r\n", `looks="text (HTTP)"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, j, _ := read(t, receive.Options{}, io.EOF, test.in[:3], test.in[3:], test.in)
			if n := strings.Count(j.logged(), test.want); n != 1 {
				t.Errorf("got %q, want %q in it once", j.logged(), test.want)
			}
		})
	}
}

func TestRejectedInputIsSampledAndEscaped(t *testing.T) {
	_, j, _ := read(t, receive.Options{}, io.EOF, "bad\x00\n"+strings.Repeat("worse\n", 99))
	if got := j.rejected(t, metric.Fields); got != 100 {
		t.Errorf("got %v counted, want 100", got)
	}
	logged := j.logged()
	if n := strings.Count(logged, "input rejected"); n != 1 {
		t.Errorf("got %d log lines, want 1", n)
	}
	for _, want := range []string{"peer=tester", "reason=fields", `bad\x00`} {
		if !strings.Contains(logged, want) {
			t.Errorf("got %q, want %s in it", logged, want)
		}
	}
	_, j, _ = read(t, receive.Options{}, io.EOF, strings.Repeat("x", 5000)+"\n")
	if len(j.logged()) > 500 {
		t.Errorf("got a log line of %d bytes", len(j.logged()))
	}
}

func FuzzLineFraming(f *testing.F) {
	f.Add([]byte("a 1 2\nbad\n\nlonger.than.the.limit.of.forty.bytes 1 2\nc 1 2\r\nd 1"), uint64(1))
	f.Fuzz(func(t *testing.T, text []byte, seed uint64) {
		same(t, receive.Options{Protocol: "line", MaxLine: 40}, text, seed)
	})
}

func FuzzPickleFraming(f *testing.F) {
	f.Add([]byte(frame(point("m", 0))+frame(point("long", 200))+frame("x")+frame(point("n", 0))), uint64(1))
	f.Fuzz(func(t *testing.T, text []byte, seed uint64) {
		same(t, receive.Options{Protocol: "pickle", MaxFrame: 100}, text, seed)
	})
}

// same reads text whole and in pieces, and wants the same points and counts.
func same(t *testing.T, o receive.Options, text []byte, seed uint64) {
	whole, j, err := read(t, o, io.EOF, string(text))
	parts := cut(rand.New(rand.NewPCG(seed, 3)), string(text))
	pieces, k, err2 := read(t, o, io.EOF, parts...)
	if !bytes.Equal(whole.lines, pieces.lines) {
		t.Errorf("got %q in pieces, want %q", pieces.lines, whole.lines)
	}
	if (err == nil) != (err2 == nil) {
		t.Errorf("got the error %v in pieces, want %v", err2, err)
	}
	if err == nil && j.metric(t, "rejected_total") != k.metric(t, "rejected_total") {
		t.Errorf("got %v rejected in pieces, want %v", k.metric(t, "rejected_total"), j.metric(t, "rejected_total"))
	}
}
