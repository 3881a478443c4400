package slack_test

import (
	"context"
	"testing"
	"time"

	"github.com/plumbago/plumbago/bus/slack"
	"github.com/plumbago/plumbago/bus/slack/slacktest"
)

// Whatever fails, and however often the receiver is stopped, every point arrives,
// every message is acknowledged once, and chat is left alone.
func TestNothingIsLostWhenCallsFail(t *testing.T) {
	for _, c := range []struct {
		name string
		ack  slack.Ack
		push bool
	}{{"delete", slack.Delete, false}, {"react", slack.React, false}, {"cursor", slack.Cursor, false}, {"pushed", slack.Delete, true}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSlack(t, slacktest.Options{Speed: 200})
			s.Fail(slacktest.Sometimes(0.1, 7))
			var sink store
			want := numbered(0, 1000)
			chat := map[string]bool{s.Say(metrics, "U0ANN", "hello, see 3 4 things"): true}
			sent := make(chan error, 1)
			go func() {
				sender := newSender(t, slack.SenderOptions{Account: fast(s, slack.Account{})})
				sent <- sender.Send(context.Background(), batch(want...))
			}()
			o := slack.ReceiverOptions{Account: fast(s, slack.Account{}), Dir: t.TempDir(), Ack: c.ack}
			if c.push {
				o.AppToken = appToken
			}
			for range 5 {
				stop := receive(t, o, &sink)
				time.Sleep(50 * time.Millisecond)
				stop()
			}
			receive(t, o, &sink)
			if err := <-sent; err != nil {
				t.Fatal(err)
			}
			chat[s.Say(metrics, "U0ANN", "done?")] = true
			eventually(t, "every point", func() bool { return len(missing(want, sink.got())) == 0 })
			eventually(t, "every message acknowledged", func() bool { return acknowledged(s, chat, c.ack) })
			if len(sink.got()) != len(want) {
				t.Errorf("got %d points, want %d: nobody was killed", len(sink.got()), len(want))
			}
			checkAcknowledgedOnce(t, s)
		})
	}
}

func missing(want, got []string) (list []string) {
	have := map[string]bool{}
	for _, l := range got {
		have[l] = true
	}
	for _, l := range want {
		if !have[l] {
			list = append(list, l)
		}
	}
	return list
}

// acknowledged reports whether what is left in the channel is as it should be, and
// the chat is whole.
func acknowledged(s *slacktest.Server, chat map[string]bool, ack slack.Ack) bool {
	people := 0
	for _, m := range s.Messages(metrics) {
		switch {
		case chat[m.TS]:
			people++
			if len(m.Reactions) > 0 {
				return false
			}
		case ack == slack.Delete, ack == slack.React && len(m.Reactions) != 1, ack == slack.Cursor && len(m.Reactions) > 0:
			return false
		}
	}
	return people == len(chat)
}

func checkAcknowledgedOnce(t *testing.T, s *slacktest.Server) {
	t.Helper()
	times := map[string]int{}
	for _, m := range s.Deleted(metrics) {
		times[m.TS]++
	}
	for ts, n := range times {
		if n != 1 {
			t.Errorf("message %s was deleted %d times", ts, n)
		}
	}
}
