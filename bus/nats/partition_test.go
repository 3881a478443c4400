package nats_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/plumbago/plumbago/bus/nats"
)

// A series stays in its partition for ever: these are the numbers of all versions.
func TestPartitionsStayAsTheyAre(t *testing.T) {
	for _, c := range []struct {
		name string
		of   int
		want int
	}{
		{"a", 64, 32}, {"servers.host-0042.cpu.core-03.user", 64, 19}, {"disk.used;datacenter=dc1", 64, 24},
		{"a", 1, 0}, {"a", 1024, 512}, {"", 64, 0},
	} {
		if got := nats.Partition([]byte(c.name), c.of); got != c.want {
			t.Errorf("%q of %d: got %d, want %d", c.name, c.of, got, c.want)
		}
	}
}

func TestPartitionsAreAboutAsLarge(t *testing.T) {
	for _, form := range []string{"servers.host-%04d.cpu.user", "a%d", "app.%d.requests.count;dc=x"} {
		var count [64]int
		const names = 64_000
		for i := range names {
			count[nats.Partition(fmt.Appendf(nil, form, i), 64)]++
		}
		if least, most := slices.Min(count[:]), slices.Max(count[:]); least < 750 || most > 1250 {
			t.Errorf("%s: got partitions of %d to %d names, want about 1000", form, least, most)
		}
	}
}

func TestEachPartitionHasOneWorker(t *testing.T) {
	for workers := 1; workers <= 16; workers++ {
		count, least := make([]int, 64), 64
		for n := 1; n <= workers; n++ {
			s := nats.SharesOf(n, workers, 64)
			least = min(least, len(s))
			for _, p := range s {
				count[p]++
			}
		}
		if slices.Min(count) != 1 || slices.Max(count) != 1 {
			t.Errorf("%d workers: got partitions with %v workers", workers, count)
		}
		if least == 0 {
			t.Errorf("%d workers: one has none of 64 partitions", workers)
		}
	}
}

// Another worker takes partitions from those that are there, and they keep the others.
func TestAnotherWorkerMovesTheLeast(t *testing.T) {
	for workers := 1; workers < 16; workers++ {
		moved := 0
		for n := 1; n <= workers; n++ {
			before, after := nats.SharesOf(n, workers, 64), nats.SharesOf(n, workers+1, 64)
			for _, p := range after {
				if !slices.Contains(before, p) {
					t.Errorf("%d to %d workers: partition %d moves to worker %d, which was there", workers, workers+1, p, n)
				}
			}
			moved += len(before) - len(after)
		}
		if moved > 2*64/(workers+1)+3 {
			t.Errorf("%d to %d workers: %d of 64 partitions move", workers, workers+1, moved)
		}
	}
}

func TestShares(t *testing.T) {
	for _, c := range []struct {
		text string
		want string
	}{
		{"0-3", "[0 1 2 3] <nil>"}, {"7", "[7] <nil>"}, {"3, 0-1,1", "[0 1 3] <nil>"},
		{"0-8", "[] there is no partition 8: they are 0 to 7"},
		{"", `[] want partitions like 0-31, or 0-3,8, got ""`}, {"3-1", `[] want partitions like 0-31, or 0-3,8, got "3-1"`},
		{"a-b", `[] want partitions like 0-31, or 0-3,8, got "a-b"`}, {"-1", `[] want partitions like 0-31, or 0-3,8, got "-1"`},
	} {
		s, err := nats.ParseShares(c.text, 8)
		if got := fmt.Sprint([]int(s), " ", err); got != c.want {
			t.Errorf("%q: got %s, want %s", c.text, got, c.want)
		}
	}
	for text, want := range map[string]string{
		"1 of 1": "[0 1 2 3 4 5 6 7] <nil>", "0 of 2": `[] want a worker like 2 of 8, got "0 of 2"`, "3 of 2": `[] want a worker like 2 of 8, got "3 of 2"`,
		"2": `[] want a worker like 2 of 8, got "2"`, "a of b": `[] want a worker like 2 of 8, got "a of b"`,
	} {
		s, err := nats.ParseWorker(text, 8)
		if got := fmt.Sprint([]int(s), " ", err); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
	if _, err := nats.ParseWorker("900 of 900", 8); err == nil {
		t.Error("got nil for more workers than partitions, want an error")
	}
}

func TestTenantsAreWordsOfSubjects(t *testing.T) {
	for tenant, want := range map[string]string{
		"": "_", "acme": "acme", "a-b_c9": "a-b_c9", "_": "=5f", "a.b": "a=2eb", "a*>": "a=2a=3e", "é": "=c3=a9", "a b": "a=20b", "a=b": "a=3db",
	} {
		got := nats.Token(tenant)
		if got != want {
			t.Errorf("%q: got %q, want %q", tenant, got, want)
		}
		if back := nats.Tenant(got); back != tenant {
			t.Errorf("%q: got %q back", tenant, back)
		}
	}
	for _, token := range []string{"=", "=2", "a=zz", "=-1"} {
		if got := nats.Tenant(token); got != "" {
			t.Errorf("%q: got tenant %q, want none", token, got)
		}
	}
}

func TestSubjectsCoverOthers(t *testing.T) {
	for _, c := range []struct {
		subject string
		want    bool
	}{
		{"plumbago.*.*", true}, {"plumbago.>", true}, {">", true}, {"*.*.*", true},
		{"plumbago.*", false}, {"plumbago.a.*", false}, {"plumbago.*.*.>", false}, {"other.>", false}, {"plumbago.*.*.*", false},
	} {
		if got := nats.Covers(c.subject, "plumbago.*.*"); got != c.want {
			t.Errorf("%s: got %v, want %v", c.subject, got, c.want)
		}
	}
}
