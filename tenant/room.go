package tenant

import (
	"bytes"

	"github.com/plumbago/plumbago/internal/tidy"
	"github.com/plumbago/plumbago/metric"
)

const (
	mostBytes = 512 << 10 // copied before groups are handed on although more may follow
	mostKept  = 1 << 20   // of memory from one Admit to the next
)

// Room is memory for Admit, ready as its zero value. It is kept from call to call,
// and bounded.
type Room struct {
	recall *recall
	groups []group // in the order of their first lines; those behind its end lend their memory
	places []int32 // of a holder's two groups in groups, from 1; 0: none
	bytes  int     // copied into groups
	kept   int     // of memory that groups have

	faults []tidy.Fault
	fixed  []byte
}

// trust says whether lines go where the rules say.
type trust int

const (
	trusted   trust = iota
	untrusted       // they go to the quarantine destination
	trusts
)

// open makes the room fit for this many holders, beside nobody.
func (r *Room) open(holders int) {
	if n := (holders + 1) * int(trusts); len(r.places) < n {
		r.places = make([]int32, n)
	}
}

// group returns where the lines of h go. It is valid until the next call.
func (r *Room) group(h *holder, t trust) *group {
	place := &r.places[h.place*int(trusts)+int(t)]
	if *place == 0 {
		if n := len(r.groups); n < cap(r.groups) {
			r.groups = r.groups[:n+1]
		} else {
			r.groups = append(r.groups, group{})
		}
		*place = int32(len(r.groups))
		g := &r.groups[len(r.groups)-1]
		*g = group{holder: h, trust: t, lines: g.lines[:0], kept: g.kept, tallies: g.tallies[:0]}
	}
	return &r.groups[*place-1]
}

// clear empties the room, and gives memory up if it has become much.
func (r *Room) clear() {
	for i := range r.groups {
		g := &r.groups[i]
		r.places[g.holder.place*int(trusts)+int(g.trust)] = 0
		r.kept += cap(g.lines) - g.kept
		g.holder, g.kept = nil, cap(g.lines)
	}
	r.groups, r.bytes = r.groups[:0], 0
	if r.kept+cap(r.fixed) > mostKept {
		r.groups, r.fixed, r.kept = nil, nil, 0
	}
}

// group is what passes of one tenant: a run of lines in the batch itself, or
// lines that are copied.
type group struct {
	holder   *holder
	trust    trust
	from, to int    // of the run
	lines    []byte // the copies; none while there is a run
	kept     int    // of their memory, as the room knows it
	points   int
	excused  int // of them, those that a limit would have kept from needing tokens, in a dry run
	tallies  []tally
}

type tally struct {
	fate   fate
	reason metric.Reason
	points int
}

func (g *group) tally(f fate, r metric.Reason, points int) {
	for i := range g.tallies {
		if t := &g.tallies[i]; t.fate == f && t.reason == r {
			t.points += points
			return
		}
	}
	g.tallies = append(g.tallies, tally{f, r, points})
}

// put adds a line, with its name as the holder's are. from is where it begins in
// batch; -1 if it does not lie there.
func (g *group) put(batch, line []byte, from int) {
	g.points++
	h := g.holder
	if h.as == Plain && from >= 0 && len(g.lines) == 0 && (g.to == 0 || g.to == from) {
		if g.to == 0 {
			g.from = from
		}
		g.to = from + len(line)
		return
	}
	g.spill(batch)
	if h.as == Tag {
		g.lines = appendTagged(g.lines, line, h.tag)
		return
	}
	g.lines = append(append(g.lines, h.front...), line...)
}

// spill copies the run, if there is one.
func (g *group) spill(batch []byte) {
	if g.to > 0 {
		g.lines = append(g.lines, batch[g.from:g.to]...)
		g.from, g.to = 0, 0
	}
}

// batch is the group as it is handed on.
func (g *group) batch(lines []byte) metric.Batch {
	b := metric.Batch{Lines: g.lines, Points: g.points, Tenant: g.holder.name, Quarantined: g.trust == untrusted}
	if g.to > 0 {
		b.Lines = lines[g.from:g.to]
	}
	return b
}

// first keeps the first n lines of the group alone, and returns the line behind them.
func (g *group) first(n int, lines []byte) (cut []byte) {
	g.points = n
	end, all := 0, g.batch(lines).Lines
	for range n {
		end += bytes.IndexByte(all[end:], '\n') + 1
	}
	cut = all[end:][:bytes.IndexByte(all[end:], '\n')+1]
	if g.to > 0 {
		g.to = g.from + end
	} else {
		g.lines = g.lines[:end]
	}
	return cut
}
