package main

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"time"
)

// A backlog is made of records that are all alike but for their numbers, each as
// long as a gateway's blocks and whole blocks of a file system, so that all of them
// can share their blocks behind the first.
const (
	growthHeader  = 110
	growthBlock   = 4 << 10
	growthRecord  = 256 << 10
	growthSegment = 64 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errNoRoom says that a backlog does not fit on the disk.
var errNoRoom = errors.New("no room for it")

// backlog makes what waits in a queue's folder: see queue/FORMAT.md.
type backlog struct {
	dir     string
	when    time.Time // when the points came
	payload []byte
	points  int // of a record
	crc     uint32
	master  *os.File // a record, to share blocks with; nil where the file system cannot do that
}

// makeBacklog fills the folder of a queue with so many bytes of segments, and
// returns how many points they have.
func makeBacklog(ctx context.Context, dir string, bytes int64) (points int64, err error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return 0, err
	}
	b := &backlog{dir: dir, when: time.Now()}
	b.payload, b.points = growthPayload(growthRecord - growthHeader)
	b.crc = crc32.Checksum(b.payload, castagnoli)
	if err := b.openMaster(); err != nil {
		return 0, err
	}
	defer b.closeMaster()
	for bytes > 0 && ctx.Err() == nil {
		records := (min(bytes, growthSegment) + growthRecord - 1) / growthRecord
		if err := b.segment(points, int(records)); err != nil {
			return 0, err
		}
		points += records * int64(b.points)
		bytes -= records * growthRecord
	}
	return points, errors.Join(ctx.Err(), b.cursor(points))
}

// growthPayload is lines of so many bytes together; the last one's name is as long
// as it takes.
func growthPayload(size int) (lines []byte, points int) {
	n := hostNames(10_000)
	for size-len(lines) > 300 {
		lines = append(n(lines, points*7), fmt.Sprintf(" %d.5 1700000000\n", points)...)
		points++
	}
	lines = append(lines, "last."...)
	for len(lines) < size-len(" 1 1700000000\n") {
		lines = append(lines, 'x')
	}
	return append(lines, " 1 1700000000\n"...), points + 1
}

// record is the first block of the record whose first point has the number seq.
func (b *backlog) record(seq int64) []byte {
	h := fmt.Sprintf("#q1 seq=%020d points=%010d bytes=%010d time=%013d crc=%08x head=",
		seq, b.points, len(b.payload), b.when.UnixMilli(), b.crc)
	h += fmt.Sprintf("%08x\n", crc32.Checksum([]byte(h), castagnoli))
	return append([]byte(h), b.payload[:growthBlock-growthHeader]...)
}

// segment writes a segment of so many records.
func (b *backlog) segment(first int64, records int) error {
	f, err := os.OpenFile(filepath.Join(b.dir, fmt.Sprintf("%020d.seg", first)), os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o640)
	if err != nil {
		return err
	}
	defer f.Close()
	for r := range int64(records) {
		at := r * growthRecord
		if _, err := f.WriteAt(b.record(first+r*int64(b.points)), at); err != nil {
			return err
		}
		if err := b.rest(f, at); err != nil {
			return err
		}
	}
	return f.Sync()
}

// rest puts what is behind a record's first block: the master's, or a copy.
func (b *backlog) rest(f *os.File, at int64) error {
	if b.master == nil {
		_, err := f.WriteAt(b.payload[growthBlock-growthHeader:], at+growthBlock)
		return err
	}
	return cloneRange(f, b.master, span{from: growthBlock, to: at + growthBlock, length: growthRecord - growthBlock})
}

// span is what is shared: so many bytes of one file at a place of another.
type span struct{ from, to, length int64 }

// openMaster makes the file whose blocks are shared, where that can be done.
func (b *backlog) openMaster() error {
	f, err := os.OpenFile(filepath.Join(b.dir, "master"), os.O_CREATE|os.O_RDWR|os.O_TRUNC, 0o640)
	if err != nil {
		return err
	}
	b.master = f
	if _, err := f.WriteAt(append(b.record(0), b.payload[growthBlock-growthHeader:]...), 0); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if cloneRange(f, f, span{from: growthBlock, to: growthRecord, length: growthBlock}) != nil {
		b.closeMaster()
	}
	return nil
}

func (b *backlog) closeMaster() {
	if b.master != nil {
		b.master.Close()
		b.master = nil
	}
	os.Remove(filepath.Join(b.dir, "master"))
}

// cursor says that nothing of it is delivered.
func (b *backlog) cursor(next int64) error {
	text := fmt.Sprintf("plumbago queue cursor 1\nnext %020d\nfrom %020d\n", next, 0)
	text += fmt.Sprintf("crc %08x\n", crc32.Checksum([]byte(text), castagnoli))
	return os.WriteFile(filepath.Join(b.dir, "cursor"), []byte(text), 0o640)
}
