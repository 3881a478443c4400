package route_test

import (
	"testing"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/route"
)

func TestMemoryIsBounded(t *testing.T) {
	const limit = 16 << 20
	table := mustNew(t, route.Rule{Match: "user$", To: to("a")}, route.Rule{To: to("b")})
	small := table.MemoryBytes()
	table.Remember(1_200_000)
	if got := table.MemoryBytes(); small > 1<<20 || got != limit {
		t.Errorf("got %d bytes at first and %d with many names, want less than 1 MiB and %d", small, got, limit)
	}
}

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
