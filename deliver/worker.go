package deliver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/plumbago/plumbago/internal/backoff"
)

// Options say how a worker behaves. Zero values are the defaults, except that a
// ReplayMargin of 0 means none: the relay gives DefaultReplayMargin where the
// far end's machine acknowledges and not its program.
type Options struct {
	// Name is the destination's, for logs and metrics.
	Name string

	// ReplayMargin is how long a block stays unreleased after it was
	// acknowledged: a far end that dies takes with it what its machine had
	// acknowledged and its program not read, so all that was acknowledged so
	// recently is sent again. With 0, blocks are released as they are
	// acknowledged.
	ReplayMargin time.Duration

	// MaxConnectionAge ends a connection in good order, and makes a new one,
	// when it is about so old (±10 %). 0 means never.
	MaxConnectionAge time.Duration

	// DialTimeout bounds one try to connect. 5 s unless given.
	DialTimeout time.Duration

	// DrainTimeout is how long Run takes at most to return once its context
	// is done. 3 s unless given.
	DrainTimeout time.Duration

	// Backoff spaces the tries to connect: 200 ms to 5 s unless given.
	Backoff backoff.Backoff

	Logger     *slog.Logger          // nil: no logs
	Registerer prometheus.Registerer // nil: metrics are not registered
}

// What Options mean where they say nothing.
const (
	DefaultReplayMargin = 5 * time.Second
	DefaultDialTimeout  = 5 * time.Second
	DefaultDrainTimeout = 3 * time.Second
)

// A connection that lived so long shows that connecting again soon is no harm.
const goodLife = time.Second

// leastMargin is where the replay margin stops shrinking.
const leastMargin = 250 * time.Millisecond

// Worker takes blocks from one source to one destination.
type Worker struct {
	dest    Destination
	src     Source
	o       Options
	log     *slog.Logger
	metrics *metrics
	health  *health

	tellRefusal sampler

	// Of the goroutine of Run.
	backoff    backoff.Backoff
	margin     time.Duration // at most o.ReplayMargin
	brokeYoung bool          // a connection did, and none has lived long since
}

// New makes a worker. It does nothing before Run.
func New(dest Destination, src Source, o Options) *Worker {
	if o.DialTimeout <= 0 {
		o.DialTimeout = DefaultDialTimeout
	}
	if o.DrainTimeout <= 0 {
		o.DrainTimeout = DefaultDrainTimeout
	}
	log := o.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	log = log.With("dest", o.Name)
	return &Worker{
		dest: dest, src: src, o: o, log: log,
		metrics:     newMetrics(o.Registerer, o.Name),
		health:      newHealth(log),
		tellRefusal: sampler{every: time.Minute},
		backoff:     o.Backoff,
		margin:      o.ReplayMargin,
	}
}

// Run delivers until the source says io.EOF and all is released, or until it is
// told to stop, and returns nil then. It returns an error only if the source
// fails.
//
// It is told to stop by ctx. Without a connection it returns at once; with one
// it goes on sending what the source hands out, until io.EOF or for two thirds
// of the DrainTimeout at most, and ends the connection in good order, by the
// end of the DrainTimeout at the latest. It never connects again, nor sends on
// after that. So whoever stops it closes the source's input first. What was not
// released by then is unsent again in the source.
func (w *Worker) Run(ctx context.Context) error {
	stop := newStopping(ctx, w.o.DrainTimeout)
	defer stop.free()
	defer w.health.ended()
	for ctx.Err() == nil {
		end := w.connection(stop)
		if end.finished {
			return end.err
		}
		if end.err != nil {
			w.pause(ctx, end.err)
		}
	}
	return nil
}

// connection makes one connection and uses it to its end.
func (w *Worker) connection(stop *stopping) ending {
	conn, err := w.dial(stop.asked)
	if err != nil {
		return ending{err: err}
	}
	w.metrics.connects.Inc()
	w.metrics.connected.Set(1)
	w.health.up()
	s := newSession(w, conn, stop)
	defer s.free()
	end := s.run()
	w.metrics.connected.Set(0)
	w.metrics.waiting(nil)
	w.learn(s, end)
	return end
}

func (w *Worker) dial(ctx context.Context) (Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, w.o.DialTimeout)
	defer cancel()
	conn, err := w.dest.Dial(ctx)
	if err != nil {
		w.metrics.connectErrors.Inc()
	}
	return conn, err
}

// learn draws conclusions for the next connection. A margin that takes up most
// of the lives of connections would keep a worker from ever getting on with a
// far end that breaks them all the time: each such connection that follows
// another halves it.
func (w *Worker) learn(s *session, end ending) {
	lived := time.Since(s.began)
	if lived >= goodLife || s.released {
		w.backoff.Reset()
	}
	switch {
	case lived > 2*w.o.ReplayMargin:
		w.margin, w.brokeYoung = w.o.ReplayMargin, false
	case end.err == nil || lived >= 2*w.margin:
	case w.brokeYoung:
		w.margin = max(w.margin/2, min(leastMargin, w.o.ReplayMargin))
	default:
		w.brokeYoung = true
	}
}

// pause waits between a failure and the next try, unless it is told to stop.
func (w *Worker) pause(ctx context.Context, err error) {
	wait := max(w.backoff.Next(), wishOf(err))
	level := slog.LevelWarn
	if IsPermanent(err) || isMisconfigured(err) {
		wait, level = max(w.backoff.Longest(), wait), slog.LevelError
	}
	if ctx.Err() != nil {
		w.health.stopped(err)
		return
	}
	w.health.down(err, level, wait)
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// jitter returns d, up to a tenth longer or shorter.
func jitter(d time.Duration) time.Duration {
	return d - d/10 + rand.N(d/5+1)
}

// State is what the worker has come to.
func (w *Worker) State() State { return w.health.state() }

var errGone = errors.New("the far end is gone")

func sourceError(err error) error { return fmt.Errorf("take the next block: %w", err) }
