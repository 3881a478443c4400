package whisper

import (
	"encoding/binary"
	"io"
	"math"

	"github.com/plumbago/plumbago/internal/schema"
)

// Header is the beginning of a file.
type Header struct {
	Method       schema.Method
	MaxRetention int64   // seconds, as the file has it: Span is what it holds
	XFilesFactor float64 // one that 32 bits hold
	Archives     []Archive
}

// Archive is one of a file's archives.
type Archive struct {
	schema.Archive
	Offset int64 // of its first point in the file
}

func (a Archive) size() int64 { return a.Points * pointSize }

// Sizes in bytes.
const (
	metadataSize = 16
	archiveSize  = 12
	pointSize    = 12
)

// maxArchives bounds what a header may ask for.
const maxArchives = 64

// Span is the longest time that an archive covers, in seconds.
func (h Header) Span() (span int64) {
	for _, a := range h.Archives {
		span = max(span, a.Span())
	}
	return span
}

// newHeader lays a file out.
func newHeader(s schema.Schema) Header {
	h := Header{Method: s.Method, XFilesFactor: float64(float32(s.XFilesFactor))}
	offset := int64(metadataSize + archiveSize*len(s.Archives))
	for _, a := range s.Archives {
		one := Archive{a, offset}
		h.Archives = append(h.Archives, one)
		offset += one.size()
	}
	h.MaxRetention = h.Span()
	return h
}

// size is how long the file is.
func (h Header) size() int64 {
	last := h.Archives[len(h.Archives)-1]
	return last.Offset + last.size()
}

// append appends the bytes of the header.
func (h Header) append(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(h.Method))
	dst = binary.BigEndian.AppendUint32(dst, uint32(h.MaxRetention))
	dst = binary.BigEndian.AppendUint32(dst, math.Float32bits(float32(h.XFilesFactor)))
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(h.Archives)))
	for _, a := range h.Archives {
		dst = binary.BigEndian.AppendUint32(dst, uint32(a.Offset))
		dst = binary.BigEndian.AppendUint32(dst, uint32(a.Step))
		dst = binary.BigEndian.AppendUint32(dst, uint32(a.Points))
	}
	return dst
}

// readHeader reads the header of a file of this size, and checks it.
func (f *File) readHeader(size int64) error {
	b := f.room[:min(size, metadataSize+archiveSize*int64(len(f.archive)))]
	if _, err := f.medium.ReadAt(b, 0); err != nil && err != io.EOF {
		return err
	}
	count, err := f.header.readMetadata(b)
	if err != nil {
		return err
	}
	if need := metadataSize + archiveSize*count; need > len(b) {
		if int64(need) > size {
			return corrupt("it ends within its header")
		}
		b = make([]byte, need)
		if _, err := f.medium.ReadAt(b, 0); err != nil {
			return err
		}
	}
	f.header.Archives = f.archive[:0]
	for b = b[metadataSize:]; count > 0; count, b = count-1, b[archiveSize:] {
		f.header.Archives = append(f.header.Archives, readArchive(b))
	}
	return f.header.check(size)
}

// readMetadata reads all but the archives, and returns how many these are.
func (h *Header) readMetadata(b []byte) (archives int, err error) {
	if len(b) < metadataSize {
		return 0, corrupt("it ends within its header")
	}
	h.Method = schema.Method(binary.BigEndian.Uint32(b))
	h.MaxRetention = int64(binary.BigEndian.Uint32(b[4:]))
	h.XFilesFactor = float64(math.Float32frombits(binary.BigEndian.Uint32(b[8:])))
	count := binary.BigEndian.Uint32(b[12:])
	switch {
	case !h.Method.Valid():
		return 0, corrupt("it has the aggregation method %d", h.Method)
	case !(h.XFilesFactor >= 0 && h.XFilesFactor <= 1):
		return 0, corrupt("its xFilesFactor is %v", h.XFilesFactor)
	case count == 0 || count > maxArchives:
		return 0, corrupt("it has %d archives", count)
	}
	return int(count), nil
}

func readArchive(b []byte) Archive {
	return Archive{
		Offset: int64(binary.BigEndian.Uint32(b)),
		Archive: schema.Archive{
			Step:   int64(binary.BigEndian.Uint32(b[4:])),
			Points: int64(binary.BigEndian.Uint32(b[8:])),
		},
	}
}

// check holds the archives against the size of the file. It lets pass what no tool
// would make and none would stumble over.
func (h *Header) check(size int64) error {
	begin := int64(metadataSize + archiveSize*len(h.Archives))
	for i, a := range h.Archives {
		switch {
		case a.Step == 0 || a.Points == 0:
			return corrupt("archive %d has no points", i)
		case a.Step > math.MaxUint32/a.Points:
			return corrupt("archive %d covers more time than there is", i)
		case a.Offset < begin || a.Offset+a.size() > size:
			return corrupt("archive %d lies outside of the file", i)
		case i > 0 && a.Step <= h.Archives[i-1].Step:
			return corrupt("archive %d is not coarser than the one before it", i)
		}
	}
	return nil
}
