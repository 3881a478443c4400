package whisper_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	store "github.com/plumbago/plumbago/deliver/whisper"
	"github.com/plumbago/plumbago/internal/schema"
)

// golden is what happens to a series: points that come together, one after the other.
type golden struct {
	name   string
	method schema.Method
	rounds []round
}

// round is points that come so long after those before.
type round struct {
	after  time.Duration
	points []point
}

// point is a value so many seconds before it comes.
type point struct {
	ago   int64
	value float64
}

var goldenArchives = []schema.Archive{{Step: 10, Points: 36}, {Step: 60, Points: 30}, {Step: 300, Points: 24}}

func (g golden) schema() *schema.Rules {
	return &schema.Rules{
		Retentions:   []schema.Retention{{Archives: goldenArchives}},
		Aggregations: []schema.Aggregation{{Method: g.method, XFilesFactor: 0.3}},
	}
}

// every is a point each step seconds, oldest first.
func every(step, count int64) (points []point) {
	for i := count - 1; i >= 0; i-- {
		points = append(points, point{i * step, float64(i%7) - 3 + float64(i)/8})
	}
	return points
}

func backwards(points []point) (back []point) {
	for i := range points {
		back = append(back, points[len(points)-1-i])
	}
	return back
}

// histories are what carbon's users do to a series.
func histories() (all []golden) {
	for _, h := range []golden{
		{name: "one point", rounds: []round{{0, every(10, 1)}}},
		{name: "a point every ten seconds", rounds: steady(200)},
		{name: "all at once", rounds: []round{{0, every(10, 700)}}},
		{name: "newest first", rounds: []round{{0, backwards(every(10, 100))}}},
		{name: "out of order", rounds: []round{{0, []point{{50, 1}, {10, 2}, {90, 3}, {0, 4}, {40, 5}}}, {time.Minute, []point{{70, 6}, {5, 7}, {65, 8}}}}},
		{name: "late", rounds: []round{{0, every(10, 30)}, {time.Minute, []point{{400, 7}, {2000, 8}, {7100, 9}}}}},
		{name: "too late", rounds: []round{{0, []point{{7201, 7}, {90000, 8}, {7150, 9}, {0, 1}}}}},
		{name: "overwrites", rounds: []round{{0, every(10, 40)}, {0, []point{{30, 99}, {40, -99}}}, {0, []point{{30, 98}}}}},
		{name: "two values for one time", rounds: []round{{0, []point{{20, 1}, {0, 2}, {20, 3}, {10, 4}, {20, 5}}}}},
		{name: "two times in one step", rounds: []round{{0, []point{{3, 1}, {1, 2}, {2, 3}}}}},
		{name: "gaps", rounds: []round{{0, every(30, 40)}, {time.Hour, every(70, 9)}}},
		{name: "after a month", rounds: []round{{0, every(10, 100)}, {30 * 24 * time.Hour, every(10, 3)}}},
		{name: "the future", rounds: []round{{0, []point{{-5, 1}, {-100, 2}, {-3000, 3}}}}},
		{name: "extremes", rounds: []round{{0, []point{{0, math.MaxFloat64}, {10, -math.MaxFloat64}, {20, 5e-324}, {30, math.Inf(1)}, {40, math.Copysign(0, -1)}}}}},
	} {
		for _, method := range schema.Methods() {
			one := h
			one.method, _ = schema.ParseMethod(method)
			one.name += "/" + method
			all = append(all, one)
		}
	}
	return all
}

// steady is rounds of a point or some, as they come.
func steady(count int) (rounds []round) {
	for n := 0; n < count; {
		some := 1 + n%5
		rounds = append(rounds, round{time.Duration(some) * 10 * time.Second, every(10, int64(some))})
		n += some
	}
	return rounds
}

// file brings a history to a store, through Send, rounds and Close, and returns the
// file that comes of it. What Python is to do is appended to case.
func (g golden) file(t *testing.T, dir string) (file []byte, updates []any) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(25*365*24*time.Hour + 7*time.Second)
		s, err := store.Open(store.Options{Dir: dir, Schemas: g.schema(), FlushEvery: 1000 * time.Hour, Rescan: 1000 * time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		store.OnSync(s, func() error { return nil })
		c := dial(t, s)
		for i, r := range g.rounds {
			time.Sleep(r.after)
			now := time.Now().Unix()
			var lines []string
			for _, p := range r.points {
				lines = append(lines, fmt.Sprintf("a.b %s %d", strconv.FormatFloat(p.value, 'g', -1, 64), now-p.ago))
			}
			send(t, c, batch(lines...))
			updates = append(updates, []any{now, r.asCarbonHas(now)})
			if i == len(g.rounds)-1 {
				break // Close writes it
			}
			store.Press(s)
			synctest.Wait()
			if c.Acked() != uint64(i)+1 {
				t.Fatalf("got %d batches acknowledged after a round, want %d", c.Acked(), i+1)
			}
		}
		closeConn(t, c)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if file, err = os.ReadFile(filepath.Join(dir, "a/b.wsp")); err != nil {
			t.Fatal(err)
		}
	})
	return file, updates
}

// asCarbonHas is the points as carbon's cache has them: the last value of each time.
func (r round) asCarbonHas(now int64) (pairs [][2]any) {
	at := map[int64]int{}
	for _, p := range r.points {
		i, ok := at[p.ago]
		if !ok {
			i = len(pairs)
			at[p.ago], pairs = i, append(pairs, [2]any{})
		}
		pairs[i] = [2]any{now - p.ago, strconv.FormatFloat(p.value, 'x', -1, 64)}
	}
	return pairs
}

// TestFilesAreThoseOfPythonsWhisper gives the same points to a store and to Debian's
// python3-whisper. The files are the same, byte by byte.
func TestFilesAreThoseOfPythonsWhisper(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Log("left out in short mode, as it needs Debian's python3-whisper")
		return
	}
	var cases bytes.Buffer
	var files [][]byte
	all := histories()
	for _, g := range all {
		file, updates := g.file(t, t.TempDir())
		files = append(files, file)
		json.NewEncoder(&cases).Encode(map[string]any{
			"archives": [][2]int64{{10, 36}, {60, 30}, {300, 24}}, "xff": 0.3, "method": g.method.String(), "sparse": true, "updates": updates, "fetches": nil,
		})
	}
	python := exec.Command("/usr/bin/python3", "../../whisper/testdata/oracle.py")
	var stderr bytes.Buffer
	python.Stdin, python.Stderr = &cases, &stderr
	out, err := python.Output()
	if err != nil {
		t.Fatal("python3-whisper of Debian does not answer: ", err, stderr.String())
	}
	answers := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(answers) != len(all) {
		t.Fatalf("got %d answers, want %d", len(answers), len(all))
	}
	for i, g := range all {
		var answer struct{ File string }
		if err := json.Unmarshal([]byte(answers[i]), &answer); err != nil {
			t.Fatal(err)
		}
		want, _ := hex.DecodeString(answer.File)
		if len(want) == 0 || !bytes.Equal(files[i], want) {
			t.Errorf("%s: got a file of %d bytes that differs from byte %d on, want %d bytes", g.name, len(files[i]), differ(files[i], want), len(want))
		}
	}
}

func differ(a, b []byte) (at int) {
	for at < min(len(a), len(b)) && a[at] == b[at] {
		at++
	}
	return at
}
