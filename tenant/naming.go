package tenant

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"

	"github.com/plumbago/plumbago/metric"
)

// tenantTag is how the tag of a tenant begins.
const tenantTag = ";tenant="

// Rename appends the lines of batch to dst, named for a destination that wants
// its tenant shown as as. The lines are named as their tenant's As says. Lines that
// are nobody's, of a tenant that is gone, or in quarantine stay as they are.
func (b *Book) Rename(dst []byte, batch metric.Batch, as Naming) []byte {
	h := b.edition().names[batch.Tenant]
	if h == nil || batch.Quarantined || as == "" || as == h.as {
		return append(dst, batch.Lines...)
	}
	for rest := batch.Lines; len(rest) > 0; {
		end := bytes.IndexByte(rest, '\n') + 1
		dst = h.appendAs(dst, rest[:end], as)
		rest = rest[end:]
	}
	return dst
}

// appendAs appends a line that is named as h.as says, named as as says, which is
// another.
func (h *holder) appendAs(dst, line []byte, as Naming) []byte {
	if h.as == Prefix {
		line = bytes.TrimPrefix(line, h.front)
	}
	switch as {
	case Prefix:
		dst = append(append(dst, h.name...), '.')
	case Tag:
		return appendTagged(dst, line, h.tag)
	}
	if h.as == Tag {
		return appendTagged(dst, line, nil)
	}
	return append(dst, line...)
}

// appendTagged appends line with tag, which may be none, in the place that carbon's
// order gives it, instead of what it has of that kind.
func appendTagged(dst, line, tag []byte) []byte {
	end := bytes.IndexByte(line, ' ')
	next := tagEnd(line[:end], 0)
	dst = append(dst, line[:next]...)
	for i := next; i < end; i = next {
		next = tagEnd(line[:end], i+1)
		t := line[i:next]
		if bytes.HasPrefix(t, []byte(tenantTag)) {
			continue
		}
		if tag != nil && bytes.Compare(t, []byte(tenantTag)) > 0 {
			dst, tag = append(dst, tag...), nil
		}
		dst = append(dst, t...)
	}
	dst = append(dst, tag...)
	return append(dst, line[end:]...)
}

// tagEnd returns where in name the next tag begins, at from or later: at its end if
// there is none.
func tagEnd(name []byte, from int) int {
	if i := bytes.IndexByte(name[from:], ';'); i >= 0 {
		return from + i
	}
	return len(name)
}

// appendUnreadable appends line with the first node of its name made unreadable.
func appendUnreadable(dst, line []byte) []byte {
	node := line[:bytes.IndexAny(line, ".; ")]
	sum := sha256.Sum256(node)
	dst = append(dst, "key-"...)
	dst = hex.AppendEncode(dst, sum[:4])
	return append(dst, line[len(node):]...)
}
