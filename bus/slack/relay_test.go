package slack_test

import (
	"bufio"
	"context"
	"net"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/plumbago/plumbago/bus/slack"
	"github.com/plumbago/plumbago/bus/slack/slacktest"
	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/deliver/carbon"
	"github.com/plumbago/plumbago/internal/durable"
)

// far is a carbon that notes lines.
type far struct {
	address string
	mu      sync.Mutex
	lines   []string
}

func newFar(t *testing.T, address string) *far {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	f := &far{address: l.Addr().String()}
	var open sync.WaitGroup
	open.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			open.Go(func() {
				defer c.Close()
				for lines := bufio.NewScanner(c); lines.Scan(); {
					f.mu.Lock()
					f.lines = append(f.lines, lines.Text())
					f.mu.Unlock()
				}
			})
		}
	})
	t.Cleanup(func() { l.Close(); open.Wait() })
	return f
}

func (f *far) got() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.lines)
}

// runRelay runs a relay to an address until the function returned is called.
func runRelay(t *testing.T, s *slacktest.Server, dir, address string) (stop func()) {
	t.Helper()
	to, err := carbon.New(carbon.Options{Address: "tcp://" + address, Protocol: "line"})
	if err != nil {
		t.Fatal(err)
	}
	r, err := slack.OpenRelay(slack.RelayOptions{
		Receiver: slack.ReceiverOptions{Account: fast(s, slack.Account{}), Poll: 10 * time.Millisecond},
		To:       to, DataDir: dir, Worker: deliver.Options{ReplayMargin: 50 * time.Millisecond, DrainTimeout: time.Second},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Connect(context.Background()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// Messages are acknowledged though carbon is down: their points are on disk, and wait
// there for it, also over a restart.
func TestTheRelayKeepsPointsForCarbon(t *testing.T) {
	s := newSlack(t, slacktest.Options{Unlimited: true})
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	dir := t.TempDir()
	s.Put(metrics, slacktest.Message{User: "U0BOT", BotID: "B0BOT", Text: "a 1 1\nb 2 2"})
	stop := runRelay(t, s, dir, address)
	eventually(t, "the message deleted", func() bool { return len(s.Deleted(metrics)) == 1 })
	stop()
	f := newFar(t, address)
	runRelay(t, s, dir, address)
	eventually(t, "both at carbon", func() bool { return slices.Equal(f.got(), []string{"a 1 1", "b 2 2"}) })
}

func TestARelayHasItsFolderToItself(t *testing.T) {
	s := newSlack(t, slacktest.Options{Unlimited: true})
	dir := t.TempDir()
	o := slack.RelayOptions{Receiver: slack.ReceiverOptions{Account: fast(s, slack.Account{})}, DataDir: dir}
	r, err := slack.OpenRelay(o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := slack.OpenRelay(o); err == nil {
		t.Error("got a second relay in one folder")
	}
	if locked, err := durable.Locked(filepath.Join(dir, "queue", "carbon", "lock")); err != nil || !locked {
		t.Errorf("got locked: %v, %v", locked, err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if _, err := slack.OpenRelay(slack.RelayOptions{}); err == nil {
		t.Error("got a relay without a folder")
	}
}

func TestListShowsWhatIsInTheChannel(t *testing.T) {
	s := newSlack(t, slacktest.Options{Unlimited: true, MaxPage: 3})
	for range 5 {
		s.Say(metrics, "U0ANN", "old")
	}
	s.Say(metrics, "U0ANN", "see example.com & \x1b[31mred")
	s.Put(metrics, slacktest.Message{Subtype: "bot_message", Username: "hook", Text: "a 1 1"})
	s.Put(metrics, slacktest.Message{User: "U0GONE", Text: "b 2 2"})
	list, err := slack.List(context.Background(), fast(s, slack.Account{}), 3)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range list {
		got = append(got, m.Author+": "+m.Text)
		if time.Since(m.Time) > time.Minute {
			t.Errorf("got the time %v", m.Time)
		}
	}
	if want := []string{"ann: see example.com & [31mred", "hook: a 1 1", "U0GONE: b 2 2"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
