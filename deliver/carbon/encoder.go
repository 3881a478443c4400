package carbon

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/wire/pickle"
	"github.com/plumbago/plumbago/wire/protobuf"
)

// encoder returns what is written to the wire for a batch, and an error of
// deliver.Refused if the protocol cannot carry all of it. The bytes are valid
// until the next call, or as long as the batch's.
type encoder func(metric.Batch) ([]byte, error)

// chooseEncoder returns what makes the encoder of a connection.
func chooseEncoder(o Options) (func() encoder, error) {
	prefix, err := dotted(o.Prefix)
	if err != nil {
		return nil, err
	}
	if o.LineEnd != "" && o.LineEnd != "\n" && o.LineEnd != "\r\n" {
		return nil, fmt.Errorf("line end %q: lines end with \\n or \\r\\n", o.LineEnd)
	}
	switch o.Protocol {
	case "line", "":
		return func() encoder { return lineEncoder(prefix, o.LineEnd) }, nil
	case "protobuf":
		return func() encoder {
			return protobufEncoder(&protobuf.Encoder{MaxFrame: o.MaxFrame, MaxPoints: o.MaxPoints, Prefix: prefix})
		}, nil
	case "pickle":
		return func() encoder {
			return pickleEncoder(&pickle.Encoder{MaxFrame: o.MaxFrame, MaxPoints: o.MaxPoints, Prefix: prefix})
		}, nil
	}
	return nil, fmt.Errorf("protocol %q: carbon speaks line, pickle and protobuf", o.Protocol)
}

// dotted returns prefix with a dot at its end, unless it is empty. Its errors
// do not show it.
func dotted(prefix string) (string, error) {
	unfit := func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }
	if !utf8.ValidString(prefix) || strings.ContainsFunc(prefix, unfit) {
		return "", errors.New("prefix: a metric name can hold no blanks, no control characters and nothing but UTF-8")
	}
	if prefix == "" || strings.HasSuffix(prefix, ".") {
		return prefix, nil
	}
	return prefix + ".", nil
}

// lineEncoder sends canonical lines as they are, but for the prefix and the end.
func lineEncoder(prefix, end string) encoder {
	if prefix == "" && end != "\r\n" {
		return func(b metric.Batch) ([]byte, error) { return b.Lines, nil }
	}
	if end == "" {
		end = "\n"
	}
	var buf []byte
	return func(b metric.Batch) ([]byte, error) {
		buf = appendLines(buf[:0], prefix, b.Lines, end)
		return buf, nil
	}
}

// appendLines appends lines to dst, each after prefix and with another end.
func appendLines(dst []byte, prefix string, lines []byte, end string) []byte {
	crlf := end == "\r\n"
	for len(lines) > 0 {
		n := bytes.IndexByte(lines, '\n') + 1
		if prefix != "" {
			dst = append(dst, prefix...)
		}
		if dst = append(dst, lines[:n]...); crlf {
			dst = append(dst[:len(dst)-1], '\r', '\n')
		}
		lines = lines[n:]
	}
	return dst
}

// protobufEncoder sends frames of protobuf messages. It sets e.Reject.
func protobufEncoder(e *protobuf.Encoder) encoder {
	var buf []byte
	var u unfit
	e.Reject = u.reject
	return func(b metric.Batch) ([]byte, error) {
		buf = e.AppendFrames(buf[:0], b)
		return buf, u.take()
	}
}

// pickleEncoder sends frames of pickled lists.
func pickleEncoder(e *pickle.Encoder) encoder {
	var buf []byte
	return func(b metric.Batch) ([]byte, error) {
		buf = e.AppendFrames(buf[:0], b)
		return buf, nil
	}
}
