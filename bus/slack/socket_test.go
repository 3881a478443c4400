package slack_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/bus/slack"
	"github.com/plumbago/plumbago/bus/slack/slacktest"
	"github.com/plumbago/plumbago/internal/logtest"
)

// pushed runs a receiver that is pushed to, and hardly ever looks by itself.
func pushed(t *testing.T, s *slacktest.Server, o slack.ReceiverOptions, sink slack.Sink) (stop func()) {
	t.Helper()
	o.Account = fast(s, o.Account)
	o.AppToken, o.Poll = appToken, time.Hour
	stop = receive(t, o, sink)
	eventually(t, "connected", func() bool { return s.Sockets() == 1 })
	return stop
}

func TestPushedPointsNeedNoPoll(t *testing.T) {
	s := newSlack(t, slacktest.Options{Unlimited: true})
	var sink store
	pushed(t, s, slack.ReceiverOptions{}, &sink)
	s.Put(metrics, slacktest.Message{User: "U0BOT", BotID: "B0BOT", Text: "# b=abc\na 1 1"})
	s.Put(metrics, slacktest.Message{User: "U0BOT", BotID: "B0BOT", Text: "# b=abc\na 1 1"})
	eventually(t, "both deleted", func() bool { return len(s.Deleted(metrics)) == 2 })
	if got := sink.got(); !slices.Equal(got, []string{"a 1 1"}) {
		t.Errorf("got %q, want the batch once", got)
	}
	eventually(t, "all envelopes acknowledged", func() bool { return s.Unacknowledged() == 0 })
}

// An envelope is acknowledged when its points are stored; until then it comes again.
func TestAnEventIsAcknowledgedWhenItIsStored(t *testing.T) {
	s := newSlack(t, slacktest.Options{Unlimited: true, Speed: 100})
	var sink store
	sink.refuse(errFull)
	pushed(t, s, slack.ReceiverOptions{Ack: slack.Cursor}, &sink)
	s.Put(metrics, slacktest.Message{User: "U0BOT", BotID: "B0BOT", Text: "a 1 1"})
	time.Sleep(20 * time.Millisecond)
	if s.Unacknowledged() == 0 {
		t.Error("got an envelope acknowledged whose points are nowhere")
	}
	sink.refuse(nil)
	eventually(t, "the point", func() bool { return len(sink.got()) > 0 })
	time.Sleep(50 * time.Millisecond) // what is redelivered counts once
	if got := sink.got(); len(got) != 1 {
		t.Errorf("got %q, want the point once", got)
	}
}

// What is said while nobody is connected is in history.
func TestConnectionsAreRenewedWithoutLoss(t *testing.T) {
	for _, reason := range []string{"", "warning", "refresh_requested", "too_many_websockets", "link_disabled"} {
		t.Run("by "+reason, func(t *testing.T) {
			s := newSlack(t, slacktest.Options{Unlimited: true})
			var sink store
			pushed(t, s, slack.ReceiverOptions{Ack: slack.Cursor}, &sink)
			eventually(t, "looked at history", func() bool { return s.Calls("conversations.history") >= 2 })
			opened := s.Calls("apps.connections.open")
			s.Disconnect(reason)
			s.Put(metrics, slacktest.Message{User: "U0BOT", BotID: "B0BOT", Text: "a 1 1"})
			eventually(t, "connected again", func() bool { return s.Calls("apps.connections.open") > opened })
			eventually(t, "the point", func() bool { return len(sink.got()) == 1 })
		})
	}
}

func TestAnAppTokenThatIsWrongIsTold(t *testing.T) {
	s := newSlack(t, slacktest.Options{Unlimited: true})
	var log logtest.Journal
	var sink store
	receive(t, slack.ReceiverOptions{Account: fast(s, slack.Account{Logger: log.Logger()}), AppToken: "xapp-wrong-secret"}, &sink)
	s.Put(metrics, slacktest.Message{User: "U0BOT", BotID: "B0BOT", Text: "a 1 1"})
	eventually(t, "the point, by history", func() bool { return len(sink.got()) == 1 })
	eventually(t, "a word of it", func() bool { return strings.Contains(log.String(), "level=ERROR") })
	if strings.Contains(log.String(), "secret") {
		t.Errorf("got a token in the log:\n%s", &log)
	}
}
