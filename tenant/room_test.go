package tenant_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/tenant"
	"github.com/prometheus/client_golang/prometheus"
)

// TestAFloodOfUnknownKeysTakesNoMemory sends more than can be remembered.
func TestAFloodOfUnknownKeysTakesNoMemory(t *testing.T) {
	v := newBookWith(t, three(), prometheus.NewRegistry()).Visit(tenant.Sender{Protocol: "line"})
	var batches []metric.Batch
	for i := range 100 {
		lines := []string{acmeKey + ".a"}
		for j := range 200 {
			lines = append(lines, keyOf(10_000+i*200+j)+".a")
		}
		batches = append(batches, batchOf(lines...))
	}
	var room tenant.Room
	passed, next := 0, 0
	hand := func(_ context.Context, b metric.Batch) error { passed += b.Points; return nil }
	allocs := testing.AllocsPerRun(len(batches)-1, func() {
		if _, err := v.Admit(context.Background(), &room, batches[next], hand); err != nil {
			t.Fatal(err)
		}
		next++
	})
	if allocs > 0 || passed != len(batches) {
		t.Errorf("got %v allocations a batch and %d points passed, want none and %d", allocs, passed, len(batches))
	}
}

func TestRoomGivesMuchMemoryUp(t *testing.T) {
	var o tenant.Options
	var keys []string
	for i := range 50 {
		keys = append(keys, keyOf(i))
		o.Tenants = append(o.Tenants, tenant.Tenant{Name: fmt.Sprintf("tenant-%d", i), Keys: keys[i : i+1]})
	}
	v := newBook(t, o).Visit(tenant.Sender{})
	var room tenant.Room
	hand := func(context.Context, metric.Batch) error { return nil }
	for _, size := range []int{10, 100_000, 3_000_000} {
		for _, key := range keys {
			long := batchOf(key+"."+strings.Repeat("x", size), key+".y")
			if _, err := v.Admit(t.Context(), &room, long, hand); err != nil {
				t.Fatal(err)
			}
			if kept := tenant.Kept(&room); kept > 1<<20 {
				t.Fatalf("lines of %d bytes: got %d bytes kept, want at most 1 MiB", size, kept)
			}
		}
	}
}

func TestRoomIsUsedBySeveralBooks(t *testing.T) {
	var room tenant.Room
	var h handed
	for i := range 6 {
		o := three()
		o.Tenants = o.Tenants[i%3:]
		v := newBook(t, o).Visit(tenant.Sender{})
		if _, err := v.Admit(t.Context(), &room, batchOf(acmeKey+".a", globexKey+".b", keyOf(7)+".c"), h.hand); err != nil {
			t.Fatal(err)
		}
	}
	for i, b := range h.batches {
		want := []string{"acme", "globex", "initech", "globex", "initech", "initech"}[i%6]
		if b.Tenant != want {
			t.Errorf("batch %d: got %q, want %q", i, b.Tenant, want)
		}
	}
}
