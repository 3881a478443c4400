package receive

import (
	"bytes"
	"io"
	"runtime"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
	"github.com/plumbago/plumbago/wire/json"
)

// mostWindow is how far back a body compressed by zstd may refer, in bytes: what
// the format asks of every reader.
const mostWindow = 8 << 20

// mill has the decompressors and decoders whose memory a sender can make grow. It
// works on what is in memory, and is given back before anything is waited for, so
// that a few are enough.
type mill struct {
	pickles codec
	json    json.Decoder

	src   bytes.Reader
	gzip  gzip.Reader
	flate io.Reader // a flate.Resetter
	zlib  io.Reader // a zlib.Resetter
	zstd  *zstd.Decoder
}

// mills are all that the door has, one for each processor.
type mills chan *mill

func newMills(o Options) mills {
	all := make(mills, runtime.GOMAXPROCS(0))
	for range cap(all) {
		all <- &mill{pickles: newPickles(o), json: json.Decoder{MaxLine: o.MaxLine, KeepTags: o.KeepTags}}
	}
	return all
}

func (m mills) take() *mill { return <-m }

func (m mills) leave(one *mill) {
	one.src.Reset(nil)
	one.pickles.tell(nil)
	one.json.Reject = nil
	m <- one
}

// open begins to decompress a body.
func (m *mill) open(how string, body []byte) (io.Reader, error) {
	m.src.Reset(body)
	switch {
	case how == "gzip":
		return &m.gzip, m.gzip.Reset(&m.src)
	case how == "zstd":
		return m.openZstd()
	case isZlib(body):
		return m.openZlib()
	}
	return m.openFlate()
}

func (m *mill) openZstd() (_ io.Reader, err error) {
	if m.zstd != nil {
		return m.zstd, m.zstd.Reset(&m.src)
	}
	m.zstd, err = zstd.NewReader(&m.src, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(mostWindow), zstd.WithDecoderMaxMemory(mostWindow))
	return m.zstd, err
}

func (m *mill) openZlib() (_ io.Reader, err error) {
	if m.zlib != nil {
		return m.zlib, m.zlib.(zlib.Resetter).Reset(&m.src, nil)
	}
	r, err := zlib.NewReader(&m.src)
	if err == nil {
		m.zlib = r
	}
	return r, err
}

func (m *mill) openFlate() (io.Reader, error) {
	if m.flate != nil {
		return m.flate, m.flate.(flate.Resetter).Reset(&m.src, nil)
	}
	m.flate = flate.NewReader(&m.src)
	return m.flate, nil
}

// isZlib reports whether a body begins with the header of zlib, which deflate
// means, and not with the bare stream, which some clients send.
func isZlib(body []byte) bool {
	return len(body) >= 2 && body[0]&0x0f == 8 && body[0]>>4 <= 7 && (int(body[0])<<8|int(body[1]))%31 == 0
}
