package nats

import (
	"fmt"
	"hash/crc32"
	"slices"
	"strconv"
	"strings"

	"github.com/plumbago/plumbago/internal/hashring"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Partition returns which of so many shares a name belongs to, for ever: its CRC-32C
// times 0x9e3779b1, of which the lower 32 bits count, as a fraction of 2³².
func Partition(name []byte, partitions int) int {
	h := crc32.Checksum(name, castagnoli) * 0x9e3779b1
	return int(uint64(h) * uint64(partitions) >> 32)
}

// Shares are some of the partitions, in order; none means all of them, taken from one
// consumer that is shared with any number of others.
type Shares []int

// ParseShares reads shares like 0-31 or 0-3,8.
func ParseShares(text string, partitions int) (Shares, error) {
	var s Shares
	for part := range strings.SplitSeq(text, ",") {
		from, to, isRange := strings.Cut(strings.TrimSpace(part), "-")
		if !isRange {
			to = from
		}
		first, err1 := strconv.ParseUint(from, 10, 16)
		last, err2 := strconv.ParseUint(to, 10, 16)
		if err1 != nil || err2 != nil || first > last {
			return nil, fmt.Errorf("want partitions like 0-31, or 0-3,8, got %q", text)
		}
		if int(last) >= partitions {
			return nil, fmt.Errorf("there is no partition %d: they are 0 to %d", last, partitions-1)
		}
		for p := first; p <= last; p++ {
			s = append(s, int(p))
		}
	}
	slices.Sort(s)
	return slices.Compact(s), nil
}

// ParseWorker reads the shares of a worker like 2 of 8: see SharesOf.
func ParseWorker(text string, partitions int) (Shares, error) {
	number, of, ok := strings.Cut(text, " of ")
	n, err1 := strconv.ParseUint(strings.TrimSpace(number), 10, 16)
	workers, err2 := strconv.ParseUint(strings.TrimSpace(of), 10, 16)
	if !ok || err1 != nil || err2 != nil || n < 1 || n > workers {
		return nil, fmt.Errorf("want a worker like 2 of 8, got %q", text)
	}
	s := SharesOf(int(n), int(workers), partitions)
	if len(s) == 0 {
		return nil, fmt.Errorf("%q gets none of %d partitions: there are too many workers for them", text, partitions)
	}
	return s, nil
}

// SharesOf returns the partitions of worker n, counted from 1, of so many, by jump
// consistent hashing: a worker that is added takes its partitions from all others, and
// none moves between those.
func SharesOf(n, workers, partitions int) Shares {
	nodes := make([]hashring.Node, workers)
	for i := range nodes {
		nodes[i].Host = strconv.Itoa(i)
	}
	ring, err := hashring.New(hashring.Jump, nodes, hashring.Options{})
	if err != nil {
		panic(err) // the nodes differ
	}
	var s Shares
	var pick []int
	for p := range partitions {
		if pick = ring.Pick(pick[:0], strconv.AppendInt(nil, int64(p), 10)); pick[0] == n-1 {
			s = append(s, p)
		}
	}
	return s
}
