package main

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"testing"
)

// pickles are what CPython's pickle.dumps makes of the first two points of a
// stream, by protocol.
var pickles = [...]string{
	"286c70300a2856736572766572732e686f73742d30303030302e6370752e636f72652d30302e6c6173740a70310a2849313730303030303030300a46302e350a7470320a7470330a612856736572766572732e686f73742d30303030302e6370752e636f72652d30302e6d65616e0a70340a2849313730303030303030300a46312e350a7470350a7470360a612e",
	"5d710028285823000000736572766572732e686f73742d30303030302e6370752e636f72652d30302e6c6173747101284a00f15365473fe0000000000000747102747103285823000000736572766572732e686f73742d30303030302e6370752e636f72652d30302e6d65616e7104284a00f15365473ff8000000000000747105747106652e",
	"80025d7100285823000000736572766572732e686f73742d30303030302e6370752e636f72652d30302e6c61737471014a00f15365473fe00000000000008671028671035823000000736572766572732e686f73742d30303030302e6370752e636f72652d30302e6d65616e71044a00f15365473ff8000000000000867105867106652e",
	"80035d7100285823000000736572766572732e686f73742d30303030302e6370752e636f72652d30302e6c61737471014a00f15365473fe00000000000008671028671035823000000736572766572732e686f73742d30303030302e6370752e636f72652d30302e6d65616e71044a00f15365473ff8000000000000867105867106652e",
	"80049575000000000000005d94288c23736572766572732e686f73742d30303030302e6370752e636f72652d30302e6c617374944a00f15365473fe0000000000000869486948c23736572766572732e686f73742d30303030302e6370752e636f72652d30302e6d65616e944a00f15365473ff800000000000086948694652e",
	"80059575000000000000005d94288c23736572766572732e686f73742d30303030302e6370752e636f72652d30302e6c617374944a00f15365473fe0000000000000869486948c23736572766572732e686f73742d30303030302e6370752e636f72652d30302e6d65616e944a00f15365473ff800000000000086948694652e",
}

func TestUnpickleReadsEveryProtocol(t *testing.T) {
	want := []string{"servers.host-00000.cpu.core-00.last 1.7e+09 0.5", "servers.host-00000.cpu.core-00.mean 1.7e+09 1.5"}
	for protocol, text := range pickles {
		got, err := points(unhex(t, text))
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("protocol %d: got %q, %v, want %q", protocol, got, err, want)
		}
	}
}

func TestFrameIsWhatCPythonMakes(t *testing.T) {
	want := unhex(t, pickles[2])
	got := newStream(10).appendFrame(nil, 0, 2)
	if size := int(binary.BigEndian.Uint32(got)); size != len(want) || !slices.Equal(got[4:], want) {
		t.Errorf("frame: got %q, want %q behind its length", got, want)
	}
}

func TestFrameWithLongMemoComesBack(t *testing.T) {
	s := newStream(100)
	got, err := points(s.appendFrame(nil, 0, 500)[4:])
	if err != nil || len(got) != 500 {
		t.Errorf("frame of 500 points: got %d, %v", len(got), err)
	}
}

func TestUnpickleRefusesWhatIsNotWhole(t *testing.T) {
	for protocol, text := range pickles {
		whole := unhex(t, text)
		for cut := range whole {
			if got, err := points(whole[:cut]); err == nil {
				t.Errorf("protocol %d, cut at %d: got %q, want an error", protocol, cut, got)
			}
		}
	}
}

func TestUnpickleRefusesWhatIsNoListOfPoints(t *testing.T) {
	tests := []struct{ name, pickle string }{
		{"nothing", ""},
		{"a name that is a number", "(lp0\n(I7\n(I1\nI2\nttae."},
		{"a time that is a name", "(lp0\n(Va\n(Vb\nI2\ntta."},
		{"a tuple of three", "(lp0\n(Va\n(I1\nI2\nI3\ntta."},
		{"a tuple without a mark", "]I1\nI2\nt."},
		{"an item outside of a list", "(Va\n(I1\nI2\ntta."},
		{"a number in the list", "(lI1\na."},
		{"a slot never filled", "h\x05."},
		{"the memo of nothing", "q\x05."},
		{"an instruction that calls", "cos\nsystem\n."},
		{"a number that is none", "(lp0\n(Va\n(I1\nIx\ntta."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got, err := points([]byte(test.pickle)); err == nil || len(got) > 0 {
				t.Errorf("unpickle %q: got %q, %v, want an error", test.pickle, got, err)
			}
		})
	}
}

// FuzzUnpickle looks for input that makes the machine panic.
func FuzzUnpickle(f *testing.F) {
	for _, text := range pickles {
		b, _ := hex.DecodeString(text)
		f.Add(b)
	}
	f.Add([]byte("(lp0\n(Va\n(L1L\nI2\nttagatghje."))
	f.Fuzz(func(t *testing.T, b []byte) { points(b) })
}

func points(pickle []byte) (found []string, err error) {
	err = new(machine).unpickle(pickle, func(name []byte, time, value float64) {
		found = append(found, fmt.Sprint(string(name), " ", time, " ", value))
	})
	return found, err
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func BenchmarkUnpickle(b *testing.B) {
	frame := newStream(100).appendFrame(nil, 0, 500)[4:]
	b.SetBytes(int64(len(frame)))
	var m machine
	for b.Loop() {
		if err := m.unpickle(frame, func([]byte, float64, float64) {}); err != nil {
			b.Fatal(err)
		}
	}
}
