package admin

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// History is what /drops tells from.
type History struct{ *drops }

// NewHistory begins one.
func NewHistory(metrics prometheus.Gatherer) History {
	return History{newDrops(metrics, slog.New(slog.DiscardHandler), time.Now())}
}

// Run goes on until ctx is done.
func (h History) Run(ctx context.Context) { h.run(ctx) }

// Patient is what stands before all that a Server answers.
func Patient(next http.Handler) http.Handler { return patient(next) }

// MostConns is how many connections a door has at once.
const MostConns = mostConns
