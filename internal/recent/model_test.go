package recent_test

import (
	"testing"
	"time"

	"github.com/plumbago/plumbago/internal/recent"
	"pgregory.net/rapid"
)

// model is Names with a map of all names and when they were last seen.
type model struct {
	limit  int
	window int64
	step   int64
	seen   map[int]int64
}

func newModel(limit int, window int64) *model {
	return &model{limit: limit, window: window, step: (window + 7) / 8, seen: map[int]int64{}}
}

// live forgets names when the clock goes into the step that is a window away from
// the end of the one in which they were seen.
func (m *model) live(now int64) int {
	for name, seen := range m.seen {
		if now >= (seen/m.step+1)*m.step+(m.window+m.step-1)/m.step*m.step {
			delete(m.seen, name)
		}
	}
	return len(m.seen)
}

func (m *model) admit(name int, now int64) bool {
	live := m.live(now)
	if _, known := m.seen[name]; !known && live >= m.limit {
		return false
	}
	m.seen[name] = now
	return true
}

func TestNamesAsAMapWould(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(0, 300).Draw(t, "limit")
		window := rapid.Int64Range(1, 400).Draw(t, "window")
		n, m := recent.NewNames(limit, time.Duration(window)*time.Second), newModel(limit, window)
		now := start
		t.Repeat(map[string]func(*rapid.T){
			"admit": func(t *rapid.T) {
				first, count := rapid.IntRange(0, 500).Draw(t, "first"), rapid.IntRange(1, 200).Draw(t, "count")
				for name := first; name < first+count; name++ {
					if got, want := n.Admit(hash(name), now), m.admit(name, now); got != want {
						t.Fatalf("name %d at %d: got admitted %t, want %t", name, now-start, got, want)
					}
				}
			},
			"wait": func(t *rapid.T) { now += rapid.Int64Range(0, window/4+1).Draw(t, "s") },
			"jump": func(t *rapid.T) { now += rapid.Int64Range(0, 3*window).Draw(t, "s") },
			"grow": func(t *rapid.T) {
				m.limit = rapid.IntRange(0, 600).Draw(t, "limit")
				n.Grow(m.limit)
			},
			"": func(t *rapid.T) {
				if got, want := n.Live(now), m.live(now); got != want {
					t.Fatalf("at %d: got %d live, want %d", now-start, got, want)
				}
			},
		})
	})
}
