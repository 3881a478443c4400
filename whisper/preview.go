package whisper

import (
	"io"

	"github.com/plumbago/plumbago/internal/schema"
)

// Preview returns a file in memory that is what f will be when it is updated with
// points, which it sorts. f stays as it is, and must stay open while it is read.
func (f *File) Preview(points []Point, now int64) (*File, error) {
	p := &File{header: f.header, medium: &overlay{under: f.medium}}
	_, err := p.Update(points, now)
	return p, err
}

// New returns a file in memory of a series without points, to be asked for a Preview.
func New(s schema.Schema) *File {
	return &File{header: newHeader(s), medium: &overlay{under: zeros{}}}
}

// overlay is a medium whose writes stay in memory.
type overlay struct {
	under  io.ReaderAt
	writes []patch // in their order
}

type patch struct {
	at    int64
	bytes []byte
}

// WriteAt implements io.WriterAt.
func (o *overlay) WriteAt(b []byte, at int64) (int, error) {
	o.writes = append(o.writes, patch{at, append([]byte(nil), b...)})
	return len(b), nil
}

// ReadAt implements io.ReaderAt.
func (o *overlay) ReadAt(b []byte, at int64) (int, error) {
	n, err := o.under.ReadAt(b, at)
	if err != nil {
		return n, err
	}
	for _, w := range o.writes {
		if skip := w.at - at; skip >= 0 && skip < int64(len(b)) {
			copy(b[skip:], w.bytes)
		} else if skip < 0 && -skip < int64(len(w.bytes)) {
			copy(b, w.bytes[-skip:])
		}
	}
	return n, nil
}

// zeros is what an empty file holds in its archives.
type zeros struct{}

// ReadAt implements io.ReaderAt.
func (zeros) ReadAt(b []byte, _ int64) (int, error) { clear(b); return len(b), nil }
