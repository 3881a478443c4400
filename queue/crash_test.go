package queue_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plumbago/plumbago/queue"
)

const childEnv = "PLUMBAGO_QUEUE_CHILD"

// fate is what a chain of children has promised so far, in points counted from
// the first.
type fate struct {
	synced   int // Sync returned for them
	released int // Release was about to be called for them
}

// TestKilledAtAnyMoment kills children in mid-append, mid-delivery and
// mid-removal. Each child finds in the queue all that its forerunners' Sync
// confirmed and that was not released, in order and whole.
func TestKilledAtAnyMoment(t *testing.T) {
	kills, chains := 700, 4 // TestWhatIsPromisedSurvives kills some thousand more
	if testing.Short() {
		kills = 60
	}
	var wg sync.WaitGroup
	for chain := range chains {
		wg.Go(func() {
			dir := filepath.Join(memDir(t), "q")
			rng := rand.New(rand.NewPCG(uint64(chain), uint64(time.Now().UnixNano())))
			var f fate
			for range kills / chains {
				if err := f.live(t.Context(), dir, rng); err != nil {
					t.Error(err)
					return
				}
			}
			if f.synced == 0 || f.released == 0 {
				t.Errorf("children came to nothing: %+v", f)
			}
		})
	}
	wg.Wait()
}

// live runs one child for some milliseconds and kills it.
func (f *fate) live(ctx context.Context, dir string, rng *rand.Rand) error {
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+fmt.Sprintf("%s %d %d %d", dir, f.synced, f.released, rng.Uint32()))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	defer cmd.Wait()
	moment := "checked"
	if rng.IntN(4) == 0 {
		moment = "open"
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		word, n := "", 0
		fmt.Sscan(lines.Text(), &word, &n)
		switch word {
		case moment:
			time.AfterFunc(time.Duration(rng.IntN(6000))*time.Microsecond, func() { cmd.Process.Kill() })
		case "open", "checked":
		case "synced":
			f.synced = n
		case "released":
			f.released = n
		default:
			cmd.Process.Kill()
			return fmt.Errorf("child after %+v: %s", *f, lines.Text())
		}
	}
	return nil
}

// child is the process that gets killed; it is false in any other.
func child() bool {
	job := os.Getenv(childEnv)
	if job == "" {
		return false
	}
	var dir string
	var f fate
	var seed uint32
	fmt.Sscan(job, &dir, &f.synced, &f.released, &seed)
	go func() { // a parent that dies must not leave it behind
		time.Sleep(5 * time.Second)
		os.Exit(1)
	}()
	if err := f.runChild(dir, seed); err != nil {
		fmt.Println("broken:", strings.ReplaceAll(err.Error(), "\n", " "))
	}
	return true
}

func (f *fate) runChild(dir string, seed uint32) error {
	o := queue.Options{MaxBytes: 64 << 20, SegmentBytes: 4 << 10, BlockBytes: 2 << 10, InOrder: true, Flush: time.Millisecond}
	q, err := queue.Open(dir, o)
	if err != nil {
		return err
	}
	fmt.Println("open")
	next, err := f.check(q)
	if err != nil {
		return err
	}
	fmt.Println("checked")
	q.Rewind()
	end := next + 600
	if next-f.released > 3000 {
		end = next
	}
	go appendSome(q, next, end, rand.New(rand.NewPCG(0, uint64(seed))))
	if seed%3 == 0 {
		select {} // a dead far end
	}
	return deliverForever(q)
}

// check takes what the queue holds, and returns the number of the next point.
func (f *fate) check(q *queue.Queue) (next int, err error) {
	s := q.Stats()
	first, next := -1, f.released
	for n := uint64(0); n < s.Recovered; {
		b, err := q.Next(context.Background())
		if err != nil {
			return 0, err
		}
		for _, at := range numbers(b) {
			if first >= 0 && at != next {
				return 0, fmt.Errorf("got point %d, want %d", at, next)
			}
			if first < 0 {
				first = at
			}
			next = at + 1
		}
		n += uint64(b.Points)
	}
	if d := q.Stats(); dropped(d) > 0 && first > f.released {
		return 0, fmt.Errorf("dropped %v", d.Dropped)
	}
	if first > f.released {
		return 0, fmt.Errorf("first point is %d, but only those before %d were released", first, f.released)
	}
	if next < f.synced {
		return 0, fmt.Errorf("points end at %d, but those before %d were synced", next, f.synced)
	}
	return next, nil
}

func appendSome(q *queue.Queue, next, end int, rng *rand.Rand) {
	for next < end {
		n := 1 + rng.IntN(40)
		if q.Append(context.Background(), batch(next, n)) != nil {
			return
		}
		next += n
		if rng.IntN(4) == 0 && q.Sync(context.Background()) == nil {
			fmt.Println("synced", next)
		}
	}
}

func deliverForever(q *queue.Queue) error {
	for {
		b, err := q.Next(context.Background())
		if err != nil {
			return err
		}
		ns := numbers(b)
		fmt.Println("released", ns[len(ns)-1]+1)
		q.Acked(b)
		q.Release(b)
	}
}
