package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
)

// weekTenant is one of those whose points they are. Guests come and go by reload.
type weekTenant struct {
	name, key string

	mu   sync.RWMutex // held for reading by each visit of a sender
	here bool
	sent int64   // in this stay; guarded by sending
	base float64 // what the gateway had counted before this stay

	sending sync.Mutex
}

const (
	weekResidents = 3
	weekGuests    = 9
	guestsAtOnce  = 3
)

// invite makes the tenants.
func (w *week) invite() {
	for i := range weekResidents + weekGuests {
		w.tenants = append(w.tenants, &weekTenant{name: fmt.Sprintf("tenant-%02d", i), key: fmt.Sprintf("key-of-tenant-%04d", i*7919%10_000),
			here: i < weekResidents})
	}
}

// visit has do send for a tenant that is here, and stays while it does. It is false
// where the tenant is not here.
func (t *weekTenant) visit(do func() (points int64)) bool {
	if !t.mu.TryRLock() {
		return false // it comes or goes just now
	}
	defer t.mu.RUnlock()
	if !t.here {
		return false
	}
	n := do()
	t.sending.Lock()
	t.sent += n
	t.sending.Unlock()
	return true
}

// change reloads: a guest that was here goes, one comes, and a rule is turned round.
func (w *week) change(ctx context.Context) error {
	var here, away []*weekTenant
	for _, t := range w.tenants[weekResidents:] {
		if t.here {
			here = append(here, t)
		} else {
			away = append(away, t)
		}
	}
	coming := away[w.random.IntN(len(away))]
	if len(here) >= guestsAtOnce {
		if err := w.bidFarewell(ctx, here[w.random.IntN(len(here))]); err != nil {
			return err
		}
	}
	rule := &w.turned[w.random.IntN(len(w.turned))]
	*rule = !*rule
	return w.welcome(ctx, coming)
}

// bidFarewell has nobody send for a tenant any more, and waits until the gateway has
// all that was sent: what is read later would be nobody's.
func (w *week) bidFarewell(ctx context.Context, t *weekTenant) error {
	t.mu.Lock()
	t.here = false
	t.mu.Unlock()
	return w.gate.until(ctx, "the points of "+t.name, func(now counters) (bool, error) {
		return int64(t.counted(now)-t.base) >= t.sent, nil
	})
}

func (t *weekTenant) counted(c counters) float64 {
	return c.sum("plumbago_tenant_points_total", fmt.Sprintf("tenant=%q", t.name))
}

// welcome reloads with a further tenant.
func (w *week) welcome(ctx context.Context, t *weekTenant) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.here = true
	if err := w.gate.reload(ctx, w.configuration()); err != nil {
		return err
	}
	now, err := w.gate.scrape(ctx)
	t.sent, t.base = 0, t.counted(now)
	return err
}

// configuration is what the gateway runs with now.
func (w *week) configuration() string {
	var tenants strings.Builder
	for _, t := range w.tenants {
		if t.here {
			fmt.Fprintf(&tenants, "  - {name: %s, keys: ['%s']}\n", t.name, t.key)
		}
	}
	first, second := sides(w.turned[0]), sides(w.turned[1])
	return fmt.Sprintf(weekConfiguration, tenants.String(), first, second, w.far[0].address, w.far[1].address)
}

func sides(turned bool) string {
	if turned {
		return "far-1"
	}
	return "far-0"
}

// weekConfiguration has every point go to one destination, so that what comes twice
// was sent again.
const weekConfiguration = `
data_dir: '{{data}}'
receive:
  - {protocol: line, listen: '{{line}}'}
tenants:
%s
route:
  - {match: '\.team-01\d\.', to: [%s]}
  - {match: '\.debug\.', to: [far-0]}
  - {match: '^tenant-\d+\.team-02', to: [%s]}
  - {match: '\.svc-0007\..*\.count$', to: [far-1]}
  - {tenants: [tenant-01], match: 'upper_90$', to: [far-1]}
  - {by: carbon_ch, to: [far-0, far-1]}
queue: {max_bytes: 3GiB, when_full: block, replay_rate: unlimited}
deliver:
  - {name: far-0, type: carbon, address: 'tcp://%s', instance: a, protocol: line}
  - {name: far-1, type: carbon, address: 'tcp://%s', instance: b, protocol: line}
admin: {socket: '{{socket}}'}
log: {level: warn}
`

// account compares what the gateway counts with what was sent, and with what came.
func (w *week) account(ctx context.Context) error {
	if w.gate == nil || !w.gate.alive() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	now, err := w.gate.scrape(ctx)
	if err != nil {
		return err
	}
	r := &w.report
	r.sent, r.came, r.twice, r.damaged = w.sent.Load(), w.seen.unique.Load(), w.seen.twice.Load(), w.seen.damaged.Load()
	r.appended = int64(now.sum("plumbago_queue_appended_points_total", ""))
	r.dropped = int64(now.sum("plumbago_queue_dropped_points_total", "") + now.sum("plumbago_relay_dropped_points_total", "") +
		now.sum("plumbago_tenant_dropped_points_total", "") + now.sum("plumbago_receive_rejected_total", ""))
	out := now.sum("plumbago_queue_delivered_points_total", "") + now.sum("plumbago_queue_points", "")
	r.balance = int64(now.sum("plumbago_queue_recovered_points_total", "")+float64(r.appended)) - int64(out) -
		int64(now.sum("plumbago_queue_dropped_points_total", ""))
	if w.heap != "" {
		return w.saveHeap(ctx)
	}
	return nil
}
