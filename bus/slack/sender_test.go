package slack_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/plumbago/plumbago/bus/slack"
	"github.com/plumbago/plumbago/bus/slack/slacktest"
	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/internal/logtest"
)

func dial(t *testing.T, s *slack.Sender) deliver.Conn {
	t.Helper()
	conn, err := s.Dial(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func send(t *testing.T, c deliver.Conn, lines ...string) {
	t.Helper()
	if err := c.Send(context.Background(), batch(lines...)); err != nil {
		t.Fatal(err)
	}
}

func TestPointsAreGatheredAcrossBlocks(t *testing.T) {
	s := newSlack(t, slacktest.Options{Unlimited: true})
	sender := newSender(t, slack.SenderOptions{Account: fast(s, slack.Account{}), Gather: 50 * time.Millisecond})
	conn := dial(t, sender)
	for i := range 10 {
		send(t, conn, numbered(i*5, 5)...)
	}
	if conn.Acked() != 0 {
		t.Error("got blocks acknowledged that are not posted")
	}
	eventually(t, "all acknowledged", func() bool { return conn.Acked() == 10 })
	if n := len(s.Messages(metrics)); n != 1 {
		t.Errorf("got %d messages, want one", n)
	}
	if err := conn.Close(context.Background()); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func TestABlockIsAcknowledgedWithItsLastMessage(t *testing.T) {
	s := newSlack(t, slacktest.Options{Unlimited: true, PlainText: true})
	sender := newSender(t, slack.SenderOptions{Account: fast(s, slack.Account{}), Gather: time.Hour})
	conn := dial(t, sender)
	send(t, conn, numbered(0, 200)...) // more than two messages
	eventually(t, "two messages", func() bool { return len(s.Messages(metrics)) == 2 })
	time.Sleep(20 * time.Millisecond)
	if n := conn.Acked(); n != 0 {
		t.Errorf("got %d blocks acknowledged of which a part waits", n)
	}
	if err := conn.Close(context.Background()); err != nil || conn.Acked() != 1 {
		t.Errorf("got %v and %d acknowledged, want the rest posted at the end", err, conn.Acked())
	}
	for _, text := range texts(s.Messages(metrics)) {
		if n := utf8.RuneCountInString(text); n > 3900 {
			t.Errorf("got a message of %d characters, want at most 3,900", n)
		}
	}
}

func TestWhatWasPostedOfABlockIsNotPostedAgain(t *testing.T) {
	s := newSlack(t, slacktest.Options{Unlimited: true, PlainText: true})
	sender := newSender(t, slack.SenderOptions{Account: fast(s, slack.Account{}), Gather: time.Hour})
	all := numbered(0, 200)
	conn := dial(t, sender)
	send(t, conn, all...)
	eventually(t, "a part of it", func() bool { return len(s.Messages(metrics)) == 2 })
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if err := conn.Close(ended); err == nil {
		t.Error("got no error of a Conn that was ended before all was posted")
	}
	conn = dial(t, sender)
	send(t, conn, all...)
	if err := conn.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	list := texts(s.Messages(metrics))
	posted := strings.Join(slices.Compact(list), "\n") // the one that was under way goes again as it was
	if n := strings.Count(posted, "servers."); n != len(all) {
		t.Errorf("got %d points posted, want %d", n, len(all))
	}
}

func TestALineThatIsTooLongIsRefused(t *testing.T) {
	s := newSlack(t, slacktest.Options{Unlimited: true})
	sender := newSender(t, slack.SenderOptions{Account: fast(s, slack.Account{}), Gather: time.Millisecond})
	conn := dial(t, sender)
	long := strings.Repeat("&", 1000) + " 1 1"
	if err := conn.Send(context.Background(), batch(long)); !deliver.IsPermanent(err) {
		t.Errorf("got %v, want a permanent error", err)
	}
	if err := conn.Send(context.Background(), batch("a 1 1", long, "b 2 2")); deliver.RefusedBy(err) != 1 {
		t.Errorf("got %v, want one point refused", err)
	}
	if err := conn.Close(context.Background()); err != nil || conn.Acked() != 1 {
		t.Errorf("got %v and %d acknowledged, want the others posted", err, conn.Acked())
	}
	if err := sender.Send(context.Background(), batch(long, "c 3 3")); deliver.RefusedBy(err) != 1 {
		t.Errorf("Send: got %v, want one point refused", err)
	}
	if got := strings.Join(texts(s.Messages(metrics)), "\n"); strings.Contains(got, "&amp;") || !strings.Contains(got, "c 3 3") {
		t.Errorf("got %q, want the others alone", got)
	}
}

func TestAChangedTextIsCountedAndTold(t *testing.T) {
	s := newSlack(t, slacktest.Options{Unlimited: true})
	var log logtest.Journal
	registry := prometheus.NewRegistry()
	sender := newSender(t, slack.SenderOptions{Name: "bus", Account: fast(s, slack.Account{Logger: log.Logger(), Registerer: registry})})
	for _, line := range []string{"plain 1 1", "x.example.com 1 1", "y.example.com 1 1"} {
		if err := sender.Send(context.Background(), batch(line)); err != nil {
			t.Fatal(err)
		}
	}
	want := "# HELP plumbago_slack_changed_total Messages that Slack stored otherwise than they were sent.\n" +
		"# TYPE plumbago_slack_changed_total counter\nplumbago_slack_changed_total{dest=\"bus\"} 2\n"
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "plumbago_slack_changed_total"); err != nil {
		t.Error(err)
	}
	if n := strings.Count(log.String(), "level=WARN"); n != 1 || !strings.Contains(log.String(), "readable=true") {
		t.Errorf("got %d warnings, want one a minute:\n%s", n, &log)
	}
}

func TestWhatIsWrongIsToldWithItsCure(t *testing.T) {
	for _, c := range []struct {
		name    string
		account slack.Account
		prepare func(*slacktest.Server)
		want    string
	}{
		{"a token", slack.Account{Token: "xoxb-nobody"}, nil, "copy it again"},
		{"an app's token", slack.Account{Token: appToken}, nil, "another kind of token"},
		{"no such channel", slack.Account{Channel: "nope"}, nil, "check the name"},
		{"a private channel", slack.Account{Channel: "C0PRIVATE"}, nil, "/invite"},
		{"an archived one", slack.Account{Channel: "C0OLDER"}, nil, "unarchive"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSlack(t, slacktest.Options{Unlimited: true})
			s.AddChannel(slacktest.Channel{ID: "C0PRIVATE", Name: "private", Private: true})
			s.AddChannel(slacktest.Channel{ID: "C0OLDER", Name: "old", Archived: true})
			sender := newSender(t, slack.SenderOptions{Account: fast(s, c.account)})
			err := sender.Send(context.Background(), batch("a 1 1"))
			if err == nil || !slack.Misconfigured(err) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want it to say %q", err, c.want)
			}
		})
	}
}

func TestChannelsAreFound(t *testing.T) {
	s := newSlack(t, slacktest.Options{Unlimited: true})
	for i := range 1100 { // more than a page
		s.AddChannel(slacktest.Channel{ID: "C1" + strings.Repeat("X", 4) + string(rune('A'+i%26)), Name: "other" + string(rune('a'+i%26))})
	}
	s.AddChannel(slacktest.Channel{ID: "C0LAST", Name: "last", Previous: []string{"first", "metrics"}})
	s.AddChannel(slacktest.Channel{ID: "C0PRIVATE", Name: "hidden", Private: true, Members: []string{"U0BOT"}})
	for name, want := range map[string]string{
		"metrics": metrics, "#metrics": metrics, "graphs": metrics, metrics: metrics,
		"last": "C0LAST", "first": "C0LAST", "hidden": "C0PRIVATE", "C0LAST": "C0LAST",
	} {
		before := len(s.Messages(want))
		sender := newSender(t, slack.SenderOptions{Account: fast(s, slack.Account{Channel: name})})
		if err := sender.Send(context.Background(), batch("a 1 1")); err != nil || len(s.Messages(want)) <= before {
			t.Errorf("%s: got %v, want the point in %s", name, err, want)
		}
	}
}

func TestAChannelIsFoundWithoutTheScopeForPrivateOnes(t *testing.T) {
	s := newSlack(t, slacktest.Options{Unlimited: true})
	s.AddApp(slacktest.App{Token: "xoxb-few", User: "U0FEW", Bot: "B0FEW", Scopes: []string{"channels:read", "channels:join", "chat:write"}})
	sender := newSender(t, slack.SenderOptions{Account: fast(s, slack.Account{Token: "xoxb-few"})})
	if err := sender.Send(context.Background(), batch("a 1 1")); err != nil {
		t.Error(err)
	}
}

func TestTheSendersOwnOldMessagesAreDeleted(t *testing.T) {
	s := newSlack(t, slacktest.Options{Unlimited: true})
	person := s.Say(metrics, "U0ANN", "mine 1 1700000000")
	talk := s.Put(metrics, slacktest.Message{User: "U0BOT", BotID: "B0BOT", Text: "I am here"})
	sender := newSender(t, slack.SenderOptions{Account: fast(s, slack.Account{}), CleanAfter: time.Second, Gather: time.Millisecond})
	if err := sender.Send(context.Background(), batch("a 1 1")); err != nil {
		t.Fatal(err)
	}
	if n, err := sender.Clean(context.Background()); n != 0 || err != nil {
		t.Errorf("got %d deleted and %v, want none so soon", n, err)
	}
	conn := dial(t, sender) // cleans while it lasts
	eventually(t, "the old one deleted", func() bool { return len(s.Deleted(metrics)) == 1 })
	if err := conn.Close(context.Background()); err != nil {
		t.Error(err)
	}
	if left := s.Messages(metrics); len(left) != 2 || left[0].TS != person || left[1].TS != talk {
		t.Errorf("got %q left, want what a person and the bot said", texts(left))
	}
}
