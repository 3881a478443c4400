package main

import (
	"bytes"
	"encoding/binary"
	"strconv"
)

// count is what has come to a sink so far.
type count struct {
	Unique  int64    `json:"unique"`            // points of the stream, each counted once
	Twice   int64    `json:"twice"`             // those that came again
	Damaged int64    `json:"damaged"`           // what is no point of the stream: torn, mixed up, unreadable
	Foreign int64    `json:"foreign"`           // statistics that the relay sends of itself
	Last    int64    `json:"last"`              // when the last new point came, in Unix nanoseconds
	Samples []string `json:"samples,omitempty"` // the first of what was damaged
}

// tally recognises the points of a stream and counts them. It is not safe for
// concurrent use.
type tally struct {
	count
	stream stream
	points int
	reader machine
	seen   []uint64
	times  []int64 // of arrival, by number, where it was made to hold them
}

func newTally(series, points int) *tally {
	return &tally{stream: newStream(series), points: points, seen: make([]uint64, points/64+1)}
}

// lines counts the complete lines of b, which came at now, and says how many
// bytes they are.
func (t *tally) lines(b []byte, now int64) (used int, err error) {
	end := bytes.LastIndexByte(b, '\n') + 1
	for i := 0; i < end; {
		n, size := t.stream.parseLine(b[i:end])
		if size > 0 {
			t.mark(n, now)
		} else {
			size = bytes.IndexByte(b[i:end], '\n') + 1
			t.oddLine(b[i:i+size-1], now)
		}
		i += size
	}
	return end, nil
}

// frames counts the complete pickle frames of b in the same way. An error is the
// end of the connection: the stream can no longer be understood.
func (t *tally) frames(b []byte, now int64) (used int, err error) {
	for len(b)-used >= 4 {
		size := int(binary.BigEndian.Uint32(b[used:]))
		if size > maxFrame {
			t.damage(b[used:])
			return used, errPickle
		}
		if len(b)-used < 4+size {
			break
		}
		t.frame(b[used+4:used+4+size], now)
		used += 4 + size
	}
	return used, nil
}

// maxFrame is the largest frame that carbon's receiver takes.
const maxFrame = 1 << 20

func (t *tally) frame(b []byte, now int64) {
	err := t.reader.unpickle(b, func(name []byte, time, value float64) { t.point(name, time, value, now) })
	if err != nil {
		t.damage(b)
	}
}

// oddLine counts a line that is not written as the generator writes it, but may
// mean the same.
func (t *tally) oddLine(line []byte, now int64) {
	f := bytes.Fields(line)
	if len(f) != 3 {
		t.damage(line)
		return
	}
	v, errV := strconv.ParseFloat(string(f[1]), 64)
	time, errT := strconv.ParseFloat(string(f[2]), 64)
	if errV != nil || errT != nil {
		t.damage(line)
		return
	}
	t.point(f[0], time, v, now)
}

func (t *tally) point(name []byte, time, v float64, now int64) {
	if n, ok := t.stream.number(name, time, v); ok {
		t.mark(n, now)
	} else if foreign(name) {
		t.Foreign++
	} else {
		t.damage(strconv.AppendFloat(append(append([]byte{}, name...), ' '), v, 'g', -1, 64))
	}
}

// foreign says whether a name is one of a relay's own statistics.
func foreign(name []byte) bool {
	return bytes.HasPrefix(name, []byte("carbon.")) || bytes.HasPrefix(name, []byte("plumbago."))
}

func (t *tally) mark(n int, now int64) {
	if n >= t.points {
		t.damage([]byte("number " + strconv.Itoa(n)))
		return
	}
	word, bit := &t.seen[n/64], uint64(1)<<(n%64)
	if *word&bit != 0 {
		t.Twice++
		return
	}
	*word |= bit
	t.Unique++
	t.Last = now
	if t.times != nil {
		t.times[n] = now
	}
}

func (t *tally) damage(b []byte) {
	t.Damaged++
	if len(t.Samples) < 3 {
		t.Samples = append(t.Samples, strconv.Quote(string(b[:min(len(b), 80)])))
	}
}
