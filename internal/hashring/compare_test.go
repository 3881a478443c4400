package hashring_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/plumbago/plumbago/internal/hashring"
)

func TestMoves(t *testing.T) {
	var m hashring.Moves
	if m.Share() != 0 {
		t.Errorf("got the share %v of no names, want 0", m.Share())
	}
	for _, n := range [][2][]string{
		{{"a"}, {"a"}}, {{"a", "b"}, {"b", "a"}}, {{"a"}, {"b"}}, {{"a", "b"}, {"b", "c"}},
		{{"a", "b"}, {"c", "d"}}, {{"a"}, {"a", "d"}}, {{"a", "b"}, {"a"}}, {{"a"}, {"b"}},
	} {
		m.Add(n[0], n[1])
	}
	want := map[hashring.Flow]int{{"a", "b"}: 2, {"a", "c"}: 2, {"b", "d"}: 1, {"", "d"}: 1, {"b", ""}: 1}
	if m.Names != 8 || m.Moved != 6 || m.Share() != 0.75 || !maps.Equal(m.Flows, want) {
		t.Errorf("got %+v, want 6 of 8 moved by %v", m, want)
	}
}

func TestOnlyOrderDiffers(t *testing.T) {
	for _, tc := range []struct {
		name          string
		before, after []string
		want          bool
	}{
		{"the same", []string{"a:1", "b:1"}, []string{"a:1", "b:1"}, false},
		{"other ports", []string{"a:1", "b:1"}, []string{"a:2", "b:2"}, false},
		{"another order", []string{"a:1", "b:1:x", "c:1"}, []string{"c:1", "a:1", "b:1:x"}, true},
		{"another node", []string{"a:1", "b:1"}, []string{"b:1", "c:1"}, false},
		{"a node more", []string{"a:1", "b:1"}, []string{"b:1", "a:1", "c:1"}, false},
		{"another instance", []string{"a:1", "b:1:x"}, []string{"b:1:y", "a:1"}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := hashring.OnlyOrderDiffers(nodesOf(tc.before), nodesOf(tc.after)); got != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}

func TestBalance(t *testing.T) {
	b := hashring.NewBalance(3)
	if least, most := b.Spread(); least != 0 || most != 0 {
		t.Errorf("got %v to %v for no names, want 0 to 0", least, most)
	}
	for _, picks := range [][]int{{0, 1}, {0, 2}, {1, 0}} {
		b.Add(picks)
	}
	if least, most := b.Spread(); b.Names != 3 || !slices.Equal(b.Copies, []int{3, 2, 1}) || least != 0.5 || most != 1.5 {
		t.Errorf("got %+v, %v to %v", b, least, most)
	}
}
