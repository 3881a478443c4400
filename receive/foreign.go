package receive

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// errNotPickle ends a connection that does not speak pickle: where its frames
// end cannot be known.
var errNotPickle = errors.New("this is the pickle port")

// notPickle says what the bytes look like that were read as a length.
func notPickle(data []byte) error {
	looks := foreign(data)
	switch {
	case looks != "":
	case isText(data[:lengthBytes]):
		looks = "text"
	default:
		return fmt.Errorf("%w, and what came is no pickle", errNotPickle)
	}
	return fmt.Errorf("%w, and what came looks like %s", errNotPickle, looks)
}

// foreign names the protocol other than lines that first, the beginning of a
// connection, looks like; it is empty for none.
func foreign(first []byte) string {
	switch {
	case len(first) >= 2 && first[0] == 0x16 && first[1] == 3:
		return "TLS"
	case len(first) < 5:
		return ""
	case slices.Contains(methods[:], string(first[:4])):
		return "text (HTTP)"
	case opensPickle(first[lengthBytes]) && binary.BigEndian.Uint32(first) <= mostPlausible:
		return "pickle"
	}
	return ""
}

// methods are what HTTP requests begin with.
var methods = [...]string{"GET ", "PUT ", "POST", "HEAD"}

// opensPickle reports whether a pickle of points can begin with b: protocol 2
// and later begin with 0x80, earlier ones with the mark, list, tuple or dict
// that they hold.
func opensPickle(b byte) bool {
	switch b {
	case 0x80, '(', ']', ')', '}':
		return true
	}
	return false
}

func isText(b []byte) bool {
	return !slices.ContainsFunc(b, func(c byte) bool { return (c < ' ' || c > '~') && c != '\t' && c != '\r' && c != '\n' })
}
