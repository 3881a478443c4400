package queue

import (
	"encoding/binary"
	"hash/crc32"
	"strconv"
)

// A record is one header line of fixed width and the canonical lines it
// describes. The header is text, so that a segment can be read with less.
const (
	headerShape = "#q1 seq=00000000000000000000 points=0000000000 bytes=0000000000 time=0000000000000 crc=00000000 head=00000000\n"
	headerSize  = len(headerShape)
	magic       = "#q1 seq="

	seqAt, seqWidth       = 8, 20
	pointsAt, pointsWidth = seqAt + seqWidth + 8, 10
	bytesAt, bytesWidth   = pointsAt + pointsWidth + 7, 10
	timeAt, timeWidth     = bytesAt + bytesWidth + 6, 13
	crcAt                 = timeAt + timeWidth + 5
	headAt                = crcAt + 8 + 6
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

// header describes the payload of a record.
type header struct {
	seq    uint64 // sequence number of the first point
	points int
	bytes  int
	time   int64 // when the first point came, in Unix milliseconds
	crc    uint32
}

func (h header) end() uint64 { return h.seq + uint64(h.points) }

// put writes the header to b, which is headerSize long.
func (h header) put(b []byte) {
	copy(b, headerShape)
	putDecimal(b[seqAt:seqAt+seqWidth], h.seq)
	putDecimal(b[pointsAt:pointsAt+pointsWidth], uint64(h.points))
	putDecimal(b[bytesAt:bytesAt+bytesWidth], uint64(h.bytes))
	putDecimal(b[timeAt:timeAt+timeWidth], uint64(h.time))
	putHex(b[crcAt:crcAt+8], h.crc)
	putHex(b[headAt:headAt+8], checksum(b[:headAt]))
}

// parseHeader reads the header at the start of b. It is false where b does not
// begin with a header exactly as put writes it.
func parseHeader(b []byte) (header, bool) {
	if len(b) < headerSize || string(b[:len(magic)]) != magic || b[headerSize-1] != '\n' {
		return header{}, false
	}
	var head [8]byte
	if putHex(head[:], checksum(b[:headAt])); string(head[:]) != string(b[headAt:headAt+8]) {
		return header{}, false
	}
	crc, ok := parseHex(b[crcAt : crcAt+8])
	h := header{
		seq:    parseDecimal(b[seqAt : seqAt+seqWidth]),
		points: int(parseDecimal(b[pointsAt : pointsAt+pointsWidth])),
		bytes:  int(parseDecimal(b[bytesAt : bytesAt+bytesWidth])),
		time:   int64(parseDecimal(b[timeAt : timeAt+timeWidth])),
		crc:    crc,
	}
	return h, ok && h.points > 0 && h.bytes > 0 && h.end() > h.seq
}

func putDecimal(b []byte, v uint64) {
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = byte('0' + v%10)
		v /= 10
	}
}

func putHex(b []byte, v uint32) {
	const digits = "0123456789abcdef"
	var raw [4]byte
	binary.BigEndian.PutUint32(raw[:], v)
	for i, x := range raw {
		b[2*i], b[2*i+1] = digits[x>>4], digits[x&15]
	}
}

// parseDecimal trusts a checksum to have found the digits intact.
func parseDecimal(b []byte) (v uint64) {
	for _, c := range b {
		v = v*10 + uint64(c-'0')
	}
	return v
}

func parseHex(b []byte) (uint32, bool) {
	v, err := strconv.ParseUint(string(b), 16, 32)
	return uint32(v), err == nil
}
