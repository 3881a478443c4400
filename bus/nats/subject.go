package nats

import (
	"fmt"
	"strconv"
	"strings"
)

// nobody stands for no tenant in a subject.
const nobody = "_"

// subjectOf is where points of a tenant and a partition are published.
func (b Bus) subjectOf(tenant string, partition int) string {
	return b.Subject + "." + tokenOf(tenant) + "." + strconv.Itoa(partition)
}

// all is the subject of every message, and share that of one partition's.
func (b Bus) all() string { return b.Subject + ".*.*" }

func (b Bus) share(partition int) string { return b.Subject + ".*." + strconv.Itoa(partition) }

// ownerOf returns the tenant of a subject, "" if it has none or is another's.
func (b Bus) ownerOf(subject string) string {
	rest, ok := strings.CutPrefix(subject, b.Subject+".")
	token, _, two := strings.Cut(rest, ".")
	if !ok || !two {
		return ""
	}
	return tenantOf(token)
}

// tokenOf writes a tenant as a word of a subject: what is no letter, digit, - or _ as =
// and two hexadecimal digits.
func tokenOf(tenant string) string {
	switch {
	case tenant == "":
		return nobody
	case validStream.MatchString(tenant) && tenant != nobody:
		return tenant
	}
	var token strings.Builder
	for _, c := range []byte(tenant) {
		plain := c == '-' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' && tenant != nobody
		if plain {
			token.WriteByte(c)
		} else {
			fmt.Fprintf(&token, "=%02x", c)
		}
	}
	return token.String()
}

// tenantOf is what tokenOf made a word of.
func tenantOf(token string) string {
	if token == nobody {
		return ""
	}
	var tenant strings.Builder
	for {
		plain, rest, escaped := strings.Cut(token, "=")
		tenant.WriteString(plain)
		if !escaped {
			return tenant.String()
		}
		c, err := strconv.ParseUint(rest[:min(2, len(rest))], 16, 8)
		if err != nil || len(rest) < 2 {
			return ""
		}
		tenant.WriteByte(byte(c))
		token = rest[2:]
	}
}

// covers reports whether all that the subject wanted matches matches subject too.
func covers(subject, wanted string) bool {
	have, want := strings.Split(subject, "."), strings.Split(wanted, ".")
	for i, word := range have {
		switch {
		case word == ">":
			return len(want) > i
		case i >= len(want) || word != "*" && word != want[i]:
			return false
		}
	}
	return len(have) == len(want)
}
