// Package remotewrite writes the messages of Prometheus' remote write: 1.0's
// WriteRequest and 2.0's Request.
package remotewrite

import (
	"encoding/binary"
	"math"
)

// Version is that of a message.
type Version int

// The versions there are.
const (
	V1 Version = 1 // prometheus.WriteRequest
	V2 Version = 2 // io.prometheus.write.v2.Request
)

// Series is what a message says of a series beside its samples. Which of its parts are
// needed depends on the version.
type Series struct {
	Labels string // as AppendLabels writes them; for V1

	Refs []*Symbol // the labels' names and values, by turns; for V2
	Help *Symbol   // nil: there is none; for V2
}

// Symbol is a text that messages of V2 have once, however many series name it. A
// Symbol belongs to one Encoder.
type Symbol struct {
	text    string
	message uint64 // that has it
	ref     uint32 // where
}

// NewSymbol makes a Symbol.
func NewSymbol(text string) *Symbol { return &Symbol{text: text} }

// Text is what the symbol stands for.
func (s *Symbol) Text() string { return s.text }

// Sample is a point of a series.
type Sample struct {
	Time  int64 // in milliseconds since 1970
	Value float64
}

// Encoder writes a message. It is not for several goroutines at once.
type Encoder struct {
	version Version
	message uint64 // its number
	symbols []byte // the fields of the symbols of V2
	count   uint32 // of symbols
	series  []byte // the fields of the series
	whole   []byte
}

// NewEncoder makes an Encoder, of which Start is to be called first.
func NewEncoder(v Version) *Encoder { return &Encoder{version: v} }

// Start begins a message.
func (e *Encoder) Start() {
	e.message++
	e.series = e.series[:0]
	e.symbols = append(e.symbols[:0], tagSymbols, 0) // the first is empty
	e.count = 1
}

// Add adds samples, in order of time, of a series that the message does not have yet.
func (e *Encoder) Add(s *Series, samples []Sample) {
	if e.version == V2 {
		e.addV2(s, samples)
		return
	}
	size := len(s.Labels) + samplesSize(samples)
	e.series = appendHead(e.series, tagSeriesV1, size)
	e.series = appendSamples(append(e.series, s.Labels...), samples)
}

func (e *Encoder) addV2(s *Series, samples []Sample) {
	refs := 0
	for _, symbol := range s.Refs {
		refs += varintSize(uint64(e.refer(symbol)))
	}
	help := uint32(0)
	if s.Help != nil {
		help = e.refer(s.Help)
	}
	size := fieldSize(refs) + samplesSize(samples) + fieldSize(metadataSize(help))
	out := appendHead(e.series, tagSeriesV2, size)
	out = appendHead(out, tagRefs, refs)
	for _, symbol := range s.Refs {
		out = binary.AppendUvarint(out, uint64(symbol.ref))
	}
	e.series = appendMetadata(appendSamples(out, samples), help)
}

// refer returns the place of a symbol in the message.
func (e *Encoder) refer(s *Symbol) uint32 {
	if s.message == e.message {
		return s.ref
	}
	s.message, s.ref = e.message, e.count
	e.count++
	e.symbols = append(appendHead(e.symbols, tagSymbols, len(s.text)), s.text...)
	return s.ref
}

// Message returns the message, valid until Start.
func (e *Encoder) Message() []byte {
	if e.version == V1 {
		return e.series
	}
	e.whole = append(append(e.whole[:0], e.symbols...), e.series...)
	return e.whole
}

func appendSamples(dst []byte, samples []Sample) []byte {
	for _, s := range samples {
		dst = append(dst, tagSamples, byte(s.size()))
		if bits := math.Float64bits(s.Value); bits != 0 {
			dst = binary.LittleEndian.AppendUint64(append(dst, tagValue), bits)
		}
		if s.Time != 0 {
			dst = binary.AppendUvarint(append(dst, tagTime), uint64(s.Time))
		}
	}
	return dst
}

func samplesSize(samples []Sample) (n int) {
	for _, s := range samples {
		n += 2 + s.size()
	}
	return n
}

// size is that of the message. What is 0 is left out.
func (s Sample) size() (n int) {
	if math.Float64bits(s.Value) != 0 {
		n += 1 + 8
	}
	if s.Time != 0 {
		n += 1 + varintSize(uint64(s.Time))
	}
	return n
}

// appendMetadata says that a series is a gauge, and perhaps what its metric is for.
func appendMetadata(dst []byte, help uint32) []byte {
	dst = append(appendHead(dst, tagMetadata, metadataSize(help)), tagType, typeGauge)
	if help != 0 {
		dst = binary.AppendUvarint(append(dst, tagHelp), uint64(help))
	}
	return dst
}

func metadataSize(help uint32) int {
	if help == 0 {
		return 2
	}
	return 2 + 1 + varintSize(uint64(help))
}
