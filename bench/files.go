package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// filesSettings are the settings of the files' role, which counts the points of a
// stream in Whisper files.
type filesSettings struct {
	Folder         string
	Series, Points int
	Epoch          int
}

// runFiles obeys until its input ends.
func runFiles(set filesSettings, in io.Reader, out io.Writer) error {
	f := files{folder: set.Folder, stream: newStream(set.Series).from(set.Epoch), points: set.Points}
	return obey(in, out, f.obey)
}

// files is a folder that a stream is written to. Counting is to cost little while
// the stream is written: it goes from series to series, and no further than to the
// first that lacks a point.
type files struct {
	folder string
	stream stream
	points int

	whole int // series in order that have all their points
	count count
}

// countTime bounds how long counting keeps the machine busy.
const countTime = 100 * time.Millisecond

func (f *files) obey(word string) (sinkAnswer, error) {
	switch word {
	case "count":
		f.goOn(time.Now().Add(countTime))
	case "there":
		return sinkAnswer{Count: count{Unique: f.there()}}, nil
	case "final":
		f.goOn(time.Now().Add(time.Minute))
		return sinkAnswer{Count: f.all()}, nil
	default:
		return sinkAnswer{}, fmt.Errorf("obey %q: no such word for files", word)
	}
	return sinkAnswer{Count: f.count}, nil
}

// there is how many series have a file.
func (f *files) there() (n int64) {
	for i := range f.stream.names {
		if _, err := os.Stat(f.path(i)); err == nil {
			n++
		}
	}
	return n
}

func (f *files) path(series int) string {
	return filepath.Join(f.folder, strings.ReplaceAll(f.stream.names[series], ".", "/")+".wsp")
}

// goOn counts series that are whole.
func (f *files) goOn(until time.Time) {
	for f.whole < len(f.stream.names) && time.Now().Before(until) {
		n := f.in(f.whole)
		if n < f.expected(f.whole) {
			return
		}
		f.whole++
		f.count.Unique += int64(n)
		f.count.Last = time.Now().UnixNano()
	}
}

// all counts the points of the other series too.
func (f *files) all() count {
	c := f.count
	for i := f.whole; i < len(f.stream.names); i++ {
		c.Unique += int64(f.in(i))
	}
	return c
}

// expected is how many points of the stream belong to a series.
func (f *files) expected(series int) int {
	return (f.points - series + len(f.stream.names) - 1) / len(f.stream.names)
}

// in is how many points of a series are in its file, with their values.
func (f *files) in(series int) (n int) {
	archive, step := finest(f.path(series))
	if len(archive) == 0 {
		return 0
	}
	first := int(binary.BigEndian.Uint32(archive))
	slots := len(archive) / 12
	for number := series; number < f.points && first > 0; number += len(f.stream.names) {
		time := f.stream.time(number)
		at := ((time-first)/step%slots + slots) % slots * 12
		found := math.Float64frombits(binary.BigEndian.Uint64(archive[at+4:]))
		if int(binary.BigEndian.Uint32(archive[at:])) == time && found == value(number) {
			n++
		}
	}
	return n
}

// finest reads the first archive of a Whisper file: nothing if there is none.
func finest(path string) (archive []byte, step int) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0
	}
	defer f.Close()
	header := make([]byte, 28) // of the file, and of its first archive
	if _, err := io.ReadFull(f, header); err != nil {
		return nil, 0
	}
	word := func(at int) int { return int(binary.BigEndian.Uint32(header[at:])) }
	archive = make([]byte, 12*word(24))
	if _, err := f.ReadAt(archive, int64(word(16))); err != nil {
		return nil, 0
	}
	return archive, max(1, word(20))
}
