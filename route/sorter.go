package route

import (
	"bytes"
	"hash/maphash"

	"github.com/plumbago/plumbago/metric"
)

// Dropped is how many points go nowhere, by reason.
type Dropped struct {
	NoRoute        int // no rule matches the name
	Blacklisted    int // the name is on the blacklist
	NotWhitelisted int // there is a whitelist, and the name is not on it
}

func (d *Dropped) add(why metric.Reason, points int) {
	switch why {
	case metric.Blacklisted:
		d.Blacklisted += points
	case metric.NotWhitelisted:
		d.NotWhitelisted += points
	default:
		d.NoRoute += points
	}
}

// Route hands the lines of b to emit, in runs for each destination that they go
// to (an index into the Destinations of New), and returns how many points go
// nowhere. For each destination the runs come in the order of the lines. Long
// runs of consecutive lines for one place alias b; short ones for one destination
// are gathered in memory of the table, so that it is called seldom. A run is
// valid until emit returns, and emit is called before Route returns. What a run
// says beside its lines and their number is not to be relied on: b says it.
func (t *Table) Route(b metric.Batch, emit func(dest int, run metric.Batch)) Dropped {
	if b.Points == 0 {
		return Dropped{}
	}
	s := t.sorters.Get().(*sorter)
	defer t.sorters.Put(s)
	s.dropped = Dropped{}
	if v := t.ViewOf(b); v.constant != nil {
		s.end(run{v.constant, b}, nil, emit)
		s.flush(emit)
	} else {
		v.memory.points.Add(int64(b.Points))
		s.sort(v, b.Lines, emit)
	}
	return s.dropped
}

// sorter sorts the lines of one batch at a time by destination.
type sorter struct {
	pools   *pools
	dropped Dropped
	seen    [ahead]sight

	runs  []run // not sent yet, none of them empty, all with destinations
	sends int   // how many times emit would have to be called for them
	size  int   // and with how many bytes

	shares  []share // of the runs, by target; zero but for those in touched
	touched []int   // targets in the order of their first line
	buf     []byte  // what is gathered
}

// run is consecutive lines with one place.
type run struct {
	place *place
	metric.Batch
}

// share is what a destination gets of the runs.
type share struct{ bytes, points, end int }

const (
	// ahead is how many lines are looked up at once: the memory of names is larger
	// than a processor's caches, which fetch several places of it at a time.
	ahead = 32

	maxRuns  = 2048
	maxSize  = 128 << 10 // of all that is gathered
	longRun  = 16 << 10  // bytes to send that are not worth gathering
	fewSends = 8         // calls of emit that are not worth avoiding
	longSend = 1 << 10   // bytes in a call that make up for it
	gain     = 4         // how many times fewer the calls must become
)

func newSorter(p *pools, targets int) *sorter {
	return &sorter{pools: p, shares: make([]share, targets)}
}

// sight is a line that was looked up.
type sight struct {
	end      int    // where the line ends
	hash     uint64 // of its name
	decision decision
}

// sort decides and sends lines.
func (s *sorter) sort(v *View, lines []byte, emit func(int, metric.Batch)) {
	var r run // its Lines begin where the run does and reach to the end of all
	var decided = unknown
	for len(lines) > 0 {
		begin := 0
		seen := s.look(v, lines)
		for i := range seen {
			l := &seen[i]
			if l.decision != decided || l.decision == unknown {
				p := v.place(l, lines[begin:])
				if p != r.place {
					s.end(r, lines[begin:], emit)
					r = run{p, metric.Batch{Lines: lines[begin:]}}
				}
				decided = l.decision
			}
			r.Points++
			begin = l.end
		}
		lines = lines[begin:]
	}
	s.end(r, nil, emit)
	s.flush(emit)
}

// place returns where the first of lines goes, and notes the decision.
func (v *View) place(l *sight, lines []byte) *place {
	if l.decision == unknown { // perhaps the line before had the name
		l.decision = v.memory.slots().recall(l.hash)
	}
	if l.decision != unknown {
		return v.places.at(l.decision)
	}
	d, p := v.learn(lines[:bytes.IndexByte(lines, ' ')], l.hash)
	l.decision = d
	return p
}

// look looks the names of the first lines up.
func (s *sorter) look(v *View, lines []byte) []sight {
	n, at := 0, 0
	for n < ahead && at < len(lines) {
		l := &s.seen[n]
		rest := lines[at:]
		name := bytes.IndexByte(rest, ' ')
		l.hash = maphash.Bytes(v.seed, rest[:name]) ^ v.salt
		at += name + 2 + bytes.IndexByte(rest[name+1:], '\n')
		l.end = at
		n++
	}
	seen, slots := s.seen[:n], v.memory.slots()
	for i := range seen {
		seen[i].decision = slots.recall(seen[i].hash)
	}
	return seen
}

// end takes the run that ends where rest begins.
func (s *sorter) end(r run, rest []byte, emit func(int, metric.Batch)) {
	if r.Points == 0 {
		return
	}
	n := len(r.Lines) - len(rest)
	r.Lines = r.Lines[:n:n]
	size := n * len(r.place.to)
	switch {
	case size == 0:
		s.dropped.add(r.place.why, r.Points)
		return
	case size >= longRun:
		s.flush(emit)
		s.send(r, emit)
		return
	}
	if len(s.runs) == maxRuns || s.size+size > maxSize {
		s.flush(emit)
	}
	s.runs = append(s.runs, r)
	s.sends += len(r.place.to)
	s.size += size
}

// send emits a run as it is.
func (s *sorter) send(r run, emit func(int, metric.Batch)) {
	for _, target := range r.place.to {
		emit(s.pools.member(target), r.Batch)
	}
}

// flush sends the runs.
func (s *sorter) flush(emit func(int, metric.Batch)) {
	if s.sends >= fewSends && s.size < s.sends*longSend {
		s.count()
	}
	if len(s.touched) > 0 && s.sends >= gain*len(s.touched) {
		s.gather(emit)
	} else {
		for _, r := range s.runs {
			s.send(r, emit)
		}
	}
	for _, dest := range s.touched {
		s.shares[dest] = share{}
	}
	clear(s.runs) // they must not keep the batch
	s.runs, s.touched = s.runs[:0], s.touched[:0]
	s.sends, s.size = 0, 0
}

// count finds each destination's share.
func (s *sorter) count() {
	for i := range s.runs {
		r := &s.runs[i]
		for _, dest := range r.place.to {
			to := &s.shares[dest]
			if to.points == 0 {
				s.touched = append(s.touched, dest)
			}
			to.bytes += len(r.Lines)
			to.points += r.Points
		}
	}
}

// gather copies each destination's share together and emits it.
func (s *sorter) gather(emit func(int, metric.Batch)) {
	if s.buf == nil {
		s.buf = make([]byte, maxSize)
	}
	begin := 0
	for _, dest := range s.touched {
		s.shares[dest].end = begin
		begin += s.shares[dest].bytes
	}
	for i := range s.runs {
		r := &s.runs[i]
		for _, dest := range r.place.to {
			to := &s.shares[dest]
			to.end += copy(s.buf[to.end:], r.Lines)
		}
	}
	for _, dest := range s.touched {
		to := s.shares[dest]
		emit(s.pools.member(dest), metric.Batch{Lines: s.buf[to.end-to.bytes : to.end : to.end], Points: to.points})
	}
}
