package receive

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/pires/go-proxyproto"
)

// The longest headers there are, version 1 and 2.
const (
	mostProxyV1 = 107
	mostProxyV2 = 16 + 4096
)

// The beginnings of the headers, version 1 and 2.
const (
	proxyV1 = "PROXY "
	proxyV2 = "\r\n\r\n\x00\r\nQUIT\n"
)

// proxyError ends a connection of a trusted proxy whose header cannot be used:
// whose the bytes behind it are cannot be known.
type proxyError struct{ why error }

func (e *proxyError) Error() string {
	return fmt.Sprintf("the header of the PROXY protocol cannot be used: %v", e.why)
}

// readProxy reads the header of the PROXY protocol that a connection may begin
// with. named is for whom the proxy connects, nil if it does not say, ahead what
// was read behind the header. An error of reading is left for the next read,
// unless it cut a header off.
func readProxy(r io.Reader) (named net.Addr, ahead []byte, err error) {
	buf := make([]byte, 0, 512)
	for {
		size, known := proxySize(buf)
		if known {
			named, err = parseProxy(buf[:size])
			return named, buf[size:], err
		}
		if len(buf) == cap(buf) {
			buf = append(make([]byte, 0, mostProxyV2), buf...)
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if err != nil && n == 0 {
			return nil, buf, cutProxy(buf, err)
		}
	}
}

// proxySize is how many bytes of b, the beginning of a connection, are a header;
// 0 if it does not begin with one. known is false if that takes more bytes.
func proxySize(b []byte) (size int, known bool) {
	switch {
	case bytes.HasPrefix(b, []byte(proxyV1)):
		if end := bytes.IndexByte(b[:min(len(b), mostProxyV1)], '\n'); end >= 0 {
			return end + 1, true
		}
		return mostProxyV1, len(b) >= mostProxyV1
	case len(b) >= 16 && bytes.HasPrefix(b, []byte(proxyV2)):
		size = 16 + int(binary.BigEndian.Uint16(b[14:]))
		if size > mostProxyV2 {
			return 16, true // and parseProxy says so
		}
		return size, len(b) >= size
	case bytes.HasPrefix(b, []byte(proxyV2)):
		return 0, false
	}
	more := bytes.HasPrefix([]byte(proxyV1), b) || bytes.HasPrefix([]byte(proxyV2), b)
	return 0, !more
}

func parseProxy(header []byte) (net.Addr, error) {
	if len(header) == 0 {
		return nil, nil
	}
	h, err := proxyproto.Read(bufio.NewReader(bytes.NewReader(header)))
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, &proxyError{proxyproto.ErrInvalidLength}
	case err != nil:
		return nil, &proxyError{err}
	case h.Command.IsLocal():
		return nil, nil
	}
	if t, ok := h.SourceAddr.(*net.TCPAddr); ok {
		return t, nil
	}
	return nil, nil // of a kind that says nothing of the sender
}

// cutProxy is the error of a connection whose header is not complete; nil if it
// has not begun one.
func cutProxy(begun []byte, why error) error {
	if len(begun) < len(proxyV1) {
		return nil
	}
	return &proxyError{why}
}
