package route_test

import (
	"strconv"
	"testing"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/route"
)

// smaller than it is: the memory in these tests, which would take minutes else.
const smaller = 8

func TestMemoryIsBounded(t *testing.T) {
	for _, test := range []struct {
		name   string
		names  uint64
		points int64 // for each name that was not known
		want   int
	}{
		{"few names", 10_000, 1, 256 << 10},
		{"many", 900_000, 1, 16 << 20},
		{"so many that they do not fit", 2_000_000, 1, 32 << 20},
		{"the same in a slow flow of new ones", 2_000_000, 20, 16 << 20},
		{"more than ever fit", 8_000_000, 7, 128 << 20},
	} {
		t.Run(test.name, func(t *testing.T) {
			table := mustNew(t, route.Rule{Match: "user$", To: to("a")}, route.Rule{To: to("b")})
			table.Shrink(smaller)
			table.Remember(test.names/smaller, test.points)
			if got, want := table.MemoryBytes(), max(256<<10, test.want/smaller); got != want {
				t.Errorf("got %d bytes, want %d", got, want)
			}
		})
	}
}

// What the memory has room for is decided once, and names in a flow of others are
// not decided much more often.
func TestMemoryKeepsManyNames(t *testing.T) {
	decided := 0
	table, err := route.New(route.Options{Rules: []route.Rule{{Match: "x$", Pattern: counted{&decided}, To: to("a")}, {To: to("b")}}, Destinations: dests})
	if err != nil {
		t.Fatal(err)
	}
	table.Shrink(smaller)
	const names = 1_200_000 / smaller
	for range 3 {
		decided = 0
		for first := 0; first < names; first += 1000 {
			var lines []string
			for i := range 1000 {
				lines = append(lines, "n"+strconv.Itoa(first+i))
			}
			table.Route(batch(lines...), func(int, metric.Batch) {})
		}
	}
	if decided > names/100 {
		t.Errorf("%d of %d names were decided again in the last round, want hardly any", decided, names)
	}
}

// counted is a pattern that nothing matches, and that counts how often it is asked.
type counted struct{ n *int }

func (c counted) Match([]byte) bool   { *c.n++; return false }
func (c counted) RE2() (string, bool) { return "", false }

func TestPlacesAreBounded(t *testing.T) {
	const limit = 16 << 20
	places, bytes := mustNew(t).Intern(10_000, 1000)
	if places < 1000 || places == 10_000 || bytes > limit || bytes < limit/2 {
		t.Errorf("got %d places in %d bytes, want as many as %d bytes hold", places, bytes, limit)
	}
}

// Each name has its own destinations: more sets than can be remembered.
func TestMoreDecisionsThanCanBeRemembered(t *testing.T) {
	const letters = "abcdefghijklmnopq"
	var rules []route.Rule
	var dests []string
	for _, c := range letters {
		dests = append(dests, string(c))
		rules = append(rules, route.Rule{Match: string(c), To: []string{string(c)}, Continue: true})
	}
	table, err := route.New(route.Options{Rules: rules, Destinations: dests})
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []int{1, 7} {
		for i := 0; i < 1<<16+100; i += step {
			name := subset(letters, i)
			var got []byte
			table.Route(batch("x"+name), func(dest int, _ metric.Batch) { got = append(got, letters[dest]) })
			if string(got) != name {
				t.Fatalf("step %d: got %q, want %q", step, got, name)
			}
		}
	}
}

// subset takes the letters whose bits are set.
func subset(letters string, bits int) string {
	var taken []byte
	for i := range letters {
		if bits>>i&1 == 1 {
			taken = append(taken, letters[i])
		}
	}
	return string(taken)
}
