package whisper_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"github.com/plumbago/plumbago/internal/schema"
	"github.com/plumbago/plumbago/whisper"
)

const now = 1700000003

// do is what ask does, by this package.
func do(t fataler, path string, s scenario) (o outcome) {
	t.Helper()
	err := whisper.Create(path, s.schema(), whisper.Sparse)
	if err != nil {
		return outcome{Err: "invalid"}
	}
	f, err := whisper.OpenWrite(path, whisper.Unlocked)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, u := range s.Updates {
		if _, err := f.Update(u.plain(), u.now); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range s.Fetches {
		o.Fetched = append(o.Fetched, fetch(f, r))
	}
	if o.File, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	return o
}

func (s scenario) schema() schema.Schema {
	m, _ := schema.ParseMethod(s.Method)
	out := schema.Schema{XFilesFactor: s.XFF, Method: m}
	for _, a := range s.Archives {
		out.Archives = append(out.Archives, schema.Archive{Step: a[0], Points: a[1]})
	}
	schema.Sort(out.Archives)
	return out
}

func (u update) plain() (points []whisper.Point) {
	for _, p := range u.points {
		points = append(points, whisper.Point{Time: p.t, Value: p.v})
	}
	return points
}

func fetch(f *whisper.File, r [3]int64) (out fetched) {
	s, err := f.Fetch(whisper.Range{From: r[0], Until: r[1], Now: r[2]})
	if err != nil {
		return fetched{Err: true}
	}
	out.Time = [3]int64{s.From, s.Until, s.Step}
	for _, v := range s.Values {
		out.Values = append(out.Values, hexFloat(v))
	}
	return out
}

// compare tells how got differs from want, "" if it does not.
func compare(got, want outcome) string {
	switch {
	case got.Err != want.Err:
		return fmt.Sprintf("got error %q, want %q", got.Err, want.Err)
	case len(got.File) != len(want.File):
		return fmt.Sprintf("got a file of %d bytes, want %d", len(got.File), len(want.File))
	case !bytes.Equal(got.File, want.File):
		i := 0
		for got.File[i] == want.File[i] {
			i++
		}
		return fmt.Sprintf("the files differ at byte %d: got %x, want %x", i, tail(got.File, i), tail(want.File, i))
	}
	for i := range want.Fetched {
		if g, w := fmt.Sprint(got.Fetched[i]), fmt.Sprint(want.Fetched[i]); g != w {
			return fmt.Sprintf("fetch %d: got %s, want %s", i, g, w)
		}
	}
	return ""
}

func tail(b []byte, from int) []byte { return b[from:min(len(b), from+24)] }

func check(t *testing.T, s scenario) {
	t.Helper()
	got, want := do(t, filepath.Join(t.TempDir(), "x.wsp"), s), ask(t, s)
	if diff := compare(got, want); diff != "" {
		t.Error(diff)
	}
}

var archives = [][2]int64{{10, 36}, {60, 30}, {300, 24}}

// everywhere is times to be read: of each archive, over its borders, and none.
var everywhere = [][3]int64{
	{now - 100, now, now}, {now - 360, now, now}, {now - 361, now, now}, {now - 1000, now - 300, now},
	{now - 1801, now, now}, {now - 7200, now, now}, {now - 9000, now + 50, now}, {now, now, now},
	{now - 10, now - 10, now}, {now + 10, now + 20, now}, {now - 9000, now - 8000, now}, {now, now - 1, now},
	{now - 60, now, now + 3000},
}

// rising is a point every step seconds before now, oldest first.
func rising(count, step int64) (points []pair) {
	for i := count - 1; i >= 0; i-- {
		points = append(points, pair{now - i*step, float64(i%7) - 3 + float64(i)/8})
	}
	return points
}

func TestUpdateWritesWhatWhisperWrites(t *testing.T) {
	needOracle(t)
	for _, c := range []struct {
		name    string
		xff     float64
		updates []update
	}{
		{"nothing", 0.5, nil},
		{"one point", 0, []update{{now, []pair{{now, 1.5}}}}},
		{"one point that is too little to roll up", 0.5, []update{{now, []pair{{now, 1.5}}}}},
		{"a full archive at once", 0.5, []update{{now, rising(36, 10)}}},
		{"more than the first archive holds", 0.5, []update{{now, rising(60, 10)}}},
		{"all archives", 0.3, []update{{now, rising(700, 10)}}},
		{"one by one", 0.5, oneByOne(rising(100, 10))},
		{"newest first", 0.5, []update{{now, reversed(rising(100, 10))}}},
		{"late points", 0.5, []update{{now, rising(5, 10)}, {now, []pair{{now - 400, 7}, {now - 2000, 8}, {now - 7100, 9}}}}},
		{"points that no archive covers", 0, []update{{now, []pair{{now - 7201, 7}, {now - 90000, 8}, {now - 7200, 9}}}}},
		{"the same times again", 0, []update{{now, rising(20, 10)}, {now, []pair{{now - 30, 99}, {now - 40, -99}}}}},
		{"two values for one time", 0, []update{{now, []pair{{now, 1}, {now, 2}, {now - 10, 3}, {now, 4}}}}},
		{"two times in one interval", 0, []update{{now, []pair{{now - 1, 1}, {now, 2}, {now - 2, 3}}}}},
		{"gaps", 0.2, []update{{now, rising(40, 30)}, {now, rising(9, 70)}}},
		{"the future", 0, []update{{now, []pair{{now + 5, 1}, {now + 100, 2}, {now + 3000, 3}}}}},
		{"from end to end of the first archive", 0, []update{{now, []pair{{now - 360, 1}, {now, 2}}}, {now, rising(37, 10)}}},
		{"a year later", 0.5, []update{{now, rising(100, 10)}, {now + 365*86400, []pair{{now + 365*86400, 4}}}}},
		{"large and small", 0, []update{{now, []pair{{now, math.MaxFloat64}, {now - 10, -math.MaxFloat64}, {now - 20, 5e-324}, {now - 30, math.Copysign(0, -1)}}}}},
		{"zeros of both signs", 0, []update{{now, []pair{{now - 10, 0}, {now, math.Copysign(0, -1)}, {now - 60, math.Copysign(0, -1)}, {now - 70, 0}}}}},
		{"infinite", 0, []update{{now, []pair{{now, math.Inf(1)}, {now - 10, 3}, {now - 100, math.Inf(-1)}}}}},
	} {
		for _, method := range schema.Methods() {
			t.Run(c.name+"/"+method, func(t *testing.T) {
				check(t, scenario{archives, c.xff, method, false, c.updates, everywhere})
			})
		}
	}
}

func oneByOne(points []pair) (updates []update) {
	for _, p := range points {
		updates = append(updates, update{p.t, []pair{p}})
	}
	return updates
}

func reversed(points []pair) (back []pair) {
	for _, p := range points {
		back = append([]pair{p}, back...)
	}
	return back
}

func TestCreateLaysOutWhatWhisperLaysOut(t *testing.T) {
	needOracle(t)
	for _, c := range []struct {
		name     string
		archives [][2]int64
		xff      float64
	}{
		{"one", [][2]int64{{60, 1440}}, 0.5},
		{"in any order", [][2]int64{{60, 100}, {1, 120}}, 0.1},
		{"five", [][2]int64{{1, 10}, {2, 10}, {4, 10}, {8, 10}, {16, 10}}, 1},
		{"the same step twice", [][2]int64{{60, 100}, {60, 200}}, 0},
		{"steps that do not divide", [][2]int64{{60, 100}, {90, 200}}, 0},
		{"less time in the coarser", [][2]int64{{60, 100}, {120, 40}}, 0},
		{"too few to consolidate", [][2]int64{{10, 5}, {100, 100}}, 0},
		{"none", nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := scenario{Archives: c.archives, XFF: c.xff, Method: "sum"}
			check(t, s)
			s.Sparse = true
			check(t, s)
		})
	}
}

// scenarios draws what could happen to a file.
func scenarios(t *rapid.T) scenario {
	layouts := [][][2]int64{archives, {{1, 60}, {5, 24}, {60, 20}}, {{60, 20}}, {{10, 12}, {60, 6}}, {{7, 31}, {49, 12}}}
	s := scenario{
		Archives: rapid.SampledFrom(layouts).Draw(t, "archives"),
		XFF:      rapid.SampledFrom([]float64{0, 0.1, 0.3, 0.5, 0.99, 1}).Draw(t, "xff"),
		Method:   rapid.SampledFrom(schema.Methods()).Draw(t, "method"),
	}
	at := int64(now)
	point := rapid.Custom(func(t *rapid.T) pair {
		age := rapid.OneOf(rapid.Int64Range(-20, 100), rapid.Int64Range(-200, 8000)).Draw(t, "age")
		return pair{at - age, rapid.OneOf(rapid.Float64Range(-1e6, 1e6), rapid.Just(0.0), rapid.Just(math.Inf(1))).Draw(t, "value")}
	})
	for range rapid.IntRange(1, 12).Draw(t, "updates") {
		at += rapid.SampledFrom([]int64{0, 1, 10, 59, 600, 100000}).Draw(t, "later")
		s.Updates = append(s.Updates, update{at, rapid.SliceOfN(point, 1, 50).Draw(t, "points")})
	}
	for range 6 {
		from, long := rapid.Int64Range(-50, 9000).Draw(t, "from"), rapid.Int64Range(0, 9000).Draw(t, "long")
		s.Fetches = append(s.Fetches, [3]int64{at - from, at - from + long, at})
	}
	return s
}

func TestRandomScenarios(t *testing.T) {
	needOracle(t)
	dir, n := t.TempDir(), 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		s := scenarios(t)
		got, want := do(t, filepath.Join(dir, fmt.Sprint(n)), s), ask(t, s)
		if diff := compare(got, want); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestCreateTouchesNoFileThatIsThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.wsp")
	s := scenario{Archives: archives, Method: "sum"}.schema()
	if err := whisper.Create(path, s, whisper.Reserved); err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadFile(path)
	if err := whisper.Create(path, s, whisper.Sparse); !errors.Is(err, os.ErrExist) {
		t.Errorf("got %v, want that it exists", err)
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(before, after) || len(after) != 16+36+(36+30+24)*12 {
		t.Errorf("got %d bytes, want the %d of before", len(after), len(before))
	}
}

func TestUpdateStaysInItsArchive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.wsp")
	s := scenario{Archives: archives, Method: "sum", XFF: 1}
	var future []pair
	for i := range int64(100) {
		future = append(future, pair{now + 10*i, float64(i)})
	}
	s.Updates = []update{{now, []pair{{now, 1}}}, {now, future}}
	s.Fetches = [][3]int64{{now + 630, now + 990, now + 990}}
	got := do(t, path, s)
	for i, v := range got.Fetched[0].Values {
		if v != hexFloat(64+i) {
			t.Errorf("got %v as value %d, want %d", v, i, 64+i)
		}
	}
	f, err := whisper.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sums, err := f.Fetch(whisper.Range{From: now + 300, Until: now + 900, Now: now + 1200})
	if err != nil || sums.Step != 60 {
		t.Fatalf("got %v and error %v, want values of a minute", sums, err)
	}
	for i, v := range sums.Values {
		if want := float64(6*(34+6*i) + 15); i >= 5 && v != want || i < 5 && !math.IsNaN(v) {
			t.Errorf("got %v as sum %d, want %v", v, i, want)
		}
	}
}
