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
)

// encoder returns what is written to the wire for a batch. The bytes are valid
// until the next call, or as long as the batch's.
type encoder func(metric.Batch) []byte

// chooseEncoder returns what makes the encoder of a connection.
func chooseEncoder(o Options) (func() encoder, error) {
	prefix, err := dotted(o.Prefix)
	if err != nil {
		return nil, err
	}
	switch o.Protocol {
	case "line", "":
		return func() encoder { return lineEncoder(prefix) }, nil
	case "pickle":
		return func() encoder {
			return pickleEncoder(&pickle.Encoder{MaxFrame: o.MaxFrame, MaxPoints: o.MaxPoints, Prefix: prefix})
		}, nil
	}
	return nil, fmt.Errorf("protocol %q: carbon speaks line and pickle", o.Protocol)
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

// lineEncoder sends canonical lines as they are, but for the prefix.
func lineEncoder(prefix string) encoder {
	if prefix == "" {
		return func(b metric.Batch) []byte { return b.Lines }
	}
	var buf []byte
	return func(b metric.Batch) []byte {
		buf = appendPrefixed(buf[:0], prefix, b.Lines)
		return buf
	}
}

// appendPrefixed appends lines to dst, each after prefix.
func appendPrefixed(dst []byte, prefix string, lines []byte) []byte {
	for len(lines) > 0 {
		end := bytes.IndexByte(lines, '\n') + 1
		dst = append(dst, prefix...)
		dst = append(dst, lines[:end]...)
		lines = lines[end:]
	}
	return dst
}

// pickleEncoder sends frames of pickled lists.
func pickleEncoder(e *pickle.Encoder) encoder {
	var buf []byte
	return func(b metric.Batch) []byte {
		buf = e.AppendFrames(buf[:0], b)
		return buf
	}
}
