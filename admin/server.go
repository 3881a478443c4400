// Package admin is the operators' door: health, readiness, metrics, Graphite's
// questions, a page that draws series and says what flows and what waits, and what
// commands ask of a running gateway. It changes nothing and shows no secret.
package admin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/plumbago/plumbago/relay"
	"github.com/plumbago/plumbago/render"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Gateway is what the operators look at.
type Gateway interface {
	Status() relay.Status
}

// Server answers operators, at each of its doors.
type Server struct {
	doors  []*door
	drops  *drops
	ending context.Context // done when it is to stop: answers without an end go by it
	end    context.CancelFunc
}

// Options describe a Server.
type Options struct {
	Address  string // host:port; "" for the socket alone. Without TLS and a token it must be on loopback
	Access   Access
	Gateway  Gateway
	Inside   Inside
	Metrics  prometheus.Gatherer
	Graphite http.Handler // answers render.Patterns
	Logger   *slog.Logger

	Listener net.Listener // listens already, on Address; nil: it is bound

	ReadyMaxAge time.Duration // a point that waits for longer makes the gateway unready; 0: none does
}

// Listen binds the addresses of a server.
func Listen(o Options) (*Server, error) {
	files, err := pageFiles()
	if err != nil {
		return nil, fmt.Errorf("read the page: %w", err)
	}
	s := &Server{drops: newDrops(o.Metrics, o.Logger, time.Now())}
	s.ending, s.end = context.WithCancel(context.Background())
	s.doors, err = o.open(s.handler(o, files))
	if err != nil {
		s.end()
		return nil, fmt.Errorf("listen for operators: %w", err)
	}
	return s, nil
}

func (s *Server) handler(o Options, files assets) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /drops", s.drops)
	for pattern, h := range o.routes(files) {
		mux.Handle(pattern, h)
	}
	for pattern, h := range o.insideRoutes(s.ending) {
		mux.Handle(pattern, h)
	}
	return mux
}

// routes are what can be asked of all gateways, by patterns of http.ServeMux.
func (o Options) routes(files assets) map[string]http.Handler {
	all := map[string]http.Handler{
		"GET /{$}":            files.only("index.html"),
		"GET /page/{file...}": files,
		"GET /status":         status(o.Gateway),
		"GET /metrics":        promhttp.HandlerFor(o.Metrics, promhttp.HandlerOpts{}),
		"GET /healthz":        http.HandlerFunc(healthz),
		"GET /readyz":         readyz(o.Gateway, o.ReadyMaxAge),
	}
	for _, pattern := range render.Patterns() {
		all[pattern] = o.Graphite
	}
	return all
}

// Addr is the address that was bound, or else the socket's; nil if there is neither.
func (s *Server) Addr() net.Addr {
	if len(s.doors) == 0 {
		return nil
	}
	return s.doors[0].listener.Addr()
}

// Run answers until ctx is done.
func (s *Server) Run(ctx context.Context) error {
	defer s.end()
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	var serving sync.WaitGroup
	serving.Go(func() { s.drops.run(ctx) })
	for _, d := range s.doors {
		serving.Go(func() {
			if err := d.http.Serve(d.listener); !errors.Is(err, http.ErrServerClosed) {
				fail(fmt.Errorf("serve operators: %w", err))
			}
		})
	}
	<-ctx.Done()
	s.stop()
	serving.Wait()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// Close gives back what Listen took. It is for a server that is not run.
func (s *Server) Close() error {
	s.end()
	var errs []error
	for _, d := range s.doors {
		errs = append(errs, d.close())
	}
	return errors.Join(errs...)
}

// stop lets answers under way finish, for a moment.
func (s *Server) stop() {
	s.end()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	var stopping sync.WaitGroup
	for _, d := range s.doors {
		stopping.Go(func() { d.stop(ctx) })
	}
	stopping.Wait()
}
