package slack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/metric"
	"golang.org/x/time/rate"
)

// SenderOptions say how to send. Zero values are the defaults.
type SenderOptions struct {
	Account
	Name string // of the destination, for metrics

	// Gather is how long points wait for others to go with them, as long as they do
	// not fill a message. 10 s. Only connections made by Dial gather.
	Gather time.Duration

	// PostEvery spaces posts: Slack allows one a second and channel. 1 s.
	PostEvery time.Duration

	// CleanAfter deletes the sender's own messages when they are so old. 0: never.
	CleanAfter time.Duration
}

// What SenderOptions mean where they say nothing.
const (
	DefaultGather    = 10 * time.Second
	DefaultPostEvery = time.Second
)

// Sender posts points into a channel. It is a deliver.Destination, for a worker;
// Send is for those who have no queue. Both may be used at the same time.
type Sender struct {
	o       SenderOptions
	log     *slog.Logger
	metrics *senderMetrics
	client  *client
	pace    *rate.Limiter

	posting sync.Mutex // held to post
	unsure  *post      // whose outcome is not known
	warned  time.Time  // that a text was changed

	mu      sync.Mutex
	self    identity
	channel string // its id, once known
	left    []byte // of the first block that a Conn left, what was posted
}

// post is one message.
type post struct {
	id    string
	lines []byte
}

// NewSender makes a Sender. It connects to nothing.
func NewSender(o SenderOptions) (*Sender, error) {
	a, err := o.Account.withDefaults()
	if err != nil {
		return nil, err
	}
	o.Account = a
	if o.Gather <= 0 {
		o.Gather = DefaultGather
	}
	if o.PostEvery <= 0 {
		o.PostEvery = DefaultPostEvery
	}
	return &Sender{
		o: o, log: o.Logger, metrics: newSenderMetrics(o.Registerer, o.Name),
		client: newClient(o.Account, o.Token), pace: rate.NewLimiter(rate.Every(o.PostEvery), 1),
	}, nil
}

// Close gives back what the sender holds. It is of no use any more.
func (s *Sender) Close() { s.client.close() }

// Connect finds the channel and joins it if it can. What only a person can put right
// is marked by deliver.Misconfigured, and says how.
func (s *Sender) Connect(ctx context.Context) error {
	self, err := s.client.whoAmI(ctx)
	if err != nil {
		return marked(err)
	}
	s.mu.Lock()
	known := s.channel
	s.self = self
	s.mu.Unlock()
	if known != "" {
		return nil
	}
	ch, err := s.client.enter(ctx, s.o.Channel)
	if err != nil {
		return marked(err)
	}
	s.mu.Lock()
	s.channel = ch.ID
	s.mu.Unlock()
	return nil
}

// marked marks an error for a worker.
func marked(err error) error {
	if err == nil {
		return nil
	}
	if lasting(err) {
		return deliver.Misconfigured(err)
	}
	return deliver.RetryAfter(err, waitOf(err))
}

// ErrTooLong says that a line does not fit into a message.
var ErrTooLong = fmt.Errorf("longer than a message can be (%d characters)", maxLines)

// Send posts canonical lines and returns when all are posted. It tries again, for as
// long as ctx lasts, what may succeed later. Lines that are too long for a message
// are left out, which deliver.RefusedBy tells of the error.
func (s *Sender) Send(ctx context.Context, b metric.Batch) error {
	lines, tooLong := fitting(b.Lines)
	pause := s.o.Backoff
	for len(lines) > 0 {
		n, err := s.step(ctx, lines)
		switch {
		case err == nil:
			lines = lines[n:]
			pause.Reset()
			continue
		case ctx.Err() != nil || lasting(err):
			return err
		}
		s.log.Debug("posting failed", "err", err)
		if ctxErr := sleep(ctx, max(waitOf(err), pause.Next())); ctxErr != nil {
			return errors.Join(err, ctxErr)
		}
	}
	return deliver.Refused(tooLong, ErrTooLong)
}

// step posts the first of lines, connecting before if need be.
func (s *Sender) step(ctx context.Context, lines []byte) (int, error) {
	if s.channelID() == "" {
		if err := s.Connect(ctx); err != nil {
			return 0, err
		}
	}
	return s.postFirst(ctx, func() []byte { return lines })
}

// postFirst posts one message of the first of the lines that pending returns when the
// turn has come, and returns how many bytes of them it took. A message whose outcome
// is not known is posted again as it was, so that whoever reads it can tell.
func (s *Sender) postFirst(ctx context.Context, pending func() []byte) (int, error) {
	s.posting.Lock()
	defer s.posting.Unlock()
	if err := s.pace.Wait(ctx); err != nil {
		return 0, err
	}
	lines := pending()
	p := s.unsure
	if p == nil || !bytes.HasPrefix(lines, p.lines) {
		part, _ := firstMessage(lines)
		p, s.unsure = &post{id: newID(), lines: bytes.Clone(part)}, nil
	}
	text := compose(p.id, p.lines)
	stored, err := s.client.post(ctx, s.channelID(), text)
	if err != nil {
		if undecided(err) {
			s.unsure = p // and stays it, whatever comes of the next tries
		}
		s.forget(err)
		s.metrics.failed.Inc()
		return 0, err
	}
	s.unsure = nil
	s.metrics.posted.Inc()
	s.compare(text, stored.Text)
	return len(p.lines), nil
}

func (s *Sender) channelID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.channel
}

// forget has the channel looked for again where it is not what it was.
func (s *Sender) forget(err error) {
	if c := code(err); c == "not_in_channel" || c == "channel_not_found" || c == "is_archived" {
		s.mu.Lock()
		s.channel = ""
		s.mu.Unlock()
	}
}

// changedEvery is how often it is told that Slack changes texts.
const changedEvery = time.Minute

// compare counts a text that Slack stored otherwise than it was sent, and warns. What
// can be read back is told too: this package undoes what Slack does, others may not.
func (s *Sender) compare(sent, stored string) {
	if stored == sent {
		return
	}
	s.metrics.changed.Inc()
	if time.Since(s.warned) < changedEvery {
		return
	}
	s.warned = time.Now()
	s.log.Warn("Slack changed the text of a message", "readable", plain(stored) == plain(sent),
		"sent", difference(sent, stored), "stored", difference(stored, sent))
}

// difference is where a begins to be another text than b.
func difference(a, b string) string {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	const around = 30
	return a[max(0, i-around):min(len(a), i+around)]
}
