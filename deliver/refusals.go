package deliver

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/plumbago/plumbago/internal/durable"
	"github.com/plumbago/plumbago/metric"
)

// maxRefusals bounds the bytes of the points that a destination refused.
const maxRefusals = 16 << 20

// Refusals is a file that keeps the points which a destination refused, with its
// answers, for a person to look at: canonical lines, each block of them behind a
// comment line of time, status and reason. It is bounded: at half of its limit the
// file becomes path.1, in the place of the one before. All its methods may be
// called at once; those of nil keep nothing.
//
// The file is not synced: after a power cut its last points may be missing, and
// are counted all the same.
type Refusals struct {
	path  string
	bound int64 // of each of the two files
	disk  durable.FS

	mu      sync.Mutex
	failing bool // the last Keep did not succeed
}

// OpenRefusals keeps refused points in the file path, 16 MiB of them with those in
// path.1. Both and their folder are made when there is something to keep. With no
// path it returns nil.
func OpenRefusals(path string) *Refusals {
	if path == "" {
		return nil
	}
	return &Refusals{path: path, bound: maxRefusals / 2, disk: durable.OS()}
}

// Keep appends points and why they were refused. An error means that the disk did
// not take them; the points are dropped and counted all the same. While it goes on
// taking nothing, that is not said again. Of a batch as large as the file may be,
// the lines are kept for which there is room.
func (r *Refusals) Keep(b metric.Batch, at time.Time, why string) error {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	err := r.append(r.entry(b.Lines, at, why))
	known := r.failing
	r.failing = err != nil
	if err == nil || known {
		return nil
	}
	return fmt.Errorf("keep refused points: %w", err)
}

// Settle keeps what Halve found refused, logs it if the disk does not take that,
// and returns what Send is to return: an error of Refused, nil if there is nothing.
func (r *Refusals) Settle(refused []Refusal, log *slog.Logger) error {
	if len(refused) == 0 {
		return nil
	}
	points, now := 0, time.Now()
	for _, one := range refused {
		points += one.Points
		if err := r.Keep(one.Batch, now, one.Why.Error()); err != nil {
			log.Warn("refused points are dropped without a trace", "err", err)
		}
	}
	return Refused(points, refused[0].Why)
}

// maxComment bounds a comment line.
const maxComment = 512

// entry returns what is written for lines: what of it a file can hold.
func (r *Refusals) entry(lines []byte, at time.Time, why string) []byte {
	entry := at.UTC().AppendFormat(append(make([]byte, 0, maxComment+len(lines)), "# "...), time.RFC3339)
	entry = append(appendPrintable(append(entry, ' '), why, maxComment-1), '\n')
	entry = append(entry, lines...)
	if int64(len(entry)) > r.bound {
		entry = entry[:bytes.LastIndexByte(entry[:r.bound], '\n')+1]
	}
	return entry
}

// appendPrintable appends text to dst up to a length of most, on one line: what
// cannot be shown is written as Go writes it in a string.
func appendPrintable(dst []byte, text string, most int) []byte {
	for len(text) > 0 {
		r, n := utf8.DecodeRuneInString(text)
		shown := text[:n]
		if !strconv.IsPrint(r) || r == utf8.RuneError && n == 1 {
			quoted := strconv.Quote(shown)
			shown = quoted[1 : len(quoted)-1]
		}
		if len(dst)+len(shown) > most {
			break
		}
		dst, text = append(dst, shown...), text[n:]
	}
	return dst
}

// append writes entry to the end of the file, or to a new one.
func (r *Refusals) append(entry []byte) error {
	f, size, err := r.open()
	if err != nil {
		return err
	}
	if size > 0 && size+int64(len(entry)) > r.bound {
		f.Close()
		if err := r.disk.Rename(r.path, r.path+".1"); err != nil {
			return err
		}
		if f, size, err = r.open(); err != nil {
			return err
		}
	}
	defer f.Close()
	if _, err := f.WriteAt(entry, size); err != nil {
		f.Truncate(size) // or what is half a line looks like a point
		return err
	}
	return nil
}

// open opens the file, and returns how long it is up to its last whole line.
func (r *Refusals) open() (durable.File, int64, error) {
	const flags = os.O_RDWR | os.O_CREATE
	f, err := r.disk.OpenFile(r.path, flags, 0o640)
	if errors.Is(err, fs.ErrNotExist) {
		if err = r.disk.MkdirAll(filepath.Dir(r.path), 0o750); err == nil {
			f, err = r.disk.OpenFile(r.path, flags, 0o640)
		}
	}
	if err != nil {
		return nil, 0, err
	}
	size, err := wholeLines(f)
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, size, nil
}

// wholeLines returns the length of f up to its last line end, and cuts off what
// is behind it: a line that a power cut left unfinished.
func wholeLines(f durable.File) (int64, error) {
	size, err := f.Size()
	if err != nil {
		return 0, err
	}
	whole := size
	for whole > 0 {
		buf := make([]byte, min(whole, 512))
		if _, err := f.ReadAt(buf, whole-int64(len(buf))); err != nil {
			return 0, err
		}
		end := bytes.LastIndexByte(buf, '\n') + 1
		whole -= int64(len(buf) - end)
		if end > 0 {
			break
		}
	}
	if whole < size {
		return whole, f.Truncate(whole)
	}
	return whole, nil
}
