package hashring_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/plumbago/plumbago/internal/hashring"
)

func TestNodesArePrintedAsPythonPrintsThem(t *testing.T) {
	for _, tc := range []struct {
		name string
		node hashring.Node
		want string
	}{
		{"plain", hashring.Node{"10.0.0.1", "a", true}, `('10.0.0.1', 'a')`},
		{"no instance", hashring.Node{"::1", "", false}, `('::1', None)`},
		{"an empty instance", hashring.Node{"h", "", true}, `('h', '')`},
		{"an instance called None", hashring.Node{"h", "None", true}, `('h', 'None')`},
		{"quotes", hashring.Node{"a'b", `x"y`, true}, `("a'b", 'x"y')`},
		{"both quotes", hashring.Node{`a'b"c`, "", false}, `('a\'b"c', None)`},
		{"escapes", hashring.Node{"tab\t\n\r\\", "\x00\x1f\x7f", true}, `('tab\t\n\r\\', '\x00\x1f\x7f')`},
		{"characters", hashring.Node{"é日本\u00a0\u00ad", "\u200b\u2028🙂\U000e0001", true}, `('é日本\xa0\xad', '\u200b\u2028🙂\U000e0001')`},
		{"more characters", hashring.Node{"\u0300\u1680\u3000", "~\ufffd\ue000\u0378", true}, "('\u0300\\u1680\\u3000', '~\ufffd\\ue000\\u0378')"},
		{"not UTF-8", hashring.Node{"\x80\xff", "a", true}, `('\udc80\udcff', 'a')`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := tc.node.String(); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

func TestRingsThatCannotBe(t *testing.T) {
	a, b := nodeOf("a:1:x"), nodeOf("b:1")
	for _, tc := range []struct {
		name string
		err  func() error
		want string
	}{
		{"an unknown kind", func() error { _, err := hashring.New("carbon", nil, hashring.Options{}); return err }, `ring "carbon": the kinds are carbon_ch, `},
		{"fewer than no replicas", func() error { _, err := hashring.New("jump", nil, hashring.Options{Replicas: -1}); return err }, "-1 replicas"},
		{"a node twice", func() error {
			_, err := hashring.New("jump", []hashring.Node{a, b, a}, hashring.Options{})
			return err
		}, "('a', 'x') is in the ring twice"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if err := tc.err(); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}

func TestAnEmptyRingPicksNothing(t *testing.T) {
	for _, kind := range hashring.Kinds {
		r := newRing(t, kind, nil, hashring.Options{Replicas: 2})
		if got := r.Pick(nil, []byte("a")); len(got) != 0 {
			t.Errorf("%s: got %v, want nothing", kind, got)
		}
	}
}

func drawNodes(t *rapid.T) (nodes []hashring.Node) {
	for i := range rapid.IntRange(1, 12).Draw(t, "nodes") {
		host := fmt.Sprint("host-", rapid.IntRange(0, 4).Draw(t, "host"))
		nodes = append(nodes, hashring.Node{host, fmt.Sprint(i), true})
	}
	return nodes
}

// TestPicks holds all kinds to what is promised of any pick: as many nodes as
// there should be, none and, if so wanted, no host twice, and the first of them
// at the name's position.
func TestPicks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom(hashring.Kinds).Draw(t, "kind")
		o := hashring.Options{Replicas: rapid.IntRange(0, 5).Draw(t, "replicas"), Diverse: rapid.Bool().Draw(t, "diverse")}
		nodes := drawNodes(t)
		name := rapid.String().Draw(t, "name")
		r, err := hashring.New(kind, nodes, o)
		if err != nil {
			t.Fatal(err)
		}
		picks := r.Pick([]int{-1}, []byte(name))[1:]
		hosts, unique := map[string]bool{}, map[int]bool{}
		for _, n := range nodes {
			hosts[n.Host] = true
		}
		most := len(nodes)
		if o.Diverse {
			most = len(hosts)
		}
		clear(hosts)
		for _, p := range picks {
			unique[p], hosts[nodes[p].Host] = true, true
		}
		if want := min(max(o.Replicas, 1), most); len(picks) != want || len(unique) != want || o.Diverse && len(hosts) != want {
			t.Errorf("got %v, want %d different ones", picks, want)
		}
		if p := r.Position([]byte(name)); p.Node != picks[0] {
			t.Errorf("got the position %+v, want that of node %d", p, picks[0])
		}
	})
}

// TestLeavingMovesNothingElse holds the consistent kinds to it, for nodes with an
// instance each.
func TestLeavingMovesNothingElse(t *testing.T) {
	names := allNames(t)
	for _, kind := range []string{hashring.CarbonCH, hashring.FNV1aCH, hashring.MMH3CH} {
		all := newRing(t, kind, instances(6), hashring.Options{})
		rest := newRing(t, kind, slices.Delete(instances(6), 2, 3), hashring.Options{})
		for _, n := range names {
			before, after := pickNode(all, n), pickNode(rest, n)
			if before != after && before != all.Nodes()[2] {
				t.Errorf("%s: %q moved from %v to %v", kind, n, before, after)
			}
		}
	}
}

func pickNode(r *hashring.Ring, name string) hashring.Node {
	return r.Nodes()[r.Pick(nil, []byte(name))[0]]
}

func instances(n int) (nodes []hashring.Node) {
	for i := range n {
		nodes = append(nodes, hashring.Node{fmt.Sprint("host-", i), fmt.Sprint("i", i), true})
	}
	return nodes
}

// TestJumpMovesTheLeast adds a node at the end: all that moves goes there, and it
// is a fair share.
func TestJumpMovesTheLeast(t *testing.T) {
	const names = 20_000
	for _, n := range []int{1, 2, 7, 30} {
		before := newRing(t, hashring.Jump, instances(n), hashring.Options{})
		after := newRing(t, hashring.Jump, instances(n+1), hashring.Options{})
		moved := 0
		for i := range names {
			name := fmt.Appendf(nil, "servers.host-%04d.cpu.core-%02d.user", i/16, i%16)
			from, to := before.Pick(nil, name)[0], after.Pick(nil, name)[0]
			if from != to {
				moved++
			}
			if from != to && to != n {
				t.Fatalf("%s moved from %d to %d of %d", name, from, to, n+1)
			}
		}
		if share := float64(moved) * float64(n+1) / names; share < 0.9 || share > 1.1 {
			t.Errorf("got %d of %d names moved to the node number %d, want its share", moved, names, n+1)
		}
	}
}

func TestJumpReplicasMoveLittle(t *testing.T) {
	const n, names = 9, 20_000
	before := newRing(t, hashring.Jump, instances(n), hashring.Options{Replicas: 2})
	after := newRing(t, hashring.Jump, instances(n+1), hashring.Options{Replicas: 2})
	gone := 0
	for i := range names {
		name := fmt.Appendf(nil, "servers.host-%04d.cpu.core-%02d.user", i/16, i%16)
		was, is := before.Pick(nil, name), after.Pick(nil, name)
		for _, p := range was {
			if !slices.Contains(is, p) {
				gone++
			}
		}
	}
	if share := float64(gone) * (n + 1) / (2 * names); share < 0.9 || share > 1.15 {
		t.Errorf("got %d of %d copies moved, want a tenth or little more", gone, 2*names)
	}
}

func TestJumpIsThePublishedOne(t *testing.T) {
	for _, tc := range []struct {
		hash    uint64
		buckets int
		want    int
	}{
		{1, 1, 0}, {42, 57, 43}, {0xdead10cc, 1, 0}, {0xdead10cc, 666, 361}, {256, 1024, 520}, {0, 1, 0}, {1<<64 - 1, 100_000, 18311},
	} {
		if got := hashring.JumpTo(tc.hash, tc.buckets); got != tc.want {
			t.Errorf("%d into %d buckets: got %d, want %d", tc.hash, tc.buckets, got, tc.want)
		}
	}
}

func TestPickAllocatesNothing(t *testing.T) {
	name := []byte("servers.host-0042.cpu.core-03.user")
	var picks []int
	for _, kind := range hashring.Kinds {
		r := newRing(t, kind, instances(9), hashring.Options{Replicas: 3, Diverse: true})
		picks = r.Pick(picks[:0], name)
		if n := testing.AllocsPerRun(100, func() { picks = r.Pick(picks[:0], name) }); n != 0 {
			t.Errorf("%s: got %v allocations, want none", kind, n)
		}
	}
}

func BenchmarkPick(b *testing.B) {
	name := []byte("servers.host-0042.cpu.core-03.user")
	for _, kind := range hashring.Kinds {
		for _, replicas := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/nodes=4/replicas=%d", kind, replicas), func(b *testing.B) {
				r := newRing(b, kind, instances(4), hashring.Options{Replicas: replicas, Diverse: true})
				var picks []int
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					name[14], name[15], name[16] = '0'+byte(i/100%10), '0'+byte(i/10%10), '0'+byte(i%10)
					picks = r.Pick(picks[:0], name)
				}
			})
		}
	}
}

func BenchmarkNew(b *testing.B) {
	nodes := instances(16)
	for _, kind := range []string{hashring.CarbonCH, hashring.Jump} {
		b.Run(kind, func(b *testing.B) {
			for b.Loop() {
				newRing(b, kind, nodes, hashring.Options{})
			}
		})
	}
}
