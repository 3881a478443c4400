package whisper

import (
	"sync"

	"github.com/plumbago/plumbago/whisper"
)

// cache holds the points that are not in files yet, by series. Its memory is counted
// in bytes, those of its maps roughly.
type cache struct {
	bound   int64
	pressed chan struct{} // a round is to begin at once
	lacking chan struct{} // the first series that needs a file has come

	mu      sync.Mutex
	series  map[string]*series
	waiting []*series // with a file, and with points, in the order they came
	fresh   []*series // without a file, in the order they came
	bytes   int64
	points  int
	batches uint64        // taken
	round   uint64        // number of the present one
	room    chan struct{} // closed when there is room again; nil if nobody waits
}

// series is one that points came for lately.
type series struct {
	name, path string
	span       int64  // how old points may be, in seconds
	fresh      bool   // it has no file
	listed     bool   // it is known to those who look for names
	before     uint64 // if fresh: the batches that were taken before its first point

	points  []whisper.Point // in the order they came
	writing []whisper.Point // as well, before those
	round   uint64          // when it was written last
}

// Sizes for the accounts, in bytes.
const (
	pointBytes  = 16
	seriesBytes = 240 // of a series without its texts and points, its places in maps and lists included
)

func (s *series) bytes() int64 { return seriesBytes + int64(len(s.name)+len(s.path)) }

func newCache(bound int64) *cache {
	return &cache{bound: bound, pressed: make(chan struct{}, 1), lacking: make(chan struct{}, 1), series: map[string]*series{}}
}

// reset forgets everything.
func (c *cache) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.series, c.waiting, c.fresh = map[string]*series{}, nil, nil
	c.bytes, c.points, c.batches = 0, 0, 0
	c.makeRoom()
}

// full reports whether nothing more is to be taken, until room is closed.
func (c *cache) full() (room <-chan struct{}, full bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.bytes < c.bound {
		return nil, false
	}
	if c.room == nil {
		c.room = make(chan struct{})
	}
	signal(c.pressed)
	return c.room, true
}

// signal sets a channel of one place.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// The methods below are called with c.mu held, if they are not said to take it.

func (c *cache) isPressed() bool { return c.bytes > c.bound/4*3 }

func (c *cache) makeRoom() {
	if c.room != nil && c.bytes < c.bound {
		close(c.room)
		c.room = nil
	}
}

// add adds a series that is not there.
func (c *cache) add(s *series) {
	c.series[s.name] = s
	c.bytes += s.bytes()
	s.round = c.round
}

// push adds a point to a series.
func (c *cache) push(s *series, p whisper.Point) {
	switch {
	case len(s.points) > 0:
	case s.fresh:
		s.before = c.batches
		c.pushFresh(s)
	default:
		c.waiting = append(c.waiting, s)
	}
	before := cap(s.points)
	s.points = append(s.points, p)
	c.bytes += int64(cap(s.points)-before) * pointBytes
	c.points++
}

func (c *cache) pushFresh(s *series) {
	if len(c.fresh) == 0 {
		signal(c.lacking)
	}
	c.fresh = append(c.fresh, s)
}

// taken notes that a whole batch was. It takes c.mu.
func (c *cache) taken() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.batches++
	if c.isPressed() {
		signal(c.pressed)
	}
}

// begin returns the points of s to be written. They are not to be changed. It takes
// c.mu.
func (c *cache) begin(s *series) []whisper.Point {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.writing, s.points = s.points, nil
	return s.writing
}

// end notes that what begin returned is done with, and how long the file of s keeps
// points; 0 if that is not known. It takes c.mu.
func (c *cache) end(s *series, span int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if span > 0 {
		s.span = span
	}
	done := s.writing
	s.writing, s.round = nil, c.round
	c.points -= len(done)
	c.recycle(s, done)
	c.makeRoom()
}

// recycle keeps the room of done for the next points of s, if there is enough of it.
func (c *cache) recycle(s *series, done []whisper.Point) {
	if s.points == nil && c.bytes <= c.bound/2 {
		s.points = done[:0]
		return
	}
	c.bytes -= int64(cap(done)) * pointBytes
	if len(s.points) == 0 && c.bytes > c.bound/2 && c.series[s.name] == s {
		c.forget(s)
	}
}

// forget removes a series without points.
func (c *cache) forget(s *series) {
	delete(c.series, s.name)
	c.bytes -= s.bytes() + int64(cap(s.points))*pointBytes
	s.points = nil
}

// idleRounds is for how many rounds a series is remembered that nothing comes for.
const idleRounds = 30

// sweep ends a round: it forgets the series that nothing came for lately, sooner where
// half of the memory is in use. It takes c.mu.
func (c *cache) sweep() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.series {
		idle := c.round - s.round
		if len(s.points) == 0 && len(s.writing) == 0 && (idle > idleRounds || idle > 0 && c.bytes > c.bound/2) {
			c.forget(s)
		}
	}
	c.round++
	c.makeRoom()
}

// pending returns a copy of the points of a series that may not be in its file. It
// takes c.mu.
func (c *cache) pending(name string) []whisper.Point {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.series[name]
	if s == nil {
		return nil
	}
	return append(append([]whisper.Point(nil), s.writing...), s.points...)
}

// usage is what the metrics show. It takes c.mu.
func (c *cache) usage() (points int, bytes int64, fresh int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.points, c.bytes, len(c.fresh)
}
