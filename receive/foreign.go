package receive

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// foreignError ends a connection that does not speak the protocol of frames that
// its port does: where its frames end cannot be known.
type foreignError struct {
	protocol string // of the port
	looks    string // what came looks like; empty if like nothing known
}

func (e *foreignError) Error() string {
	if e.looks == "" {
		return fmt.Sprintf("this is the %s port, and what came is no %s", e.protocol, e.protocol)
	}
	return fmt.Sprintf("this is the %s port, and what came looks like %s", e.protocol, e.looks)
}

// notFrames says what the bytes look like that were read as a length.
func notFrames(protocol string, data []byte) error {
	looks := foreign(data)
	if looks == "" && isText(data[:lengthBytes]) {
		looks = "text"
	}
	if looks == protocol {
		looks = ""
	}
	return &foreignError{protocol, looks}
}

// foreign names the protocol other than lines that first, the beginning of a
// connection, looks like; it is empty for none.
func foreign(first []byte) string {
	switch {
	case looksTLS(first):
		return "TLS"
	case beginsLike(first, proxyV1), beginsLike(first, proxyV2):
		return "a PROXY header from an address that is not in proxy_from"
	case len(first) <= lengthBytes:
		return ""
	case slices.Contains(methods[:], string(first[:4])):
		return "text (HTTP)"
	case binary.BigEndian.Uint32(first) <= mostPlausible:
		return message(first[lengthBytes:])
	}
	return ""
}

func looksTLS(first []byte) bool {
	return len(first) >= 2 && first[0] == recordHandshake && first[1] == 3
}

// recordHandshake is what a TLS client's first byte is.
const recordHandshake = 0x16

// beginsLike compares first with the beginning of a signature.
func beginsLike(first []byte, signature string) bool {
	const enough = 5
	n := min(len(first), len(signature))
	return n >= enough && string(first[:n]) == signature[:n]
}

// message names the protocol that a frame's message looks like; it is empty for
// none.
func message(frame []byte) string {
	for protocol, f := range framings {
		if len(frame) > 0 && f.opens(frame[0]) {
			return protocol
		}
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

// opensProtobuf reports whether a message of points can begin with b: the tag of
// the one field it has.
func opensProtobuf(b byte) bool { return b == 1<<3|2 }

func isText(b []byte) bool {
	return !slices.ContainsFunc(b, func(c byte) bool { return (c < ' ' || c > '~') && c != '\t' && c != '\r' && c != '\n' })
}
