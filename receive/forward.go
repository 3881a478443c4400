package receive

import (
	"context"
	"net"
	"sync/atomic"
	"time"
)

// forwardBytes is how much of a forwarded connection is under way at a time.
const forwardBytes = 4 << 10

// forward makes left a connection on which the bytes within TLS come: the keys of
// TLS cannot be handed over, and so this process goes on with that part.
func (k *conn) forward(left *Left) error {
	near, far, err := pair()
	if err != nil {
		return err
	}
	left.Conn, left.State.Forwarded = far, true
	left.Forward = (&forwarding{from: k, to: near}).run
	return nil
}

// forwarding takes the bytes of a TLS connection to the end of a pair.
type forwarding struct {
	from  *conn
	to    net.Conn
	until atomic.Pointer[time.Time] // when it ends at the latest; nil: it goes on
}

// run forwards until either side ends. Once ctx is done the sender is told, and
// what is on its way is taken.
func (f *forwarding) run(ctx context.Context) {
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		var nothing [1]byte
		_, _ = f.to.Read(nothing[:]) // who reads there writes nothing, and ends when it has read enough
		f.finish()
	}()
	unhook := context.AfterFunc(ctx, f.finish)
	f.copy()
	unhook()
	f.to.Close()
	f.from.close()
	<-heard
}

// finish tells the sender that this is the end.
func (f *forwarding) finish() {
	until := time.Now().Add(drainTime)
	if f.until.CompareAndSwap(nil, &until) {
		f.from.closeWrite()
		f.extend()
	}
}

// extend gives the sender time for what is on its way, once this is the end.
func (f *forwarding) extend() {
	if until := f.until.Load(); until != nil {
		_ = f.from.c.SetReadDeadline(earlier(time.Now().Add(quietTime), *until))
	}
}

func (f *forwarding) copy() {
	buf := make([]byte, forwardBytes)
	for {
		n, err := f.from.tls.Read(buf)
		if n > 0 {
			if _, err := f.to.Write(buf[:n]); err != nil {
				return
			}
			f.extend()
		}
		if err != nil {
			return
		}
	}
}
