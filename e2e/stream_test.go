package e2e_test

import (
	"bytes"
	"net"
	"strconv"
	"testing"
	"time"
)

// stream sends numbered points over one line connection after another. Point i
// is a line of its own, so a sink knows exactly which ones are missing.
type stream struct {
	name    string
	next    int // number of the next point
	batches []batch
}

// batch is a run of points whose write succeeded.
type batch struct {
	first, end int
	written    time.Time
}

// series is the number of names in a stream.
const series = 100

func (s *stream) line(i int) string { return string(s.append(nil, i)) }

func (s *stream) append(b []byte, i int) []byte {
	b = append(b, s.name...)
	b = append(b, ".series-"...)
	b = strconv.AppendInt(b, int64(i%series), 10)
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(i), 10)
	b = append(b, ' ')
	return strconv.AppendInt(b, int64(1_700_000_000+i/series), 10)
}

// write sends the next n points over c. If that fails they count as not sent,
// though some of them may arrive.
func (s *stream) write(c net.Conn, n int) error {
	first := s.next
	lines := s.make(n)
	if _, err := c.Write(lines); err != nil {
		return err
	}
	s.batches = append(s.batches, batch{first, s.next, time.Now()})
	return nil
}

// make returns the lines of the next n points.
func (s *stream) make(n int) (lines []byte) {
	for range n {
		lines = append(s.append(lines, s.next), '\n')
		s.next++
	}
	return lines
}

// fill writes up to a flood of points that nobody reads, until the kernel takes
// no more for a while, and returns how many that was. The last line may be cut:
// it counts as not sent.
func (s *stream) fill(c net.Conn) (points int) {
	c.SetWriteDeadline(time.Now().Add(500 * time.Millisecond))
	for points < flood {
		first := s.next
		lines := s.make(1000)
		n, err := c.Write(lines)
		whole := bytes.Count(lines[:n], []byte("\n"))
		s.next = first + whole
		s.batches = append(s.batches, batch{first, s.next, time.Now()})
		if points += whole; err != nil {
			break
		}
	}
	return points
}

// pause is the time between two writes of pace.
const pause = 5 * time.Millisecond

// pace sends rate points a second to address for d, and connects again when it
// has to; what would have been sent meanwhile is not made.
func (s *stream) pace(address string, rate int, d time.Duration) {
	var c net.Conn
	tick := time.NewTicker(pause)
	defer tick.Stop()
	began, due := time.Now(), 0
	for now := range tick.C {
		elapsed := now.Sub(began)
		if elapsed > d {
			break
		}
		made := due
		due = int(elapsed.Seconds() * float64(rate))
		if c == nil {
			c, _ = net.DialTimeout("tcp", address, time.Second)
		} else if s.write(c, due-made) != nil {
			c.Close()
			c = nil
		}
	}
	if c != nil {
		c.Close()
	}
}

// paced runs pace in the background; the channel is closed at its end.
func (s *stream) paced(address string, rate int, d time.Duration) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.pace(address, rate, d)
	}()
	return done
}

// sent is the number of points whose write succeeded.
func (s *stream) sent() (n int) {
	for _, b := range s.batches {
		n += b.end - b.first
	}
	return n
}

// missing is the number of points written after one time and up to another
// that far has not got.
func (s *stream) missing(far *sink, after, upTo time.Time) (n int) {
	for _, b := range s.batches {
		if b.written.After(after) && !b.written.After(upTo) {
			n += s.missingOf(far, b)
		}
	}
	return n
}

func (s *stream) missingOf(far *sink, b batch) (n int) {
	for i := b.first; i < b.end; i++ {
		if !far.has(s.line(i)) {
			n++
		}
	}
	return n
}

// lost waits until every point has arrived, or none has for a while, and returns
// how many are missing.
func (s *stream) lost(far *sink, patience time.Duration) int {
	now := time.Now()
	for last, since := -1, now; ; time.Sleep(50 * time.Millisecond) {
		n := far.distinct()
		if n != last {
			last, since = n, time.Now()
		}
		if n >= s.sent() || time.Since(since) > patience {
			if missing := s.missing(far, time.Time{}, now); missing == 0 || time.Since(since) > patience {
				return missing
			}
		}
	}
}

// checkAllArrived fails the test unless far has got every point that was sent,
// and nothing else.
func (s *stream) checkAllArrived(t *testing.T, far *sink, patience time.Duration) {
	t.Helper()
	if lost := s.lost(far, patience); lost != 0 {
		t.Errorf("%d of %d points lost, want 0", lost, s.sent())
	}
	s.checkNothingElse(t, far)
}

// checkNothingElse fails the test if far has got a line that the stream never made.
func (s *stream) checkNothingElse(t *testing.T, far *sink) {
	t.Helper()
	far.checkUndamaged()
	made := make(map[string]bool, s.next)
	for i := range s.next {
		made[s.line(i)] = true
	}
	for _, l := range far.lines() {
		if !made[l] {
			t.Errorf("the sink got %q, which nobody sent", l)
			return
		}
	}
	t.Logf("%d sent, %d distinct arrived, %d repeated", s.sent(), far.distinct(), far.repeated())
}
