package slack

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/plumbago/plumbago/internal/durable"
	"github.com/plumbago/plumbago/metric"
	"golang.org/x/time/rate"
)

// Sink takes the points that a Receiver reads.
type Sink interface {
	// Store returns nil only when every point of b is on disk, synced. It copies b
	// before it returns. An error says that some may not be: they are read again.
	Store(ctx context.Context, b metric.Batch) error
}

// Ack is how messages are acknowledged when their points are on disk.
type Ack string

// The ways to acknowledge.
const (
	Delete Ack = "delete" // delete the message: the same app must have posted it, or the token be an administrator's
	React  Ack = "react"  // put a reaction beside it
	Cursor Ack = "cursor" // remember on this side only
)

// ReceiverOptions say how to receive. Zero values are the defaults.
type ReceiverOptions struct {
	Account
	Name string // of the receiver, for metrics

	// Dir is the folder of the cursor. It is needed.
	Dir string

	// AppToken, xapp-, makes Slack push messages, by Socket Mode.
	AppToken Token

	// Poll is how often history is read: every 10 s, and with an AppToken every
	// 5 min, besides at each connect.
	Poll time.Duration

	// Ack is Delete unless given. Reaction is the emoji of React: white_check_mark.
	Ack      Ack
	Reaction string

	// SkipEdited leaves messages alone that somebody has edited.
	SkipEdited bool

	FS durable.FS // nil: the operating system's
}

// What ReceiverOptions mean where they say nothing.
const (
	DefaultPoll       = 10 * time.Second
	DefaultPollPushed = 5 * time.Minute
	DefaultReaction   = "white_check_mark"
)

// Receiver reads points out of a channel.
type Receiver struct {
	o       ReceiverOptions
	log     *slog.Logger
	metrics *receiverMetrics
	client  *client // with the Token
	app     *client // with the AppToken; nil without
	reading *rate.Limiter
	acking  *rate.Limiter
	look    chan struct{} // asks for a look at history

	// Since Connect.
	self    identity
	channel string
	ledger  *ledger

	taking sync.Mutex // held to take messages
	reader reader
	limits limitWatch

	mu       sync.Mutex
	fallback bool // to Cursor
	told     map[string]time.Time
}

// NewReceiver makes a Receiver. It connects to nothing.
func NewReceiver(o ReceiverOptions) (*Receiver, error) {
	a, err := o.Account.withDefaults()
	if err != nil {
		return nil, err
	}
	o.Account = a
	if err := o.defaults(); err != nil {
		return nil, err
	}
	r := &Receiver{
		o: o, log: o.Logger, metrics: newReceiverMetrics(o.Registerer, o.Name), client: newClient(a, o.Token),
		// Slack counts by the minute: a few calls may follow each other at once.
		reading: rate.NewLimiter(rate.Every(o.CallEvery), 10), acking: rate.NewLimiter(rate.Every(o.CallEvery), 5),
		look: make(chan struct{}, 1), told: map[string]time.Time{},
	}
	if o.AppToken != "" {
		r.app = newClient(a, o.AppToken)
	}
	return r, nil
}

func (o *ReceiverOptions) defaults() error {
	if o.Dir == "" {
		return errors.New("a folder is needed for what was read")
	}
	if o.Ack == "" {
		o.Ack = Delete
	}
	if o.Ack != Delete && o.Ack != React && o.Ack != Cursor {
		return fmt.Errorf("acknowledging by %q: want delete, react or cursor", o.Ack)
	}
	if o.Reaction == "" {
		o.Reaction = DefaultReaction
	}
	if o.Poll <= 0 {
		o.Poll = DefaultPoll
		if o.AppToken != "" {
			o.Poll = DefaultPollPushed
		}
	}
	if o.FS == nil {
		o.FS = durable.OS()
	}
	return nil
}

// Connect finds the channel, joins it if it can, and opens the record of what was
// read. Run does it too, again and again; who calls it before hears at once what is
// wrong. Errors that only a person can cure say how.
func (r *Receiver) Connect(ctx context.Context) error {
	if r.ledger != nil {
		return nil
	}
	self, err := r.client.whoAmI(ctx)
	if err != nil {
		return marked(err)
	}
	ch, err := r.client.enter(ctx, r.o.Channel)
	if err != nil {
		return marked(err)
	}
	l, err := openLedger(r.o.FS, r.o.Dir, ch.ID, r.log)
	if err != nil {
		return err
	}
	r.self, r.channel, r.ledger = self, ch.ID, l
	return nil
}

// Run receives until ctx is done, and returns nil then. A Receiver runs once.
func (r *Receiver) Run(ctx context.Context, sink Sink) error {
	defer r.close()
	if !r.insist(ctx, "connect", r.Connect) {
		return nil
	}
	r.log.Info("reading from Slack", "team", r.self.Team, "channel", r.channel, "as", r.self.Name)
	var parts sync.WaitGroup
	parts.Go(func() { r.acknowledge(ctx) })
	if r.app != nil {
		parts.Go(func() { r.listen(ctx, sink) })
	}
	r.poll(ctx, sink)
	parts.Wait()
	if err := r.ledger.close(); err != nil {
		r.log.Error("acknowledgements are not on disk, and will be made again", "err", err)
	}
	return nil
}

func (r *Receiver) close() {
	r.client.close()
	if r.app != nil {
		r.app.close()
	}
}

// poll reads history from time to time, and when it is asked to.
func (r *Receiver) poll(ctx context.Context, sink Sink) {
	for {
		if !r.insist(ctx, "read", func(ctx context.Context) error { return r.catchUp(ctx, sink) }) {
			return
		}
		r.metrics.connected.Set(1)
		timer := time.NewTimer(r.o.Poll)
		select {
		case <-timer.C:
		case <-r.look:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// insist does something again and again until it succeeds, and reports false if ctx
// is done before.
func (r *Receiver) insist(ctx context.Context, doing string, do func(context.Context) error) bool {
	pause := r.o.Backoff
	for ctx.Err() == nil {
		err := do(ctx)
		if err == nil {
			return ctx.Err() == nil
		}
		if ctx.Err() != nil {
			return false
		}
		r.metrics.errors.Inc()
		r.metrics.connected.Set(0)
		wait := max(pause.Next(), waitOf(err))
		if lasting(err) {
			wait = max(wait, pause.Longest()/2)
		}
		r.tell(doing, err, wait)
		if sleep(ctx, wait) != nil {
			return false
		}
	}
	return false
}

// tellEvery is how often the log is told of the same trouble.
const tellEvery = time.Minute

// tell logs a failure. What only a person can cure is an error, the rest a warning.
func (r *Receiver) tell(doing string, err error, wait time.Duration) {
	level := slog.LevelWarn
	if lasting(err) {
		level = slog.LevelError
	}
	r.mu.Lock()
	recently := time.Since(r.told[doing]) < tellEvery
	if recently {
		level = slog.LevelDebug
	} else {
		r.told[doing] = time.Now()
	}
	r.mu.Unlock()
	r.log.Log(context.Background(), level, "Slack: "+doing+" failed", "err", err, "retry_in", wait.Round(time.Millisecond))
}
