package nats

import (
	"bytes"
	"time"
)

// bundle is a stretch of the queue that is published together, sorted by tenant and
// partition.
type bundle struct {
	cut                // end is where the next point goes
	until    uint64    // where it has to end, 0 if anywhere
	first    uint64    // batch sent that it begins with, counted from 1
	due      time.Time // when it goes although it is not full
	bytes    int
	awaited  int // messages that are not acknowledged
	complete bool

	partitions int
	bare       *parts // of nobody
	tenants    map[string]*parts
}

// parts are one tenant's lines by partition.
type parts struct{ lines [][]byte }

func newBundle(partitions int) *bundle {
	return &bundle{partitions: partitions, bare: newParts(partitions), tenants: map[string]*parts{}}
}

func newParts(n int) *parts { return &parts{make([][]byte, n)} }

// of is where the lines of a tenant go.
func (b *bundle) of(tenant string) *parts {
	if tenant == "" {
		return b.bare
	}
	p := b.tenants[tenant]
	if p == nil {
		p = newParts(b.partitions)
		b.tenants[tenant] = p
	}
	return p
}

// add adds lines of one tenant, all of them or the first most, and returns how many
// bytes and points that were.
func (b *bundle) add(p *parts, lines []byte, most uint64) (size int, points uint64) {
	for size < len(lines) && points < most {
		rest := lines[size:]
		name := bytes.IndexByte(rest, ' ')
		end := name + bytes.IndexByte(rest[name:], '\n') + 1
		n := Partition(rest[:name], b.partitions)
		p.lines[n] = append(p.lines[n], rest[:end]...)
		size += end
		points++
	}
	b.bytes += size
	b.end += points
	return size, points
}

// addOwned is add for lines whose names begin with the tenant that they are of, which
// is taken away, if it is one of those known.
func (b *bundle) addOwned(known map[string]bool, lines []byte, most uint64) (size int, points uint64) {
	for size < len(lines) && points < most {
		rest := lines[size:]
		line := rest[:bytes.IndexByte(rest, '\n')+1]
		owner, bare := "", line
		if i := bytes.IndexAny(line, ". "); line[i] == '.' && known[string(line[:i])] {
			owner, bare = string(line[:i]), line[i+1:]
		}
		b.add(b.of(owner), bare, 1)
		b.bytes += len(line) - len(bare)
		size += len(line)
		points++
	}
	return size, points
}

// mostKept is how many bytes of memory a bundle keeps from one use to the next.
const mostKept = 2 * mostBundle

// clear empties the bundle, and gives memory up if it has become much.
func (b *bundle) clear() {
	kept := 0
	for p := range b.all() {
		for i := range p.lines {
			kept += cap(p.lines[i])
			p.lines[i] = p.lines[i][:0]
		}
	}
	bare, tenants := b.bare, b.tenants
	if kept > mostKept || len(tenants) > mostTenants {
		bare, tenants = newParts(b.partitions), map[string]*parts{}
	}
	*b = bundle{partitions: b.partitions, bare: bare, tenants: tenants}
}

// mostTenants is for how many tenants a bundle keeps memory.
const mostTenants = 256

// all yields the parts of each tenant, with the tenant.
func (b *bundle) all() func(yield func(*parts, string) bool) {
	return func(yield func(*parts, string) bool) {
		if !yield(b.bare, "") {
			return
		}
		for tenant, p := range b.tenants {
			if !yield(p, tenant) {
				return
			}
		}
	}
}

// head returns the first of lines, as many as fit into most bytes, and one at least.
func head(lines []byte, most int) []byte {
	if len(lines) <= most {
		return lines
	}
	if i := bytes.LastIndexByte(lines[:most], '\n'); i >= 0 {
		return lines[:i+1]
	}
	return lines[:bytes.IndexByte(lines, '\n')+1]
}
