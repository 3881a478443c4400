package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// claim is what a tenant says is its own: a key, an address, a certificate.
type claim struct {
	tenant    string // its path
	key, what string // where it says so, and of what
	spot      spot
}

// claims are those made so far, by what they are about.
type claims map[string]claim

// claim notes what two say is theirs, or one says twice. ids are all that the
// claim may be known by; they are not shown.
func (d *decoder) claim(c claim, ids []string, all claims) {
	for _, id := range ids {
		old, twice := all[c.key+" "+id]
		switch {
		case twice && old == c:
		case twice && old.tenant == c.tenant:
			d.problem(c.spot, "%s: this %s is given twice, first in line %d; leave one out", c.key, c.what, old.spot.line)
			return
		case twice:
			d.problem(c.spot, "%s: %s has the same %s as %s, which gives it in line %d; it can stand for one of them only",
				c.key, d.called(c.tenant), c.what, d.called(old.tenant), old.spot.line)
			return
		default:
			all[c.key+" "+id] = c
		}
	}
}

// called returns what a tenant is called in the file.
func (d *decoder) called(path string) string {
	if s, ok := d.spots[path+".name"]; ok {
		return "tenant " + s.show()
	}
	return fmt.Sprintf("the tenant in line %d", d.spots[path].line)
}

// digests returns the digests that stand for a key, or the one that is given
// instead of it: of the key in lower case, in upper case, and as it is.
func digests(key string) []string {
	if text, hashed := strings.CutPrefix(key, digest); hashed {
		return []string{strings.ToLower(text)}
	}
	var list []string
	for _, form := range []string{inCase(key, 'A', 'Z'), inCase(key, 'a', 'z'), key} {
		sum := sha256.Sum256([]byte(form))
		list = append(list, hex.EncodeToString(sum[:]))
	}
	return list
}

// inCase returns text with the letters from first to last in the other case.
func inCase(text string, first, last rune) string {
	return strings.Map(func(r rune) rune {
		if first <= r && r <= last {
			r ^= 'a' ^ 'A'
		}
		return r
	}, text)
}
