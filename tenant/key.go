package tenant

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/plumbago/plumbago/internal/name"
)

// digest is all that is kept of a key.
type digest [sha256.Size]byte

const (
	shortestKey = 8
	longestKey  = 255
)

// digests returns what to keep of a key of the options, and everything that is
// known to be a digest of it.
func digests(key string) (kept digest, claimed []digest, err error) {
	if text, ok := strings.CutPrefix(key, "sha256:"); ok {
		if n, err := hex.Decode(kept[:], []byte(text[:min(len(text), 2*len(kept))])); err != nil || n < len(kept) || len(text) > 2*n {
			return kept, nil, errors.New("is no digest: want sha256: and 64 hexadecimal digits")
		}
		return kept, []digest{kept}, nil
	}
	raw := []byte(key)
	switch {
	case len(raw) < shortestKey || len(raw) > longestKey:
		return kept, nil, fmt.Errorf("has %d bytes: want %d to %d", len(raw), shortestKey, longestKey)
	case bytes.ContainsAny(raw, ".;") || name.Check(raw) != "":
		return kept, nil, errors.New("has a dot, a blank, a semicolon, a control character or no UTF-8 in it")
	}
	claimed = spellings(raw)
	return claimed[0], claimed, nil
}

// spellings are the digests under which key may be known.
func spellings(key []byte) []digest {
	var room [longestKey]byte
	return []digest{
		sha256.Sum256(inCase(room[:0], key, 'A', 'Z')),
		sha256.Sum256(key),
		sha256.Sum256(inCase(room[:0], key, 'a', 'z')),
	}
}

// find returns whose key text is, and the digest under which it is known.
func (e *edition) find(text []byte) (*holder, digest) {
	var room [longestKey]byte
	lower := inCase(room[:0], text, 'A', 'Z')
	d := digest(sha256.Sum256(lower))
	if h := e.keys[d]; h != nil {
		return h, d
	}
	if !bytes.Equal(lower, text) {
		d = sha256.Sum256(text)
		if h := e.keys[d]; h != nil {
			return h, d
		}
	}
	upper := inCase(room[:0], text, 'a', 'z')
	if !bytes.Equal(upper, text) {
		d = sha256.Sum256(upper)
	}
	return e.keys[d], d
}

// inCase appends text with the letters from first to last in the other case.
// Letters beyond ASCII stay.
func inCase(dst, text []byte, first, last byte) []byte {
	for _, c := range text {
		if first <= c && c <= last {
			c ^= 'a' ^ 'A'
		}
		dst = append(dst, c)
	}
	return dst
}

// same reports whether a and b, which are of one length and no shorter than a
// key, are equal, in time that depends on the length alone.
func same(a, b []byte) bool {
	b = b[:len(a)]
	var differ uint64
	for i := 0; i <= len(a)-8; i += 8 {
		differ |= binary.LittleEndian.Uint64(a[i:i+8]) ^ binary.LittleEndian.Uint64(b[i:i+8])
	}
	end := len(a) - 8
	differ |= binary.LittleEndian.Uint64(a[end:]) ^ binary.LittleEndian.Uint64(b[end:])
	return differ == 0
}
