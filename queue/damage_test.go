package queue_test

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/plumbago/plumbago/internal/durable/durabletest"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/queue"
)

const (
	smallPoints = 40
	smallRecord = 8 // points in each record of small
)

var smallOptions = queue.Options{MaxBytes: 256 << 10, SegmentBytes: 700, BlockBytes: 10 << 10, InOrder: true, FS: durabletest.NoSync()}

// small returns the files of a queue that was closed with smallPoints points in
// several segments of two records.
func small(t testing.TB) map[string][]byte {
	t.Helper()
	dir := t.TempDir()
	q := open(t, dir, smallOptions)
	for i := 0; i < smallPoints; i += smallRecord {
		add(t, q, i, smallRecord)
		if err := q.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, name := range append(segmentNames(t, dir), "cursor") {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = b
	}
	if len(files) != 4 {
		t.Fatalf("got files %v, want 3 segments and a cursor", slices.Collect(maps.Keys(files)))
	}
	return files
}

func segmentNames(t testing.TB, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".seg") {
			names = append(names, e.Name())
		}
	}
	return names
}

// reopen opens a queue made of files, takes everything and returns the points
// and the final state.
func reopen(t testing.TB, dir string, files map[string][]byte) ([]int, queue.Stats) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	os.MkdirAll(dir, 0o755)
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	q, err := queue.Open(dir, smallOptions)
	if err != nil {
		t.Fatal(err)
	}
	q.CloseInput()
	ns := drain(t, q)
	identity(t, q)
	s := q.Stats()
	q.Close()
	if !slices.IsSorted(ns) || len(slices.Compact(slices.Clone(ns))) != len(ns) {
		t.Fatalf("got points %v, want them in order and once", ns)
	}
	return ns, s
}

// expectLoss checks that all is delivered but the points of one record, and that
// these are counted.
func expectLoss(t *testing.T, what string, at int, ns []int, s queue.Stats, from, end int) {
	t.Helper()
	var want []int
	for i := range smallPoints {
		if i < from || i >= end {
			want = append(want, i)
		}
	}
	if !slices.Equal(ns, want) {
		t.Fatalf("%s at %d: got %v, want all but %d to %d", what, at, ns, from, end)
	}
	if lost := s.Dropped[metric.Damaged]; int(lost) != end-from {
		t.Fatalf("%s at %d: got %d points counted as damaged, want %d", what, at, lost, end-from)
	}
}

// recordsOf returns where the records of a segment begin.
func recordsOf(seg []byte) (offs []int) {
	for off := 0; ; {
		i := bytes.Index(seg[off:], []byte("#q1 seq="))
		if i < 0 {
			return offs
		}
		offs = append(offs, off+i)
		off += i + 1
	}
}

func TestAFlippedBitCostsItsRecordOnly(t *testing.T) {
	files, dir := small(t), filepath.Join(memDir(t), "q")
	first := 0
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if name == "cursor" {
			continue
		}
		offs := recordsOf(files[name])
		step := 1
		if testing.Short() {
			step = 7
		}
		for at := 0; at < len(files[name]); at += step {
			damaged := maps.Clone(files)
			damaged[name] = slices.Clone(files[name])
			damaged[name][at] ^= 1 << (at % 8)
			ns, s := reopen(t, dir, damaged)
			hit, _ := slices.BinarySearch(offs, at+1)
			from := first + (hit-1)*smallRecord
			expectLoss(t, name, at, ns, s, from, from+smallRecord)
		}
		first += len(offs) * smallRecord
	}
}

func TestALastSegmentCutAtEveryByteLosesTheCutRecordsOnly(t *testing.T) {
	files, dir := small(t), filepath.Join(memDir(t), "q")
	name := slices.Sorted(maps.Keys(files))[2]
	offs := append(recordsOf(files[name]), len(files[name]))
	first := smallPoints - (len(offs)-1)*smallRecord
	for at := range len(files[name]) {
		cut := maps.Clone(files)
		cut[name] = files[name][:at]
		whole, exact := slices.BinarySearch(offs, at)
		if !exact {
			whole--
		}
		ns, s := reopen(t, dir, cut)
		expectLoss(t, "cut", at, ns, s, first+whole*smallRecord, smallPoints)
		if want := at - offs[whole]; int(s.TornBytes) != want {
			t.Fatalf("cut at %d: got %d torn bytes, want %d", at, s.TornBytes, want)
		}
	}
}

func TestADamagedCursorDeliversEverything(t *testing.T) {
	files, dir := small(t), filepath.Join(memDir(t), "q")
	whole := files["cursor"]
	for at := range whole {
		for _, damaged := range [][]byte{whole[:at], flip(whole, at)} {
			files["cursor"] = damaged
			ns, s := reopen(t, dir, files)
			expectLoss(t, "cursor", at, ns, s, 0, 0)
		}
	}
	delete(files, "cursor")
	ns, s := reopen(t, dir, files)
	expectLoss(t, "no cursor", 0, ns, s, 0, 0)
}

func flip(b []byte, at int) []byte {
	b = slices.Clone(b)
	b[at] ^= 4
	return b
}

func TestMissingSegmentsAreCounted(t *testing.T) {
	files, dir := small(t), filepath.Join(memDir(t), "q")
	names := slices.Sorted(maps.Keys(files))
	for i, span := range [][2]int{{0, 16}, {16, 32}, {32, 40}} {
		some := maps.Clone(files)
		delete(some, names[i])
		ns, s := reopen(t, dir, some)
		expectLoss(t, "missing", i, ns, s, span[0], span[1])
	}
	ns, s := reopen(t, dir, map[string][]byte{"cursor": files["cursor"]})
	expectLoss(t, "all missing", 0, ns, s, 0, smallPoints)
}

func TestForeignFilesAreLeftAlone(t *testing.T) {
	files, dir := small(t), filepath.Join(memDir(t), "q")
	files["notes.txt"] = []byte("mine\n")
	files["123.seg"] = []byte("not a segment's name\n")
	files["+0000000000000000001.seg"] = nil
	ns, s := reopen(t, dir, files)
	expectLoss(t, "foreign", 0, ns, s, 0, 0)
	for _, name := range []string{"notes.txt", "123.seg", "+0000000000000000001.seg"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

func TestADamagedSegmentIsKeptInQuarantine(t *testing.T) {
	files, dir := small(t), filepath.Join(memDir(t), "q")
	name := slices.Sorted(maps.Keys(files))[0]
	files[name] = flip(files[name], 150)
	_, s := reopen(t, dir, files)
	if s.Quarantined != 1 {
		t.Errorf("got %d segments in quarantine, want 1", s.Quarantined)
	}
	kept, err := os.ReadFile(filepath.Join(dir, "quarantine", name))
	if err != nil || !bytes.Equal(kept, files[name]) {
		t.Errorf("quarantine: got error %v and %d bytes, want the damaged segment", err, len(kept))
	}
}

func TestInsertedAndRemovedBytesCostOneRecord(t *testing.T) {
	files, dir := small(t), filepath.Join(memDir(t), "q")
	name := slices.Sorted(maps.Keys(files))[0]
	for at := 0; at < recordsOf(files[name])[1]; at += 5 {
		longer, shorter := maps.Clone(files), maps.Clone(files)
		longer[name] = slices.Insert(slices.Clone(files[name]), at, 'x')
		shorter[name] = slices.Delete(slices.Clone(files[name]), at, at+1)
		ns, s := reopen(t, dir, shorter)
		expectLoss(t, "removed", at, ns, s, 0, smallRecord)
		if ns, s = reopen(t, dir, longer); at > 0 {
			expectLoss(t, "inserted", at, ns, s, 0, smallRecord)
		}
	}
}

func TestACursorMayPointIntoRecords(t *testing.T) {
	files, dir := small(t), filepath.Join(memDir(t), "q")
	body := "plumbago queue cursor 1\nnext 00000000000000000040\nfrom 3 to 13\nfrom 13 to 14\nfrom 21\n"
	files["cursor"] = fmt.Appendf(nil, "%scrc %08x\n", body, crc32.Checksum([]byte(body), crc32.MakeTable(crc32.Castagnoli)))
	ns, s := reopen(t, dir, files)
	var want []int
	for i := range smallPoints {
		if i >= 3 && i < 14 || i >= 21 {
			want = append(want, i)
		}
	}
	if !slices.Equal(ns, want) || s.Recovered != uint64(len(want)) || s.Delivered != s.Recovered {
		t.Errorf("got %v and %+v, want %v", ns, s, want)
	}
}
