package receive

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// httpTimes bound what a client can make the door of HTTP wait for.
type httpTimes struct {
	header time.Duration // to send a request's header
	body   time.Duration // to send all of a request
	store  time.Duration // for the sink to store its points
	answer time.Duration // from the header on, to take the answer
	idle   time.Duration // between requests
}

func newHTTPTimes(o Options) httpTimes {
	t := httpTimes{10 * time.Second, 30 * time.Second, 30 * time.Second, 70 * time.Second, 2 * time.Minute}
	if o.IdleTimeout > 0 {
		t.idle = o.IdleTimeout
	}
	return t
}

// mostHeader is how long a request's header may be, in bytes.
const mostHeader = 16 << 10

// httpDoor is the door of HTTP: the standard library's server within the limits
// of the other doors.
type httpDoor struct {
	in     *intake
	sink   DurableSink
	t      *tcp
	times  httpTimes
	server *http.Server
	m      *httpMeter
	rooms  *rooms
	trays  *trays
	mills  mills

	open  atomic.Int64
	conns sync.WaitGroup // goroutines of connections
}

func listenHTTP(in *intake, host string) (door, error) {
	sink, ok := in.sink.(DurableSink)
	if !ok {
		return nil, errors.New("http needs a sink that can store durably")
	}
	t, err := listenTCP(in, host)
	if err != nil {
		return nil, err
	}
	return newHTTP(t.(*tcp), sink, newHTTPTimes(in.o)), nil
}

func newHTTP(t *tcp, sink DurableSink, times httpTimes) *httpDoor {
	d := &httpDoor{
		in:    t.in,
		sink:  sink,
		t:     t,
		times: times,
		m:     newHTTPMeter(t.in.o.Registerer, t.in.name),
		rooms: newRooms(),
		trays: newTrays(t.in),
		mills: newMills(t.in.o),
	}
	d.server = d.newServer()
	return d
}

func (d *httpDoor) newServer() *http.Server {
	var one http.Protocols
	one.SetHTTP1(true)
	return &http.Server{
		Handler:                      d,
		Protocols:                    &one,
		DisableGeneralOptionsHandler: true,
		ReadHeaderTimeout:            d.times.header,
		ReadTimeout:                  d.times.body,
		WriteTimeout:                 d.times.answer,
		IdleTimeout:                  d.times.idle,
		MaxHeaderBytes:               mostHeader,
		ConnState:                    d.connState,
		ConnContext:                  withConn,
		ErrorLog:                     newServerLog(d.in),
	}
}

func (d *httpDoor) addr() net.Addr   { return d.t.addr() }
func (d *httpDoor) close() error     { return d.t.close() }
func (d *httpDoor) connections() int { return int(d.open.Load()) }

func (d *httpDoor) sockets() []syscall.Conn { return d.t.sockets() }

// run serves until ctx is done. Then the requests that are under way have
// drainTime to end.
func (d *httpDoor) run(ctx context.Context) error {
	requests, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	d.server.BaseContext = func(net.Listener) context.Context { return requests }
	defer context.AfterFunc(ctx, func() { d.t.ln.Close() })()
	err := d.server.Serve(&httpListener{d, ctx})
	d.stop(cancel)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// stop ends all connections, those first that wait for a request. A request that
// is still not done after drainTime has its context cancelled, and a moment to be
// answered.
func (d *httpDoor) stop(cancel func()) {
	d.t.ln.Close()
	defer time.AfterFunc(drainTime, cancel).Stop()
	ending, done := context.WithTimeout(context.Background(), drainTime+quietTime)
	defer done()
	_ = d.server.Shutdown(ending)
	_ = d.server.Close()
	d.conns.Wait()
}

// connState counts the goroutines of connections: all of them are begun before
// Serve returns, and each ends with this call.
func (d *httpDoor) connState(_ net.Conn, s http.ConnState) {
	switch s {
	case http.StateNew:
		d.conns.Add(1)
	case http.StateClosed, http.StateHijacked:
		d.conns.Done()
	}
}
