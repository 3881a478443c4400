package receive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/wire/line"
)

const (
	// mostDatagram is room for any datagram that is not a jumbogram.
	mostDatagram = 64 << 10
	// feastRate is the flood, in bytes of kernel memory a second, that the
	// receive buffer must hold during a pause: 100,000 small datagrams a
	// second, with room to spare.
	feastRate = 256 << 20
	// dropsEvery is how often the kernel is asked what it dropped.
	dropsEvery = time.Second
)

// udp is the door of lines in datagrams: one socket or several on one address.
type udp struct {
	in    *intake
	socks []*udpSocket
}

// round reads the datagrams that a socket holds, as many at once as it can.
type round interface {
	// read waits for at least one datagram and returns how many it read.
	read() (int, error)
	// full is the most that read returns.
	full() int
	// datagram returns one that was read last, and whether its end was cut
	// off. It is valid until the next read.
	datagram(i int) (data []byte, cut bool)
	// peer is who sent it.
	peer(i int) netip.AddrPort
}

func listenUDP(in *intake, host string) (door, error) {
	u := &udp{in: in}
	inherited, err := in.o.Inherited.Datagrams(in.name, host)
	if err != nil {
		return nil, err
	}
	for _, c := range inherited {
		u.socks = append(u.socks, newUDPSocket(in, c, mostDatagram))
	}
	for len(u.socks) < udpSockets(in.o.UDPSockets) && len(inherited) == 0 {
		c, err := bindUDP(host)
		if err != nil {
			return nil, errors.Join(err, u.close())
		}
		host = c.LocalAddr().String() // the others share the port that the first one was given
		u.socks = append(u.socks, newUDPSocket(in, c, mostDatagram))
	}
	u.askBuffer()
	return u, nil
}

func bindUDP(host string) (*net.UDPConn, error) {
	lc := net.ListenConfig{Control: shareAddress}
	c, err := lc.ListenPacket(context.Background(), "udp", host)
	if err != nil {
		return nil, err
	}
	return c.(*net.UDPConn), nil
}

func (u *udp) addr() net.Addr   { return u.socks[0].c.LocalAddr() }
func (u *udp) connections() int { return 0 }

func (u *udp) sockets() (list []syscall.Conn) {
	for _, s := range u.socks {
		list = append(list, s.c)
	}
	return list
}

func (u *udp) close() error {
	var errs []error
	for _, s := range u.socks {
		errs = append(errs, s.c.Close())
	}
	return errors.Join(errs...)
}

// askBuffer asks the kernel for receive buffers and says so where it gave less.
func (u *udp) askBuffer() {
	got := 0
	for _, s := range u.socks {
		got = growBuffer(s.c, u.in.o.UDPBuffer)
		s.longest = min(longestPause, time.Duration(got)*time.Second/feastRate)
	}
	u.in.m.bufferBytes.Set(float64(got))
	if got < u.in.o.UDPBuffer {
		u.in.log.Warn("the kernel gave a smaller UDP receive buffer", "bytes", got, "asked", u.in.o.UDPBuffer,
			"cure", fmt.Sprintf(bufferCure, u.in.o.UDPBuffer))
	}
}

// run reads until ctx is done, and then what the kernel still holds.
func (u *udp) run(ctx context.Context) error {
	reading, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var readers sync.WaitGroup
	errs := make([]error, len(u.socks))
	ended := make(chan struct{}, len(u.socks))
	for i, s := range u.socks {
		readers.Go(func() {
			errs[i] = s.run(reading)
			ended <- struct{}{}
		})
	}
	u.watch(ctx, ended)
	defer time.AfterFunc(drainTime, cancel).Stop()
	for _, s := range u.socks {
		s.stop()
	}
	readers.Wait()
	u.countDrops()
	return errors.Join(append(errs, u.close())...)
}

// watch counts the kernel's drops until ctx is done or a reader has ended.
func (u *udp) watch(ctx context.Context, ended <-chan struct{}) {
	tick := time.NewTicker(dropsEvery)
	defer tick.Stop()
	for {
		u.countDrops()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		case <-ended:
			return
		}
	}
}

func (u *udp) countDrops() {
	for _, s := range u.socks {
		total := kernelDrops(s.c)
		u.in.m.drops.Add(float64(total - s.drops)) // the kernel's counter is 32 bits and wraps
		s.drops = total
	}
}

// udpSocket is one of the sockets and its reader.
type udpSocket struct {
	in      *intake
	c       *net.UDPConn
	round   round
	parser  line.Parser
	times   rounding
	joined  joined
	pace    pace
	longest time.Duration // pause that the receive buffer bears
	drops   uint32        // of the kernel, as counted so far
	current int           // datagram being parsed
	crowd   crowd
	until   time.Time // when draining ends at the latest; zero before it
}

func newUDPSocket(in *intake, c *net.UDPConn, room int) *udpSocket {
	s := &udpSocket{in: in, c: c, round: newRound(c, room)}
	s.parser = line.Parser{MaxLine: in.o.MaxLine, KeepTags: in.o.KeepTags, Reject: s.reject}
	s.times.step = int64(in.o.Resolution)
	s.crowd = crowd{in: in, visit: in.visit(netip.Addr{}, nil), hand: s.gather}
	return s
}

func (s *udpSocket) reject(reason metric.Reason, raw []byte) {
	s.in.reject(reason, raw, s.round.peer(s.current))
}

// run reads until stop was called and the kernel's buffer is empty. An error of
// reading is waited out, unless the socket is closed.
func (s *udpSocket) run(ctx context.Context) error {
	for {
		if !s.until.IsZero() {
			_ = s.c.SetReadDeadline(earlier(time.Now().Add(backlogTime), s.until))
		}
		n, err := s.round.read()
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			if !s.until.IsZero() || s.in.yielding.Load() {
				return nil // whoever goes on has the socket too, and reads what is in it
			}
			s.until = time.Now().Add(drainTime)
		case errors.Is(err, net.ErrClosed):
			return err
		case err != nil:
			s.in.m.readErrors.Inc()
			s.in.log.Debug("reading a datagram", "err", err)
			time.Sleep(firstPause)
		default:
			if err := s.take(ctx, n); err != nil {
				return nil
			}
		}
	}
}

// stop makes the reader drain the socket: it reads until nothing comes for a
// moment.
func (s *udpSocket) stop() { _ = s.c.SetReadDeadline(time.Unix(1, 0)) }

// take hands on the points of n datagrams together, and pauses if they were
// few, so that the kernel's buffer fills and the next round is larger.
func (s *udpSocket) take(ctx context.Context, n int) error {
	now, size := s.in.o.Now().Unix(), 0
	s.joined.reset()
	var errs error
	for i := range n {
		batch, length := s.parse(i, now)
		size += length
		errs = errors.Join(errs, s.add(ctx, batch))
	}
	s.in.m.datagrams.Add(float64(n))
	s.in.m.bytes.Add(float64(size))
	err := errors.Join(errs, s.in.give(ctx, s.joined.batch))
	if n < s.round.full() {
		s.rest()
	}
	return err
}

// add joins the points of a datagram, those that the book lets pass, to the
// others.
func (s *udpSocket) add(ctx context.Context, b metric.Batch) error {
	s.in.m.points.Add(float64(b.Points))
	if s.in.o.Sent != nil && b.Points > 0 {
		s.in.o.Sent(s.round.peer(s.current).Addr().Unmap(), b.Points)
	}
	if s.in.o.Names == nil && s.in.o.Tenants.Empty() {
		return s.gather(ctx, b)
	}
	return s.crowd.admit(ctx, b, s.round.peer(s.current))
}

// gather joins b to what waits to be handed on, which must be of b's owner.
func (s *udpSocket) gather(ctx context.Context, b metric.Batch) (err error) {
	if !s.joined.fits(b) {
		err = s.in.give(ctx, s.joined.batch)
		s.joined.reset()
	}
	s.joined.add(b)
	return err
}

// rest pauses as long as the receive buffer bears, or not at all if that is
// too short to be worth it.
func (s *udpSocket) rest() {
	if pause := min(s.pace.small(time.Now()), s.longest); pause >= firstPause/2 {
		time.Sleep(pause)
	}
}

// parse returns the points of datagram i, and its size. Of one that was cut, the
// complete lines are taken.
func (s *udpSocket) parse(i int, now int64) (b metric.Batch, size int) {
	s.current = i
	data, cut := s.round.datagram(i)
	size = len(data)
	if cut {
		whole := completeLines(data)
		s.reject(metric.TooLong, data[len(whole):])
		data = whole
	}
	return s.times.round(s.parser.ParseDatagram(data, now)), size
}

func completeLines(data []byte) []byte { return data[:bytes.LastIndexByte(data, '\n')+1] }
