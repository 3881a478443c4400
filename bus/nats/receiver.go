package nats

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"regexp"
	"sync"
	"time"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/internal/backoff"
	"github.com/plumbago/plumbago/metric"
)

// Sink takes the points that a Receiver gets.
type Sink interface {
	// Store returns nil only when every point of b is on disk, synced. It copies b
	// before it returns, and is called for several tenants at once. An error says that
	// some points may not be there: they come again.
	Store(ctx context.Context, b metric.Batch) error
}

// ReceiverOptions say how to receive. Zero values are the defaults.
type ReceiverOptions struct {
	Bus
	Name string // of the receiver, for logs, metrics and the file in Dir

	// Consumer is the durable consumer that is shared with all receivers that name it;
	// with Shares, what those of single partitions are called, in front of -p and the
	// number. plumbago.
	Consumer string
	Shares   Shares

	// TrustTenants makes points those of the tenant in their subject. Otherwise they
	// come without one.
	TrustTenants bool

	AckWait    time.Duration // after which a message comes again that was not acknowledged; 30 s
	MaxDeliver int           // how often a message comes, the last time to be put in quarantine if it cannot be stored; 0: always

	// Quarantine is the folder of messages that are none; the folder quarantine in Dir.
	// Without either they are dropped.
	Quarantine string

	Backoff backoff.Backoff // between connections; 200 ms to 5 s
}

// What ReceiverOptions mean where they say nothing.
const (
	DefaultConsumer = "plumbago"
	DefaultAckWait  = 30 * time.Second
)

var validConsumer = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// Receiver takes points out of a stream.
type Receiver struct {
	o       ReceiverOptions
	log     *slog.Logger
	metrics *receiverMetrics
	aside   *quarantine

	mu   sync.Mutex
	told map[string]time.Time // by what it was about
}

// NewReceiver makes a Receiver. It connects to nothing.
func NewReceiver(o ReceiverOptions) (*Receiver, error) {
	b, err := o.Bus.withDefaults()
	if err != nil {
		return nil, err
	}
	o.Bus = b
	if err := o.defaults(); err != nil {
		return nil, err
	}
	l := &link{bus: &o.Bus}
	if _, err := l.secure(); err != nil {
		return nil, err
	}
	if _, err := o.Login.option(); err != nil {
		return nil, err
	}
	return &Receiver{
		o: o, log: o.Logger, metrics: newReceiverMetrics(o.Registerer, o.Name),
		aside: &quarantine{dir: o.Quarantine}, told: map[string]time.Time{},
	}, nil
}

func (o *ReceiverOptions) defaults() error {
	if o.Consumer == "" {
		o.Consumer = DefaultConsumer
	}
	if o.AckWait <= 0 {
		o.AckWait = DefaultAckWait
	}
	if o.Quarantine == "" && o.Dir != "" {
		o.Quarantine = filepath.Join(o.Dir, "quarantine")
	}
	if !validConsumer.MatchString(o.Consumer) {
		return fmt.Errorf("consumer %q: want letters, digits, - and _, at most 64", o.Consumer)
	}
	for _, p := range o.Shares {
		if p < 0 || p >= o.Partitions {
			return fmt.Errorf("there is no partition %d: they are 0 to %d", p, o.Partitions-1)
		}
	}
	return nil
}

// Run receives until ctx is done, and returns nil then. It returns an error if it is
// not possible to remember what was stored. A Receiver runs once.
func (r *Receiver) Run(ctx context.Context, sink Sink) error {
	stored, err := openLedger(r.o.Dir, r.o.Name)
	if err != nil {
		return err
	}
	defer stored.close()
	pause := r.o.Backoff
	for ctx.Err() == nil {
		began := time.Now()
		err := r.session(ctx, &intake{r: r, sink: sink, stored: stored})
		if ctx.Err() != nil {
			break
		}
		r.metrics.errors.Inc()
		r.metrics.connected.Set(0)
		if time.Since(began) > pause.Longest() {
			pause.Reset()
		}
		wait := pause.Next()
		r.tell("NATS: not receiving", err, wait)
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
	r.metrics.connected.Set(0)
	return nil
}

// tellEvery is how often the log is told of the same trouble.
const tellEvery = time.Minute

func (r *Receiver) tell(what string, err error, wait time.Duration) {
	r.log.Log(context.Background(), r.level(what), what, "err", err, "retry_in", wait.Round(time.Millisecond))
}

// session receives by one connection, until that breaks or ctx is done.
func (r *Receiver) session(ctx context.Context, in *intake) error {
	dialing, cancel := context.WithTimeoutCause(ctx, 2*r.o.Timeout, context.DeadlineExceeded)
	defer cancel()
	l, err := r.o.connect(dialing)
	if err != nil {
		return err
	}
	consumers, err := r.consumers(dialing, l)
	if err != nil {
		l.close()
		return err
	}
	r.log.Info("receiving from NATS", "addr", l.nc.ConnectedAddr(), "stream", r.o.Stream.Name, "consumers", len(consumers))
	r.metrics.connected.Set(1)
	err = in.run(ctx, l, consumers)
	leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	l.leave(leaving)
	return r.o.explain(errors.Join(l.warning(), err))
}

var _ deliver.Destination = (*Sender)(nil)
