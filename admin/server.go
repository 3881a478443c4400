// Package admin is the operators' door: health, readiness, metrics, and a page
// that says what flows and what waits. It changes nothing and shows no secret.
package admin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/plumbago/plumbago/relay"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Gateway is what the operators look at.
type Gateway interface {
	Status() relay.Status
}

// Server answers operators.
type Server struct {
	listener net.Listener
	http     http.Server
}

// Listen binds address, a host:port, for a server that shows gateway and the
// metrics of gatherer.
func Listen(address string, gateway Gateway, gatherer prometheus.Gatherer, log *slog.Logger) (*Server, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for operators: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(gatherer, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", healthz)
	mux.Handle("GET /readyz", readyz(gateway))
	mux.Handle("GET /{$}", page(gateway))
	return &Server{listener: l, http: http.Server{
		Handler:           mux,
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}}, nil
}

// Addr is the address that was bound.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Run answers until ctx is done.
func (s *Server) Run(ctx context.Context) error {
	defer context.AfterFunc(ctx, s.stop)()
	if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve operators: %w", err)
	}
	return nil
}

// stop lets answers under way finish, for a moment.
func (s *Server) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		s.http.Close()
	}
}

// healthz says that the process lives.
func healthz(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") }

// readyz says whether points are being taken in. A destination that is down
// does not make the gateway unready: that is what the queue is for.
func readyz(g Gateway) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if !g.Status().Accepting {
			http.Error(w, "not accepting points: starting or stopping", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	}
}
