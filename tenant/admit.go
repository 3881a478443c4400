package tenant

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/plumbago/plumbago/metric"
)

// Outcome is what became of a batch.
type Outcome struct {
	Passed  int // points handed on, those in quarantine included
	Limited int // over a limit
	Dropped int // for other reasons

	// Reason is why the first of those that were dropped or over a limit was, Owner
	// whose it was, and Sample that line, in memory of the batch or the room: it may
	// begin with a key, which Book.Mask takes away.
	Reason metric.Reason
	Owner  string
	Sample []byte
}

// ErrUnknown says that points were nobody's and that the policy is Reject.
var ErrUnknown = errors.New("points of no known tenant")

// Admit decides on every line of b, as the door parsed it, and hands on what
// passes: keys stripped, names as the tenant's As and policy want them, in batches
// of one tenant each, in order for each tenant, before it returns. What is handed is
// valid until hand returns. An error is hand's first, or ErrUnknown, after all else
// of b was dealt with. room is memory of the caller's, used by one Admit at a time.
func (v *Visit) Admit(ctx context.Context, room *Room, b metric.Batch, hand func(context.Context, metric.Batch) error) (Outcome, error) {
	v.follow()
	a := admission{visit: v, room: room, lines: b.Lines, hand: hand}
	if v.asTheyAre() {
		if b.Points > 0 {
			a.send(ctx, metric.Batch{Lines: b.Lines, Points: b.Points, Tenant: v.owner.name}, v.owner)
		}
		return a.out, a.err
	}
	if a.keyed = len(v.edition.keys) > 0; a.keyed {
		room.recall = room.recall.of(v.edition)
	}
	room.open(len(v.edition.holders))
	a.run(ctx)
	if a.err == nil && a.unknown {
		a.err = ErrUnknown
	}
	return a.out, a.err
}

// asTheyAre reports whether all points have one owner and pass without a look at
// their lines.
func (v *Visit) asTheyAre() bool {
	h := v.owner
	return h != nil && h.quick && h.as == Plain && h.bucket == nil && v.sender.Names == nil && len(v.edition.keys) == 0
}

// admission is one Admit.
type admission struct {
	visit *Visit
	room  *Room
	lines []byte // the batch's
	hand  func(context.Context, metric.Batch) error
	when  time.Time // see now
	keyed bool      // first nodes may be keys

	out     Outcome
	unknown bool // points are refused as nobody's
	err     error
}

func (a *admission) run(ctx context.Context) {
	unruled := a.visit.sender.Names == nil
	for start := 0; start < len(a.lines); {
		rest := a.lines[start:]
		h, cut := a.whose(rest)
		size := cut + bytes.IndexByte(rest[cut:], '\n') + 1
		switch {
		case h == nil:
			a.nobodys(rest[:size])
		case cut > 0 && (rest[cut] == ' ' || rest[cut] == ';'):
			a.drop(h, metric.Name, rest[:size])
		case h.quick && unruled && cut > 0:
			size = a.streak(h, rest, cut)
		case h.quick && unruled:
			a.room.group(h, trusted).put(a.lines, rest[cut:size], start+cut)
			a.room.bytes += size
		default:
			a.inspect(h, start, start+cut, start+size)
		}
		if start += size; a.room.bytes > mostBytes {
			a.settle(ctx)
		}
	}
	a.settle(ctx)
}

// streak copies the line that rest begins with, and those that follow with the same
// key, which ends at cut. It returns the length of them all.
func (a *admission) streak(h *holder, rest []byte, cut int) (size int) {
	g := a.room.group(h, trusted)
	g.spill(a.lines)
	key, lines := rest[:cut], g.lines
	for next := rest; ; {
		end := cut + bytes.IndexByte(next[cut:], '\n') + 1
		lines = append(append(lines, h.front...), next[cut:end]...)
		g.points++
		size += end
		next = next[end:]
		if size > mostBytes || len(next) <= cut || next[cut] == ' ' || next[cut] == ';' || !same(next[:cut], key) {
			break
		}
	}
	a.room.bytes += size
	g.lines = lines
	return size
}

// whose returns to whom the line belongs that rest begins with, nil if that is not
// known, and the length of the key in front of its name.
func (a *admission) whose(rest []byte) (*holder, int) {
	if !a.keyed {
		return a.visit.owner, 0
	}
	h, size := a.room.recall.find(rest)
	switch {
	case h == nil:
		return a.visit.owner, 0
	case rest[size] == '.':
		return h, size + 1
	}
	return h, size
}

// nobodys deals with a line that has no owner.
func (a *admission) nobodys(line []byte) {
	e := a.visit.edition
	if e.unknown != Quarantine {
		a.unknown = a.unknown || e.unknown == Reject
		a.drop(e.nobody, metric.UnknownTenant, line)
		return
	}
	g := a.room.group(e.nobody, untrusted)
	g.lines = appendUnreadable(g.lines, line)
	g.points++
	g.tally(quarantined, metric.UnknownTenant, 1)
	a.room.bytes += len(line)
}

// inspect deals with a line that may be against a limit or a policy. It lies in
// the batch from start to end, its name without a key from name on.
func (a *admission) inspect(h *holder, start, name, end int) {
	whole := a.lines[start:end]
	over := h.misshapen(a.lines[name:end])
	if over != "" && !h.limits.DryRun {
		a.limit(h, over, whole)
		return
	}
	f := a.judge(h, a.lines[name:end], name)
	if f.drop != "" {
		a.drop(h, f.drop, whole)
		return
	}
	if over == "" {
		over = h.excess(f.line, a.now())
	}
	if over != "" && !h.limits.DryRun {
		a.limit(h, over, whole)
		return
	}
	a.keep(h, f, over)
}

// keep has a line pass that is over a limit only if that is tried in a dry run.
func (a *admission) keep(h *holder, f finding, over metric.Reason) {
	t := trusted
	if f.quarantine != "" {
		t = untrusted
	}
	g := a.room.group(h, t)
	if f.quarantine != "" {
		g.tally(quarantined, f.quarantine, 1)
	}
	if over != "" {
		g.tally(limited, over, 1)
		g.excused++
	}
	g.put(a.lines, f.line, f.from)
	a.room.bytes += len(f.line)
}

func (a *admission) drop(h *holder, r metric.Reason, line []byte) {
	a.out.Dropped++
	a.lose(h, r, line)
}

func (a *admission) limit(h *holder, r metric.Reason, line []byte) {
	a.out.Limited++
	a.lose(h, r, line)
}

func (a *admission) lose(h *holder, r metric.Reason, line []byte) {
	a.note(h, r, line)
	a.room.group(h, trusted).tally(dropped, r, 1)
}

// note keeps the first line that does not pass.
func (a *admission) note(h *holder, r metric.Reason, line []byte) {
	if a.out.Reason == "" {
		a.out.Reason, a.out.Owner, a.out.Sample = r, h.name, line
	}
}

// now is one time for the whole batch.
func (a *admission) now() time.Time {
	if a.when.IsZero() {
		a.when = time.Now()
	}
	return a.when
}

// settle hands on what the groups hold, and counts.
func (a *admission) settle(ctx context.Context) {
	for i := range a.room.groups {
		g := &a.room.groups[i]
		a.charge(g)
		for _, t := range g.tallies {
			g.holder.account.add(t.fate, string(t.reason), t.points)
		}
		if g.points > 0 {
			a.send(ctx, g.batch(a.lines), g.holder)
		}
	}
	a.room.clear()
}

// charge takes tokens for the group, and cuts off what there are none for.
func (a *admission) charge(g *group) {
	h := g.holder
	if h.bucket == nil || g.points == g.excused {
		return
	}
	got := a.visit.take(h, a.now(), g.points-g.excused)
	over := g.points - g.excused - got
	switch {
	case over == 0:
	case h.limits.DryRun:
		g.tally(limited, metric.TenantRate, over)
	default:
		g.tally(dropped, metric.TenantRate, over)
		a.note(h, metric.TenantRate, bytes.Clone(g.first(got, a.lines)))
		a.out.Limited += over
	}
}

func (a *admission) send(ctx context.Context, b metric.Batch, h *holder) {
	a.out.Passed += b.Points
	h.account.add(passed, a.visit.sender.Protocol, b.Points)
	if err := a.hand(ctx, b); err != nil && a.err == nil {
		a.err = err
	}
}
