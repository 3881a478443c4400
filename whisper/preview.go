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
	under io.ReaderAt
	pages map[int64]*page // that were written to, by their numbers
}

// pageSize is small, as most writes are.
const pageSize = 256

type page [pageSize]byte

// WriteAt implements io.WriterAt.
func (o *overlay) WriteAt(b []byte, at int64) (n int, err error) {
	for n < len(b) {
		p, err := o.page(at / pageSize)
		if err != nil {
			return n, err
		}
		m := copy(p[at%pageSize:], b[n:])
		n, at = n+m, at+int64(m)
	}
	return n, nil
}

// page returns a page to be written to.
func (o *overlay) page(i int64) (*page, error) {
	p := o.pages[i]
	if p != nil {
		return p, nil
	}
	p = new(page)
	if _, err := o.under.ReadAt(p[:], i*pageSize); err != nil && err != io.EOF {
		return nil, err
	}
	if o.pages == nil {
		o.pages = map[int64]*page{}
	}
	o.pages[i] = p
	return p, nil
}

// ReadAt implements io.ReaderAt.
func (o *overlay) ReadAt(b []byte, at int64) (int, error) {
	n, err := o.under.ReadAt(b, at)
	if err != nil || len(o.pages) == 0 {
		return n, err
	}
	for i := at / pageSize; i*pageSize < at+int64(len(b)); i++ {
		p := o.pages[i]
		if p == nil {
			continue
		}
		if skip := i*pageSize - at; skip >= 0 {
			copy(b[skip:], p[:])
		} else {
			copy(b, p[-skip:])
		}
	}
	return n, nil
}

// zeros is what an empty file holds in its archives.
type zeros struct{}

// ReadAt implements io.ReaderAt.
func (zeros) ReadAt(b []byte, _ int64) (int, error) { clear(b); return len(b), nil }
