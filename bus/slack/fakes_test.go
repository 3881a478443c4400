package slack_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/plumbago/plumbago/bus/slack"
	"github.com/plumbago/plumbago/bus/slack/slacktest"
	"github.com/plumbago/plumbago/internal/backoff"
	"github.com/plumbago/plumbago/metric"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	botToken   = "xoxb-1111-secret-of-the-bot"
	adminToken = "xoxp-2222-secret-of-the-admin"
	otherToken = "xoxb-3333-secret-of-another-bot"
	appToken   = "xapp-4444-secret-of-the-app"
	metrics    = "C0METRICS"
)

// newSlack is a workspace with a channel, a bot in it, another bot, an administrator
// and a person called ann.
func newSlack(t *testing.T, o slacktest.Options) *slacktest.Server {
	t.Helper()
	s, err := slacktest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	for id, name := range map[string]string{"U0BOT": "metricsbot", "U0OTHER": "otherbot", "U0ADM": "root", "U0ANN": "ann"} {
		s.AddUser(id, name)
	}
	s.AddApp(slacktest.App{Token: botToken, AppToken: appToken, ID: "A0APP", User: "U0BOT", Bot: "B0BOT"})
	s.AddApp(slacktest.App{Token: otherToken, ID: "A0OTHER", User: "U0OTHER", Bot: "B0OTHER"})
	s.AddApp(slacktest.App{Token: adminToken, User: "U0ADM", Admin: true})
	s.AddChannel(slacktest.Channel{ID: metrics, Name: "metrics", Previous: []string{"graphs"}, Members: []string{"U0BOT", "U0ANN"}})
	return s
}

// fast is an account whose clocks run a hundred times faster than Slack's.
func fast(s *slacktest.Server, o slack.Account) slack.Account {
	if o.Token == "" {
		o.Token = botToken
	}
	if o.Channel == "" {
		o.Channel = "metrics"
	}
	o.API, o.CallEvery = s.URL, 12*time.Millisecond
	o.Backoff = backoff.Backoff{Min: 5 * time.Millisecond, Max: 50 * time.Millisecond}
	return o
}

func newSender(t *testing.T, o slack.SenderOptions) *slack.Sender {
	t.Helper()
	if o.PostEvery == 0 {
		o.PostEvery = 10 * time.Millisecond
	}
	s, err := slack.NewSender(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// receive runs a receiver until the function returned is called, or the test ends.
func receive(t *testing.T, o slack.ReceiverOptions, sink slack.Sink) (stop func()) {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	if o.Poll == 0 {
		o.Poll = 20 * time.Millisecond
	}
	r, err := slack.NewReceiver(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx, sink) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// store is a sink that remembers.
type store struct {
	mu    sync.Mutex
	lines []string
	fail  error
}

func (s *store) Store(_ context.Context, b metric.Batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	if n := bytes.Count(b.Lines, []byte("\n")); n != b.Points {
		return fmt.Errorf("a batch of %d points has %d lines", b.Points, n)
	}
	s.lines = append(s.lines, strings.Split(strings.TrimSuffix(string(b.Lines), "\n"), "\n")...)
	return nil
}

func (s *store) got() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.lines...)
}

func (s *store) refuse(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = err
}

var errFull = errors.New("the queue is full")

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !is(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 10 s: %s", what)
		}
	}
}

func batch(lines ...string) metric.Batch {
	return metric.Batch{Lines: []byte(strings.Join(lines, "\n") + "\n"), Points: len(lines)}
}

// numbered is n different points.
func numbered(from, n int) []string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf("servers.web%d.requests.per_second %d %d", from+i, from+i, 1700000000+from+i))
	}
	return list
}

func texts(list []slacktest.Message) (all []string) {
	for _, m := range list {
		all = append(all, m.Text)
	}
	return all
}
