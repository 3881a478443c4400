package nats

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// mostCuts bounds what is remembered of what was published: the duplicates of more are
// out of any stream's window.
const mostCuts = 2048

// cut is a stretch of the queue that was published together: the points from, up to
// but without end.
type cut struct{ from, end uint64 }

// cuts remembers in which stretches points were published, so that they are published
// again in the same ones, and so under the same ids: after a connection was lost, and
// after a restart. One goroutine at a time uses it.
type cuts struct {
	nonce string // tells this queue's ids from all others'
	list  []cut
	notes *notes
}

const cutsHead = "plumbago nats 1 "

// openCuts remembers in the folder dir what destination dest published.
func openCuts(dir, dest string) (*cuts, error) {
	path := ""
	if dir != "" {
		path = filepath.Join(dir, dest+".published")
	}
	n, lines, err := openNotes(path, cutsHead, mostCuts)
	if err != nil {
		return nil, err
	}
	c := &cuts{notes: n}
	for _, l := range lines {
		var one cut
		if _, err := fmt.Sscanf(l, "%d %d", &one.from, &one.end); err == nil && one.from < one.end {
			c.list = append(c.list, one)
		}
	}
	c.nonce = strings.TrimPrefix(n.head, cutsHead)
	if len(c.nonce) != 2*nonceBytes {
		var fresh [nonceBytes]byte
		rand.Read(fresh[:])
		c.nonce, c.list = hex.EncodeToString(fresh[:]), nil
		n.head = cutsHead + c.nonce
	}
	return c, nil
}

const nonceBytes = 12

// endOf returns where a stretch is to end that begins with the point at: where one ended
// before that had it, and then it comes again; or else where the next one began. 0 is
// anywhere.
func (c *cuts) endOf(at uint64) (end uint64, again bool) {
	next := uint64(0)
	for _, k := range slices.Backward(c.list) {
		switch {
		case k.from == at:
			return k.end, true
		case end == 0 && k.from < at && at < k.end:
			end = k.end
		case k.from > at && (next == 0 || k.from < next):
			next = k.from
		}
	}
	if end > 0 {
		return end, true
	}
	return next, false
}

// note remembers a stretch before it is published.
func (c *cuts) note(from, end uint64) error {
	if i := slices.Index(c.list, cut{from, end}); i >= 0 {
		return nil
	}
	c.list = append(c.list, cut{from, end})
	if len(c.list) > 2*mostCuts {
		c.list = slices.Delete(c.list, 0, len(c.list)-mostCuts)
	}
	return c.notes.add(fmt.Sprintf("%d %d\n", from, end), 1, c.lines)
}

func (c *cuts) lines() (lines []string) {
	for _, k := range c.list[max(0, len(c.list)-mostCuts):] {
		lines = append(lines, fmt.Sprintf("%d %d", k.from, k.end))
	}
	return lines
}
