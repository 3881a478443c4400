package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// load says what a generator sends, and how.
type load struct {
	To          string
	Protocol    string // line, pickle, http, or udp, which is lines in datagrams
	Front       string // what names begin with
	CA          string // file of the authority to trust, if it is by TLS
	Key         string // shown with each request
	Points      int
	Series      int
	Epoch       int // time of the first points; 0 for the usual
	Connections int
	Rate        int           // points a second over all connections; 0 is as fast as it goes
	Chunk       int           // points to a write, to a frame, to a datagram, or to a request
	Rest        time.Duration // before the first write, with all connections open
	Times       bool          // whether to tell when each point was written
}

// sent is what a generator reports.
type sent struct {
	Points     int64         `json:"points"`            // whose write succeeded
	Started    int64         `json:"started"`           // Unix nanoseconds
	Took       time.Duration `json:"took"`              // until the last write
	Late       time.Duration `json:"late"`              // the most that a paced write came after its time
	Reconnects int64         `json:"reconnects"`        // connections made again
	Refused    int64         `json:"refused"`           // requests that were answered with an error
	Times      []int64       `json:"times,omitempty"`   // of each point's write, by number, in Unix nanoseconds
	Answers    []int64       `json:"answers,omitempty"` // nanoseconds from when each request was due until it was answered
}

// piece is what goes out in one write.
type piece struct {
	bytes  []byte
	first  int
	points int
	due    time.Duration // after the start
}

// pieces prepares all that will be sent, for each connection its own, so that
// sending costs nothing but the writes.
func (l load) pieces() [][]piece {
	s := newStream(l.Series).under(l.Front).from(l.Epoch)
	all := make([][]piece, l.Connections)
	var building sync.WaitGroup
	for c := range all {
		building.Go(func() { all[c] = l.piecesOf(s, c) })
	}
	building.Wait()
	return all
}

// piecesOf prepares one connection's share: every so manieth piece.
func (l load) piecesOf(s stream, connection int) (mine []piece) {
	random := rand.New(rand.NewPCG(1, uint64(connection)))
	scratch := []byte{}
	for first := connection * l.Chunk; first < l.Points; first += l.Connections * l.Chunk {
		p := piece{first: first, points: min(l.Chunk, l.Points-first), due: l.due(first, random)}
		scratch = l.appendPiece(scratch[:0], s, p)
		p.bytes = bytes.Clone(scratch)
		mine = append(mine, p)
	}
	return mine
}

func (l load) appendPiece(dst []byte, s stream, p piece) []byte {
	if l.Protocol == "pickle" {
		return s.appendFrame(dst, p.first, p.points)
	}
	lines := len(dst)
	for n := p.first; n < p.first+p.points; n++ {
		dst = s.appendLine(dst, n)
	}
	if l.Protocol == "http" {
		return appendRequest(nil, l.Key, dst[lines:])
	}
	return dst
}

// due is when a paced piece is written: somewhere within its turn, lest a relay's
// own rhythm and the generator's fall into step.
func (l load) due(first int, random *rand.Rand) time.Duration {
	if l.Rate == 0 {
		return l.Rest
	}
	turn := (float64(first) + random.Float64()*float64(l.Chunk)) / float64(l.Rate)
	return l.Rest + time.Duration(turn*float64(time.Second))
}

// senders are the connections, of which none is open yet.
func (l load) senders() []sender {
	all := make([]sender, l.Connections)
	for c := range all {
		all[c].load = l
	}
	return all
}

// send sends the pieces, until they are through or ctx is done.
func (l load) send(ctx context.Context, senders []sender, pieces [][]piece) sent {
	if l.Protocol == "udp" {
		return l.flood(ctx, pieces)
	}
	total := sent{Started: time.Now().UnixNano()}
	if l.Times {
		total.Times = make([]int64, l.Points)
	}
	start := time.Now()
	for c := range senders {
		senders[c].start, senders[c].times = start, total.Times
	}
	walkers := len(senders)
	if walkers > fewConnections {
		walkers = crowdWalkers
	}
	var sending sync.WaitGroup
	for first := range walkers {
		sending.Go(func() { walk(ctx, senders, pieces, turns{first, walkers}) })
	}
	sending.Wait()
	total.Took = time.Since(start)
	for c := range senders {
		senders[c].hangUp()
	}
	for _, s := range senders {
		total.Points += s.sent.Points
		total.Reconnects += s.sent.Reconnects
		total.Late = max(total.Late, s.sent.Late)
		total.Refused += s.sent.Refused
		total.Answers = append(total.Answers, s.sent.Answers...)
	}
	return total
}

// sender is one connection of a generator, made again whenever it breaks.
type sender struct {
	load    load
	start   time.Time
	times   []int64
	nap     time.Duration // the least that it sleeps
	conn    net.Conn
	ended   *atomic.Bool  // the far end has closed conn
	answers *bufio.Reader // of requests; nil for other protocols
	sent    sent
}

// send sends a piece when it is due.
func (s *sender) send(ctx context.Context, p piece) error {
	s.wait(p.due)
	if err := s.write(ctx, p); err != nil {
		return err
	}
	s.sent.Points += int64(p.points)
	return nil
}

func (s *sender) wait(due time.Duration) {
	if due == 0 {
		return
	}
	if now := time.Since(s.start); now < due {
		time.Sleep(max(due-now, s.nap))
	} else if now > due+s.nap {
		s.sent.Late = max(s.sent.Late, now-due)
	}
}

// write writes p whole, again from its beginning on a new connection where one
// breaks.
func (s *sender) write(ctx context.Context, p piece) error {
	for {
		if err := s.connect(ctx); err != nil {
			return err
		}
		s.stamp(p)
		began := p.due
		if began == 0 {
			began = time.Since(s.start)
		}
		_, err := s.conn.Write(p.bytes)
		if err == nil {
			err = s.await(began)
		}
		if err == nil {
			return nil
		}
		s.hangUp()
	}
}

func (s *sender) stamp(p piece) {
	if s.times == nil {
		return
	}
	now := time.Now().UnixNano()
	for n := p.first; n < p.first+p.points; n++ {
		s.times[n] = now
	}
}

// connect sees to it that there is a connection which the far end has not closed.
func (s *sender) connect(ctx context.Context) error {
	if s.conn != nil && s.ended.Load() {
		s.hangUp()
	}
	for s.conn == nil {
		if err := ctx.Err(); err != nil {
			return err
		}
		c, err := dial(s.load.To, s.load.CA)
		if err != nil {
			time.Sleep(20 * time.Millisecond)
			continue
		}
		if s.ended != nil {
			s.sent.Reconnects++
		}
		s.conn, s.ended = c, &atomic.Bool{}
		context.AfterFunc(ctx, func() { c.Close() })
		if s.load.Protocol == "http" {
			s.answers = bufio.NewReader(c)
		} else {
			go watch(c, s.ended)
		}
	}
	return ctx.Err()
}

// watch notices that the far end closes: it never sends anything.
func watch(c net.Conn, ended *atomic.Bool) {
	c.Read(make([]byte, 1))
	ended.Store(true)
}

func (s *sender) hangUp() {
	if s.conn != nil {
		s.conn.Close()
		s.conn = nil
	}
}

// check says what is wrong with a load.
func (l load) check() error {
	if !slices.Contains([]string{"line", "pickle", "http", "udp"}, l.Protocol) {
		return fmt.Errorf("protocol %q: want line, pickle, http or udp", l.Protocol)
	}
	if l.Points < 1 || l.Series < 1 || l.Connections < 1 || l.Chunk < 1 || l.Rate < 0 {
		return fmt.Errorf("points, series, connections and chunk must be at least 1: %+v", l)
	}
	return nil
}
