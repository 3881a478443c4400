package queue

import (
	"errors"
	"os"
	"sort"
	"strings"
)

// spendReserve frees the space kept aside. It is false if that is gone already.
func (q *Queue) spendReserve() bool {
	if q.o.FS.Remove(q.path(reserveName)) != nil {
		return false
	}
	q.reserved = false
	q.o.Logger.Error("disk is full: the queue's reserve is used to go on delivering")
	return true
}

// keepReserve sets space aside, if there is enough of it.
func (q *Queue) keepReserve() {
	q.keepMu.Lock()
	defer q.keepMu.Unlock()
	if q.reserved {
		return
	}
	size := q.o.reserveBytes()
	free, err := q.o.FS.Free(q.dir)
	if err != nil || free < 4*uint64(size) {
		return
	}
	if err := q.writeReserve(size); err != nil {
		q.o.FS.Remove(q.path(reserveName))
		return
	}
	q.reserved = true
}

func (q *Queue) writeReserve(size int) error {
	f, err := q.o.FS.OpenFile(q.path(reserveName), os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return err
	}
	defer f.Close()
	if have, err := f.Size(); err == nil && have >= int64(size) {
		return nil
	}
	// Bytes that are not zero: a file system may keep no space for zeros.
	fill := []byte(strings.Repeat("reserve\n", 64<<10/8))
	for off := 0; off < size; off += len(fill) {
		if _, err := f.WriteAt(fill[:min(len(fill), size-off)], int64(off)); err != nil {
			return err
		}
	}
	return f.Datasync()
}

// quarantine keeps a damaged segment for a person to look at. It stays in use
// as well, for what can still be read of it.
func (q *Queue) quarantine(name string, s *scanner) {
	q.mu.Lock()
	known := q.damagedNames[name]
	q.damagedNames[name] = true
	if !known {
		q.quarantined++
	}
	q.mu.Unlock()
	if known {
		return
	}
	err := errors.Join(q.o.FS.MkdirAll(q.path(damagedDir), 0o750),
		q.o.FS.Link(q.path(name), q.path(damagedDir+"/"+name)))
	if errors.Is(err, os.ErrExist) {
		err = nil
	}
	q.o.Logger.Error("segment is damaged: kept in quarantine, the rest of it is delivered",
		"file", name, "offset", s.damageAt, "why", s.damage, "err", err)
}

// trimQuarantine removes the oldest damaged segments: they must not fill the disk.
func (q *Queue) trimQuarantine() {
	entries, err := q.o.FS.ReadDir(q.path(damagedDir))
	if err != nil || len(entries) <= maxQuarantined {
		return
	}
	var names []string
	for _, e := range entries {
		if _, ok := parseSegmentName(e.Name()); ok {
			names = append(names, e.Name())
		}
	}
	sort.Strings(names)
	for _, name := range names[:max(0, len(names)-maxQuarantined)] {
		q.o.FS.Remove(q.path(damagedDir + "/" + name))
	}
}
