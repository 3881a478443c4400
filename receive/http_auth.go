package receive

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/plumbago/plumbago/tenant"
)

// visit finds out whose the points of a request are. It is nil where nobody asks
// that and names may be as they like.
func (d *httpDoor) visit(r *http.Request) (*tenant.Visit, error) {
	c := connOf(r)
	v := d.in.visit(addrOf(c.enters.from), c.shown)
	shown := r.Header.Get("Authorization")
	switch {
	case d.in.o.Tenants.Empty(), isKnown(v, shown):
		return v, nil
	case shown == "":
		return nil, errUnauthorized
	}
	d.in.unknownKey(c.enters.from)
	return nil, errUnknownKey
}

// isKnown reports whether the points of a visit have an owner. A key that is
// shown must be good, whatever else is known.
func isKnown(v *tenant.Visit, authorization string) bool {
	if authorization == "" {
		return v.Known()
	}
	var room [maxKey]byte
	return v.Authenticate(keyOf(room[:0], authorization))
}

// maxKey is how long the key in an Authorization header can be, with what stands
// beside it.
const maxKey = 512

// keyOf appends the key that a header shows to dst: the token of Bearer; of Basic
// the user, with or without a colon behind, or the password where there is no
// user. A header without a key shows an empty one.
func keyOf(dst []byte, header string) []byte {
	scheme, text, _ := strings.Cut(strings.TrimSpace(header), " ")
	text = strings.TrimSpace(text)
	switch {
	case len(text) > maxKey:
		return dst
	case strings.EqualFold(scheme, "Bearer"):
		return append(dst, text...)
	case strings.EqualFold(scheme, "Basic"):
		return userOf(dst, text)
	}
	return dst
}

// userOf appends what the credentials of Basic have for a key. Clients write
// their base64 in both alphabets, padded or not.
func userOf(dst []byte, credentials string) []byte {
	encoding := base64.RawStdEncoding
	if strings.ContainsAny(credentials, "-_") {
		encoding = base64.RawURLEncoding
	}
	both, err := encoding.AppendDecode(nil, []byte(strings.TrimRight(credentials, "=")))
	if err != nil {
		return dst
	}
	user, password, _ := bytes.Cut(both, []byte{':'})
	if len(user) == 0 {
		user = password
	}
	return append(dst, user...)
}
