package tenant

import (
	"slices"

	"github.com/plumbago/plumbago/internal/tidy"
	"github.com/plumbago/plumbago/metric"
)

// finding is what a policy makes of a line.
type finding struct {
	line             []byte
	from             int // where it begins in the batch; -1: it does not lie there
	quarantine, drop metric.Reason
}

// judge holds a line to the policy.
func (a *admission) judge(h *holder, line []byte, from int) finding {
	f := finding{line: line, from: from}
	p := h.policy
	if p == nil {
		p = a.visit.sender.Names
	}
	if p == nil {
		return f
	}
	l, _ := metric.Next(line)
	faults := p.Check(a.room.faults[:0], l, a.now().Unix())
	a.room.faults = faults
	if len(faults) == 0 {
		return f
	}
	worst := slices.MaxFunc(faults, func(a, b tidy.Fault) int { return int(a.Action) - int(b.Action) })
	switch worst.Action {
	case tidy.Drop:
		f.drop = worst.Reason
	case tidy.Quarantine:
		f.quarantine = worst.Reason
	case tidy.Fix:
		return a.fix(p, h, l, faults)
	}
	return f
}

func (a *admission) fix(p *tidy.Policy, h *holder, l metric.Line, faults []tidy.Fault) finding {
	line, ok := p.Fix(a.room.fixed[:0], l, faults, a.now().Unix())
	a.room.fixed = line
	if !ok {
		return finding{drop: metric.Name}
	}
	g := a.room.group(h, trusted)
	for _, f := range faults {
		if f.Action == tidy.Fix {
			g.tally(fixed, f.Reason, 1)
		}
	}
	return finding{line: line, from: -1}
}
