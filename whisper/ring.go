package whisper

import (
	"encoding/binary"
	"io"
	"math"
)

// ring is an archive with its base known.
type ring struct {
	Archive
	base int64 // timestamp of the first point; 0 while there is none
}

// ring reads the base of an archive.
func (f *File) ring(a Archive) (ring, error) {
	b := f.base[:]
	if err := f.read(b, a.Offset); err != nil {
		return ring{}, err
	}
	return ring{a, int64(binary.BigEndian.Uint32(b))}, nil
}

// slot is the place of a time in the ring.
func (r ring) slot(interval int64) int64 {
	return floorMod(floorDiv(interval-r.base, r.Step), r.Points)
}

// readPoints reads so many points of r, no more than it has, from the place of
// interval on. They are valid until the next call of scratch.
func (f *File) readPoints(r ring, interval, count int64) ([]byte, error) {
	b := f.scratch(count * pointSize)
	slot := int64(0)
	if r.base != 0 {
		slot = r.slot(interval)
	}
	first := min(count, r.Points-slot) * pointSize
	if err := f.read(b[:first], r.Offset+slot*pointSize); err != nil {
		return nil, err
	}
	if rest := b[first:]; len(rest) > 0 {
		return b, f.read(rest, r.Offset)
	}
	return b, nil
}

// writePoints writes points of which the first belongs to interval. If they are more
// than r has, the last remain. If r is empty, the first becomes its base.
func (f *File) writePoints(r *ring, interval int64, points []byte) error {
	if r.base == 0 {
		r.base = interval
	}
	if over := int64(len(points)/pointSize) - r.Points; over > 0 {
		points = points[over*pointSize:]
		interval += over * r.Step
	}
	slot := r.slot(interval)
	first := min(int64(len(points)), (r.Points-slot)*pointSize)
	if _, err := f.medium.WriteAt(points[:first], r.Offset+slot*pointSize); err != nil {
		return err
	}
	if rest := points[first:]; len(rest) > 0 {
		_, err := f.medium.WriteAt(rest, r.Offset)
		return err
	}
	return nil
}

// read fills b. A file that ends before has become shorter since it was opened.
func (f *File) read(b []byte, at int64) error {
	_, err := f.medium.ReadAt(b, at)
	if err == io.EOF {
		return corrupt("it ends before its last archive does")
	}
	return err
}

func appendPoint(dst []byte, interval int64, value float64) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(interval))
	return binary.BigEndian.AppendUint64(dst, math.Float64bits(value))
}

// point reads point i of points.
func point(points []byte, i int) (interval int64, value float64) {
	b := points[i*pointSize:][:pointSize]
	return int64(binary.BigEndian.Uint32(b)), math.Float64frombits(binary.BigEndian.Uint64(b[4:]))
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func floorMod(a, b int64) int64 {
	if m := a % b; m < 0 {
		return m + b
	} else {
		return m
	}
}

// floor is the beginning of the interval of this step that t is in.
func floor(t, step int64) int64 { return t - floorMod(t, step) }
