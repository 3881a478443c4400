package whisper_test

import (
	"bufio"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	store "github.com/plumbago/plumbago/deliver/whisper"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/render"
	"github.com/plumbago/plumbago/whisper"
)

// childVariable tells a test process that it is the one to be killed, and where its
// files are, which batch comes first and which time its points have.
const childVariable = "PLUMBAGO_WHISPER_CHILD"

func TestMain(m *testing.M) {
	if v := os.Getenv(childVariable); v != "" {
		runChild(strings.Fields(v))
		return
	}
	os.Exit(m.Run())
}

const crashSeries = 20

// crashBatch is batch n: a point for each of some series, and for one that is new.
func crashBatch(n, base int64) metric.Batch {
	var lines []string
	for i := range crashSeries {
		lines = append(lines, fmt.Sprintf("old.s%d %d %d", i, n, base+10*n))
	}
	lines = append(lines, fmt.Sprintf("new.n%d.x %d %d", n, n, base+10*n), fmt.Sprintf("new;n=%d %d %d", n, n, base+10*n))
	return batch(lines...)
}

// runChild writes batch after batch, and says how many are acknowledged.
func runChild(args []string) {
	next, _ := strconv.ParseInt(args[1], 10, 64)
	base, _ := strconv.ParseInt(args[2], 10, 64)
	s, err := store.Open(store.Options{Dir: args[0], Schemas: rules(), FlushEvery: time.Millisecond})
	if err != nil {
		panic(err)
	}
	c, err := s.Dial(context.Background())
	if err != nil {
		panic(err)
	}
	first := next
	fmt.Println(first)
	go func() {
		for told := uint64(0); ; time.Sleep(time.Millisecond) {
			if n := c.Acked(); n != told {
				told = n
				fmt.Println(first + int64(n))
			}
		}
	}()
	for ; next < first+mostBatches; next++ {
		if err := c.Send(context.Background(), crashBatch(next, base)); err != nil {
			panic(err)
		}
	}
	select {} // to be killed
}

// killsVariable is how many children are killed.
const killsVariable = "PLUMBAGO_WHISPER_KILLS"

// TestKilledInTheMiddleOfWriting kills children, and each time looks at what they
// left.
func TestKilledInTheMiddleOfWriting(t *testing.T) {
	t.Parallel()
	kills, chains := 200, 4
	if n, err := strconv.Atoi(os.Getenv(killsVariable)); err == nil {
		kills = n
	} else if testing.Short() {
		kills = 40
	}
	var all sync.WaitGroup
	for range chains {
		all.Go(func() { killChain(t, kills/chains) })
	}
	all.Wait()
}

// mostBatches is where a chain begins anew.
const mostBatches = 60

// killChain kills one child after the other, each of which goes on where the one
// before was.
func killChain(t *testing.T, kills int) {
	dir, acked, all := t.TempDir(), int64(0), int64(0)
	base := time.Now().Unix() - 3500
	base -= base % 10
	for kill := range kills {
		before := acked
		acked = killOne(t, dir, acked, base)
		all += acked - before
		checkCrash(t, dir, acked, base)
		if t.Failed() {
			t.Errorf("after kill %d, with %d batches acknowledged", kill, acked)
			return
		}
		if acked >= mostBatches {
			dir, acked = t.TempDir(), 0
		}
	}
	if all < int64(kills)/2 {
		t.Errorf("got %d batches acknowledged in all, want some", all)
	}
}

// killOne lets a process go on from batch acked on and kills it. It returns how many
// batches are acknowledged.
func killOne(t *testing.T, dir string, acked, base int64) int64 {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d %d", childVariable, dir, acked, base))
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Error(err)
		return acked
	}
	kill := sync.OnceFunc(func() {
		time.AfterFunc(time.Duration(rand.IntN(12_000))*time.Microsecond, func() { cmd.Process.Kill() })
	})
	if rand.IntN(4) == 0 {
		kill() // perhaps before it is ready
	}
	for lines := bufio.NewScanner(out); lines.Scan(); kill() {
		if n, err := strconv.ParseInt(lines.Text(), 10, 64); err == nil {
			acked = n
		}
	}
	cmd.Wait()
	return acked
}

// checkCrash holds that every file can be read, and that all that was acknowledged is
// in them.
func checkCrash(t *testing.T, dir string, acked, base int64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".wsp") {
			return err
		}
		f, err := whisper.Open(path)
		if err == nil {
			f.Close()
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	s, err := store.Open(store.Options{Dir: dir, Schemas: rules()})
	if err != nil {
		t.Error(err)
		return
	}
	defer s.Close()
	now := time.Now().Unix()
	want := map[string][]float64{} // at least these values, the first of them
	for n := range acked {
		for i := range crashSeries {
			name := fmt.Sprintf("old.s%d", i)
			want[name] = append(want[name], float64(n))
		}
		want[fmt.Sprintf("new.n%d.x", n)] = []float64{float64(n)}
		want[fmt.Sprintf("new;n=%d", n)] = []float64{float64(n)}
	}
	all, err := s.Fetch(t.Context(), slices.Collect(maps.Keys(want)), render.Range{From: base - 1, Until: now, Now: now})
	if err != nil || len(all) != len(want) {
		t.Errorf("got %d series and error %v, want %d", len(all), err, len(want))
	}
	for _, one := range all {
		if got, want := known(one), want[one.Name]; len(got) < len(want) || !slices.Equal(got[:len(want)], want) {
			t.Errorf("%s: got %v, want at least %v", one.Name, got, want)
		}
	}
	<-store.Indexed(s)
	if tagged, _ := s.Tagged(t.Context(), exprs(t, "name=new"), many); int64(len(tagged)) < acked {
		t.Errorf("got %d tagged series, want %d", len(tagged), acked)
	}
}
