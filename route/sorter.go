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
	s.lines = b.Lines
	if v := t.ViewOf(b); v.constant != nil {
		s.end(run{v.constant, 0, len(b.Lines), b.Points}, emit)
	} else {
		v.memory.points.Add(int64(b.Points))
		s.sort(v, emit)
	}
	s.flush(emit)
	s.lines = nil
	return s.dropped
}

// sorter sorts the lines of one batch at a time by destination.
type sorter struct {
	pools   *pools
	dropped Dropped
	seen    [ahead]sight

	lines []byte // the batch's
	runs  []run  // not sent yet, none of them empty, all with destinations
	sends int    // how many times emit would have to be called for them
	size  int    // and with how many bytes

	shares  []share // of the runs, by target; zero but for those in touched
	touched []int   // targets in the order of their first line
	buf     []byte  // what is gathered
}

// run is consecutive lines with one place.
type run struct {
	place      *place
	begin, end int // in the batch's lines
	points     int
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

// sort decides where lines go, and sends them.
func (s *sorter) sort(v *View, emit func(int, metric.Batch)) {
	var r run
	decided := unknown
	for at := 0; at < len(s.lines); {
		seen := s.look(v, at)
		places := v.places.list()
		for i := range seen {
			l := &seen[i]
			if l.decision != decided || l.decision == unknown {
				p := v.place(l, places, s.lines[at:])
				if p != r.place {
					r.end = at
					s.end(r, emit)
					r = run{place: p, begin: at}
				}
				decided = l.decision
			}
			r.points++
			at = l.end
		}
		r.end = at
	}
	s.end(r, emit)
}

// place returns where the first of lines goes, one of places if it was known when
// the line was looked up, and notes the decision.
func (v *View) place(l *sight, places []*place, lines []byte) *place {
	if l.decision != unknown {
		return places[l.decision-1]
	}
	return v.placeAnew(l, lines)
}

func (v *View) placeAnew(l *sight, lines []byte) *place {
	if l.decision = v.memory.slots().recall(l.hash); l.decision != unknown { // the line before had the name
		return v.places.at(l.decision)
	}
	d, p := v.learn(lines[:bytes.IndexByte(lines, ' ')], l.hash)
	l.decision = d
	return p
}

// look looks the names of the first lines from a place on up.
func (s *sorter) look(v *View, at int) []sight {
	n := 0
	for n < ahead && at < len(s.lines) {
		l := &s.seen[n]
		rest := s.lines[at:]
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

// end takes a run that has come to its end.
func (s *sorter) end(r run, emit func(int, metric.Batch)) {
	if r.points == 0 {
		return
	}
	size := (r.end - r.begin) * len(r.place.to)
	switch {
	case size == 0:
		s.dropped.add(r.place.why, r.points)
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
	b := metric.Batch{Lines: s.lines[r.begin:r.end:r.end], Points: r.points}
	for _, target := range r.place.to {
		emit(s.pools.member(target), b)
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
			to.bytes += r.end - r.begin
			to.points += r.points
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
			to.end += copy(s.buf[to.end:], s.lines[r.begin:r.end])
		}
	}
	for _, dest := range s.touched {
		to := s.shares[dest]
		emit(s.pools.member(dest), metric.Batch{Lines: s.buf[to.end-to.bytes : to.end : to.end], Points: to.points})
	}
}
