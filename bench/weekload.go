package main

import (
	"bytes"
	"context"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// A line of the week has a point's number as its value, always of so many digits,
// and a series whose pod is new all the time, so that a chunk of lines is made once
// and only its digits are written anew.
const (
	weekSenders   = 4
	weekChunk     = 1000 // lines to a write
	weekVisit     = 200  // chunks to a connection, at most
	weekFirst     = 1e10 // the value of point 0
	weekDigits    = 11   // of a value
	weekTail      = weekDigits + len(" 1700000000\n")
	podDigits     = 7
	weekPods      = 40        // of a service, alive at once
	weekPodPoints = 2_000_000 // after so many points a pod goes, and a new one comes: a series has about a hundred
)

// weekLines is a chunk of lines for one tenant.
type weekLines struct {
	text   []byte
	pods   []int // where each line's pod number begins
	values []int // and its value
}

func newWeekLines(key string, sender int) *weekLines {
	l := &weekLines{}
	for i := range weekChunk {
		l.text = fmt.Appendf(l.text, "%s.team-%03d.svc-%04d.pod-", key, (i*7+sender)%40, (i*13+sender)%100)
		l.pods = append(l.pods, len(l.text))
		l.text = appendPadded(l.text, 0, podDigits)
		l.text = fmt.Appendf(l.text, ".%s.%s ", families[i/len(aspects)%len(families)], aspects[i%len(aspects)])
		l.values = append(l.values, len(l.text))
		l.text = appendPadded(l.text, 0, weekDigits)
		l.text = append(l.text, " 1700000000\n"...)
	}
	return l
}

// write puts the numbers of the points from first on into the lines.
func (l *weekLines) write(first int64) []byte {
	var pod [podDigits]byte
	appendPadded(pod[:0], int(first/weekPodPoints)+int(first/weekChunk)%weekPods, podDigits)
	for i := range l.values {
		copy(l.text[l.pods[i]:], pod[:])
		appendPadded(l.text[:l.values[i]], int(weekFirst+first)+i, weekDigits)
	}
	return l.text
}

// sendAll sends all points, over connections that come and go. The channel is
// closed when all are sent, or nothing more can be.
func (w *week) sendAll(ctx context.Context) <-chan struct{} {
	var senders sync.WaitGroup
	for i := range weekSenders {
		senders.Go(func() {
			s := weekSender{week: w, number: i, random: rand.New(rand.NewPCG(w.seed, uint64(i))), lines: map[*weekTenant]*weekLines{}}
			w.fail(s.send(ctx))
		})
	}
	done := make(chan struct{})
	go func() { senders.Wait(); close(done) }()
	return done
}

// weekSender has one connection at a time.
type weekSender struct {
	*week
	number int
	random *rand.Rand
	lines  map[*weekTenant]*weekLines
}

func (s *weekSender) send(ctx context.Context) (err error) {
	for s.next.Load() < s.points && ctx.Err() == nil && s.failure() == nil && err == nil {
		t := s.tenants[s.random.IntN(len(s.tenants))]
		t.visit(func() (n int64) {
			n, err = s.call(ctx, t)
			return n
		})
	}
	return err
}

// call sends some chunks of a tenant's points on one connection.
func (s *weekSender) call(ctx context.Context, t *weekTenant) (sent int64, err error) {
	c, err := net.DialTimeout("tcp", s.gate.address, 10*time.Second)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	lines := s.lines[t]
	if lines == nil {
		lines = newWeekLines(t.key, s.number)
		s.lines[t] = lines
	}
	for range 1 + s.random.IntN(weekVisit) {
		first := s.next.Add(weekChunk) - weekChunk
		if first >= s.points {
			break
		}
		if _, err := c.Write(lines.write(first)); err != nil {
			return sent, err
		}
		sent += weekChunk
		s.sent.Add(weekChunk)
	}
	return sent, nil
}

// pointSet knows which points have come.
type pointSet struct {
	words                  []atomic.Uint64
	points                 int64
	unique, twice, damaged atomic.Int64
}

func newPointSet(points int64) *pointSet {
	return &pointSet{words: make([]atomic.Uint64, points/64+1), points: points}
}

// take notes the points of whole lines.
func (p *pointSet) take(lines []byte) {
	var unique, twice, damaged int64
	word, mask := int64(-1), uint64(0)
	flush := func() {
		if mask != 0 {
			old := p.words[word].Or(mask)
			n := int64(bits.OnesCount64(mask &^ old))
			unique += n
			twice += int64(bits.OnesCount64(mask)) - n
		}
	}
	for len(lines) > 0 {
		n, size := p.number(lines)
		lines = lines[size:]
		if n < 0 {
			damaged++
			continue
		}
		if n/64 != word || mask&(1<<(n%64)) != 0 {
			flush()
			word, mask = n/64, 0
		}
		mask |= 1 << (n % 64)
	}
	flush()
	p.unique.Add(unique)
	p.twice.Add(twice)
	p.damaged.Add(damaged)
}

// number is that of the first line's point, or -1, and the line's size.
func (p *pointSet) number(lines []byte) (n int64, size int) {
	blank := bytes.IndexByte(lines, ' ')
	if end := blank + 1 + weekTail; blank > 0 && end <= len(lines) && lines[end-1] == '\n' && lines[blank+1+weekDigits] == ' ' {
		n = -weekFirst
		v := int64(0)
		for _, c := range lines[blank+1 : blank+1+weekDigits] {
			v = v*10 + int64(c-'0')
		}
		if n += v; n >= 0 && n < p.points && string(lines[:7]) == "tenant-" {
			return n, end
		}
	}
	return -1, bytes.IndexByte(lines, '\n') + 1
}
