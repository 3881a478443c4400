package nats

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/klauspost/compress/s2"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/wire/line"
)

// encodingHeader says how a message is compressed: by s2. Without it, a message is
// plain lines, as a person may publish them.
const (
	encodingHeader = "Content-Encoding"
	encoding       = "s2"
)

// MaxBlock bounds a message's lines when they are uncompressed.
const MaxBlock = 4 << 20

var (
	errEncoding  = errors.New("its encoding is not known")
	errCorrupt   = errors.New("it cannot be uncompressed")
	errTooLarge  = fmt.Errorf("it has more than %d bytes uncompressed", MaxBlock)
	errEmpty     = errors.New("there is no point in it")
	errCanonical = errors.New("its lines are not canonical")
)

// compress returns lines as a message's content, in memory of its own and of its size:
// many wait for their acknowledgement. scratch is memory to work in, which grows.
func compress(scratch *[]byte, lines []byte) []byte {
	*scratch = s2.Encode((*scratch)[:cap(*scratch)], lines)
	return bytes.Clone(*scratch)
}

// unpacker takes messages apart. It keeps its memory from call to call.
type unpacker struct {
	buf    []byte
	parser line.Parser
	bad    int
}

func newUnpacker() *unpacker {
	u := &unpacker{}
	// Names are as their receiver was told to leave them: tags in any order.
	u.parser = line.Parser{KeepTags: true, MaxLine: MaxBlock, Reject: func(metric.Reason, []byte) { u.bad++ }}
	return u
}

// unpack returns the points of a message. They are valid until the next call. An error
// says what is wrong with the message, for ever.
func (u *unpacker) unpack(data []byte, encoded string) (metric.Batch, error) {
	switch encoded {
	case "":
	case encoding:
		var err error
		if data, err = u.uncompress(data); err != nil {
			return metric.Batch{}, err
		}
	default:
		return metric.Batch{}, errEncoding
	}
	switch {
	case len(data) > MaxBlock:
		return metric.Batch{}, errTooLarge
	case len(data) == 0:
		return metric.Batch{}, errEmpty
	case data[len(data)-1] != '\n':
		return metric.Batch{}, errCanonical
	}
	u.bad = 0
	b := u.parser.Parse(data, 0)
	if u.bad > 0 || len(b.Lines) != len(data) || &b.Lines[0] != &data[0] && !bytes.Equal(b.Lines, data) {
		return metric.Batch{}, errCanonical
	}
	return b, nil
}

// uncompress looks at the size that a message says it has before it makes room.
func (u *unpacker) uncompress(data []byte) ([]byte, error) {
	n, err := s2.DecodedLen(data)
	switch {
	case err != nil:
		return nil, errCorrupt
	case n > MaxBlock:
		return nil, errTooLarge
	case n > cap(u.buf):
		u.buf = make([]byte, n)
	}
	lines, err := s2.Decode(u.buf[:n], data)
	if err != nil {
		return nil, errCorrupt
	}
	return lines, nil
}
