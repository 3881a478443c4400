package deliver_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/metric"
)

// picky is a far end that refuses a batch with a line of those that it does not
// like, and is busy at one request.
type picky struct {
	bad      map[string]string // line: answer
	busyAt   int               // counted from 1; 0: never
	requests int
	took     []string
}

var errBusy = errors.New("busy")

func (p *picky) send(b metric.Batch) error {
	p.requests++
	if p.requests == p.busyAt {
		return errBusy
	}
	lines := linesOf(b)
	for _, l := range lines {
		if why, bad := p.bad[l]; bad {
			return deliver.Permanent(errors.New(why))
		}
	}
	p.took = append(p.took, lines...)
	return nil
}

// linesOf returns the lines of b, and one that says so if their number is wrong.
func linesOf(b metric.Batch) []string {
	lines := slices.Collect(strings.Lines(string(b.Lines)))
	if len(lines) != b.Points {
		lines = append(lines, fmt.Sprintf("%d points in %d lines", b.Points, len(lines)))
	}
	return lines
}

// TestHalveFindsWhatIsRefused lets rapid look for a batch of which a line is lost,
// comes out of its order, or takes too many requests.
func TestHalveFindsWhatIsRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := &picky{bad: map[string]string{}, busyAt: rapid.IntRange(0, 40).Draw(t, "busy at")}
		var all metric.Batch
		var good, bad []string
		n := rapid.IntRange(1, 200).Draw(t, "lines")
		often := rapid.IntRange(1, 50).Draw(t, "one bad in")
		for i := range n {
			line := fmt.Sprintf("name%s.%d 1 1\n", strings.Repeat("x", rapid.IntRange(0, 9).Draw(t, "long")), i)
			if rapid.IntRange(1, often).Draw(t, "bad") == 1 {
				p.bad[line] = rapid.SampledFrom([]string{"no", "never"}).Draw(t, "why")
				bad = append(bad, line)
			} else {
				good = append(good, line)
			}
			all.Lines, all.Points = append(all.Lines, line...), i+1
		}

		refused, err := deliver.Halve(all, p.send)
		if p.busyAt > 0 && p.requests >= p.busyAt {
			if !errors.Is(err, errBusy) || refused != nil || p.requests != p.busyAt {
				t.Fatalf("got %v, %v after %d requests; want nothing but that the far end was busy at %d", refused, err, p.requests, p.busyAt)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(p.took, good) {
			t.Fatalf("got %q taken, want %q", p.took, good)
		}
		checkRefused(t, p, refused, bad)
		k := len(bad)
		most := min(2*n-1, 1+2*k*int(math.Ceil(math.Log2(float64(n)))))
		if p.requests > most {
			t.Fatalf("got %d requests for %d bad lines of %d, want at most %d", p.requests, k, n, most)
		}
	})
}

// checkRefused checks that refused is all of bad with the right answers, in as few
// pieces as can be.
func checkRefused(t *rapid.T, p *picky, refused []deliver.Refusal, bad []string) {
	var got []string
	for i, r := range refused {
		for _, line := range linesOf(r.Batch) {
			got = append(got, line)
			if p.bad[line] != r.Why.Error() {
				t.Fatalf("got %q refused with %q, want %q", line, r.Why, p.bad[line])
			}
		}
		if i == 0 {
			continue
		}
		before := refused[i-1]
		together := cap(before.Lines)-len(before.Lines) == cap(r.Lines)
		if together && before.Why.Error() == r.Why.Error() {
			t.Fatalf("got two refusals of lines that follow each other with the same answer")
		}
	}
	if !slices.Equal(got, bad) {
		t.Fatalf("got %q refused, want %q", got, bad)
	}
}

func TestHalveLeavesTheBatchAsItWas(t *testing.T) {
	lines := "a 1 1\nb 1 1\nc 1 1\n"
	b := batch(lines, 3)
	p := &picky{bad: map[string]string{"a 1 1\n": "no", "b 1 1\n": "no"}}
	refused, err := deliver.Halve(b, p.send)
	if err != nil || len(refused) != 1 || string(refused[0].Lines) != "a 1 1\nb 1 1\n" || refused[0].Points != 2 {
		t.Errorf("got %v, %v, want the first two lines in one piece", refused, err)
	}
	if string(b.Lines) != lines {
		t.Errorf("got %q left, want %q", b.Lines, lines)
	}
}

func BenchmarkHalve(b *testing.B) {
	var all metric.Batch
	for i := range 4000 {
		all.Lines, all.Points = fmt.Appendf(all.Lines, "servers.host-%04d.cpu.user %d 1700000000\n", i, i), i+1
	}
	bad := deliver.Permanent(errors.New("no"))
	needle := []byte("host-1234")
	b.SetBytes(int64(len(all.Lines)))
	b.ReportAllocs()
	for b.Loop() {
		refused, err := deliver.Halve(all, func(b metric.Batch) error {
			if bytes.Contains(b.Lines, needle) {
				return bad
			}
			return nil
		})
		if err != nil || len(refused) != 1 {
			b.Fatal(refused, err)
		}
	}
}
