package slack_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/plumbago/plumbago/bus/slack"
	"github.com/plumbago/plumbago/bus/slack/slacktest"
	"github.com/plumbago/plumbago/internal/logtest"
)

// A channel in which all sorts of things are said: what is taken, and what becomes of
// its messages.
func TestMessagesAreTakenOrLeftAlone(t *testing.T) {
	thread := func(m slacktest.Message) slacktest.Message { m.ThreadTS = "1700000000.000001"; return m }
	for _, c := range []struct {
		name    string
		message slacktest.Message
		taken   bool
		left    bool
	}{
		{"a bot's", slacktest.Message{User: "U0BOT", BotID: "B0BOT", Text: "a 1 1"}, true, false},
		{"a webhook's", slacktest.Message{Subtype: "bot_message", User: "U0BOT", BotID: "B1", Text: "a 1 1"}, true, false},
		{"a person's", slacktest.Message{User: "U0BOT", Text: "a 1 1"}, true, false},
		{"with a file", slacktest.Message{Subtype: "file_share", User: "U0BOT", Text: "a 1 1"}, true, false},
		{"a reply that is shown in the channel", thread(slacktest.Message{Subtype: "thread_broadcast", User: "U0BOT", Text: "a 1 1"}), true, false},
		{"a bot's with words", slacktest.Message{User: "U0BOT", BotID: "B0BOT", Text: "a 1 1\nthat's it"}, true, false},
		{"a person's with words", slacktest.Message{User: "U0BOT", Text: "look:\na 1 1"}, true, true},
		{"edited", slacktest.Message{User: "U0BOT", Text: "a 1 1", Edited: &slacktest.Edited{User: "U0BOT"}}, true, false},
		{"talk", slacktest.Message{User: "U0BOT", Text: "hello there"}, false, true},
		{"an id without points", slacktest.Message{User: "U0BOT", BotID: "B0BOT", Text: "# b=abc"}, false, true},
		{"somebody joins", slacktest.Message{Subtype: "channel_join", User: "U0BOT", Text: "a 1 1"}, false, true},
		{"a topic", slacktest.Message{Subtype: "channel_topic", User: "U0BOT", Text: "a 1 1"}, false, true},
		{"a tombstone", slacktest.Message{Subtype: "tombstone", User: "U0BOT", Text: "a 1 1"}, false, true},
		{"me", slacktest.Message{Subtype: "me_message", User: "U0BOT", Text: "a 1 1"}, false, true},
		{"a file without a text", slacktest.Message{User: "U0BOT"}, false, true},
	} {
		for _, push := range []bool{false, true} {
			t.Run(c.name+map[bool]string{true: ", pushed"}[push], func(t *testing.T) {
				s := newSlack(t, slacktest.Options{Unlimited: true})
				var sink store
				o := slack.ReceiverOptions{Account: fast(s, slack.Account{})}
				if push {
					o.AppToken, o.Poll = appToken, time.Hour
				}
				if !push {
					s.Put(metrics, c.message)
				}
				receive(t, o, &sink)
				if push {
					eventually(t, "connected", func() bool { return s.Sockets() == 1 })
					s.Put(metrics, c.message)
				}
				end := s.Put(metrics, slacktest.Message{User: "U0BOT", BotID: "B0BOT", Text: "end 1 1"})
				gone := func(ts string) bool {
					return !slices.ContainsFunc(s.Messages(metrics), func(m slacktest.Message) bool { return m.TS == ts })
				}
				eventually(t, "the end", func() bool { return gone(end) })
				if taken := slices.Contains(sink.got(), "a 1 1"); taken != c.taken {
					t.Errorf("got taken: %v, want %v", taken, c.taken)
				}
				if left := len(s.Messages(metrics)) == 1; left != c.left {
					t.Errorf("got left alone: %v, want %v", left, c.left)
				}
			})
		}
	}
}

func TestRepliesAndEditedOnesCanBeLeftAlone(t *testing.T) {
	s := newSlack(t, slacktest.Options{Unlimited: true})
	var sink store
	receive(t, slack.ReceiverOptions{Account: fast(s, slack.Account{}), AppToken: appToken, SkipEdited: true, Poll: time.Hour}, &sink)
	eventually(t, "connected", func() bool { return s.Sockets() == 1 })
	s.Put(metrics, slacktest.Message{User: "U0BOT", Text: "reply 1 1", ThreadTS: "1700000000.000001"})
	s.Put(metrics, slacktest.Message{User: "U0BOT", Text: "edited 1 1", Edited: &slacktest.Edited{}})
	s.Put(metrics, slacktest.Message{User: "U0BOT", Text: "end 1 1"})
	eventually(t, "the end", func() bool { return slices.Contains(sink.got(), "end 1 1") })
	if got := sink.got(); len(got) != 1 {
		t.Errorf("got %q, want neither the reply nor the edited one", got)
	}
}

func TestAllPagesAreReadAndSorted(t *testing.T) {
	for name, o := range map[string]slacktest.Options{
		"newest first": {Unlimited: true, MaxPage: 7}, "oldest first": {Unlimited: true, MaxPage: 7, OldestFirst: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSlack(t, o)
			want := numbered(0, 100)
			for i, line := range want {
				s.Put(metrics, slacktest.Message{User: "U0BOT", BotID: "B0BOT", Text: line})
				if i%3 == 0 {
					s.Say(metrics, "U0ANN", "well")
				}
			}
			var sink store
			receive(t, slack.ReceiverOptions{Account: fast(s, slack.Account{}), Ack: slack.Cursor}, &sink)
			eventually(t, "all", func() bool { return len(sink.got()) >= len(want) })
			if got := sink.got(); !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestNothingIsReadTwiceAfterARestart(t *testing.T) {
	for _, ack := range []slack.Ack{slack.Delete, slack.React, slack.Cursor} {
		t.Run(string(ack), func(t *testing.T) {
			s := newSlack(t, slacktest.Options{Unlimited: true})
			o := slack.ReceiverOptions{Account: fast(s, slack.Account{}), Dir: t.TempDir(), Ack: ack}
			var sink store
			for i := range 3 {
				stop := receive(t, o, &sink)
				s.Put(metrics, slacktest.Message{User: "U0BOT", BotID: "B0BOT", Text: numbered(i, 1)[0]})
				eventually(t, "one more", func() bool { return len(sink.got()) == i+1 })
				stop()
			}
			if got := sink.got(); !slices.Equal(got, numbered(0, 3)) {
				t.Errorf("got %q, want each point once", got)
			}
			if data, err := os.ReadFile(filepath.Join(o.Dir, metrics+".json")); err != nil || strings.Contains(string(data), `"cursor":""`) {
				t.Errorf("got the record %s and %v, want the cursor in it", data, err)
			}
		})
	}
}

// A message is acknowledged when its points are stored, and not before; also where
// the receiver was ended in between.
func TestNothingIsAcknowledgedBeforeItIsStored(t *testing.T) {
	s := newSlack(t, slacktest.Options{Unlimited: true})
	o := slack.ReceiverOptions{Account: fast(s, slack.Account{}), Dir: t.TempDir()}
	var sink store
	sink.refuse(errFull)
	stop := receive(t, o, &sink)
	s.Put(metrics, slacktest.Message{User: "U0BOT", BotID: "B0BOT", Text: "a 1 1"})
	reads := s.Calls("conversations.history")
	eventually(t, "several tries", func() bool { return s.Calls("conversations.history") > reads+3 })
	if n := s.Calls("chat.delete"); n != 0 {
		t.Fatalf("got %d messages deleted whose points are nowhere", n)
	}
	s.Fail(func(method string) slacktest.Fault {
		if method == "chat.delete" {
			return slacktest.Cut
		}
		return slacktest.NoFault
	})
	sink.refuse(nil)
	eventually(t, "a try to delete", func() bool { return s.Calls("chat.delete") > 0 })
	stop()
	s.Fail(func(string) slacktest.Fault { return slacktest.NoFault })
	receive(t, o, &sink)
	eventually(t, "the message deleted", func() bool { return len(s.Deleted(metrics)) == 1 })
	if got := sink.got(); !slices.Equal(got, []string{"a 1 1"}) {
		t.Errorf("got %q, want the point once", got)
	}
}

func TestWhereMessagesCannotBeDeletedTheCursorIsEnough(t *testing.T) {
	for name, c := range map[string]struct {
		o     slacktest.Options
		token slack.Token
	}{
		"another bot's":        {slacktest.Options{Unlimited: true}, otherToken},
		"the workspace's rule": {slacktest.Options{Unlimited: true, NoDeletion: true}, botToken},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSlack(t, c.o)
			var log logtest.Journal
			var sink store
			o := slack.ReceiverOptions{Account: fast(s, slack.Account{Token: c.token, Logger: log.Logger()}), Dir: t.TempDir()}
			stop := receive(t, o, &sink)
			for i, line := range numbered(0, 5) {
				s.Put(metrics, slacktest.Message{User: "U0BOT", BotID: "B0BOT", Text: line})
				eventually(t, line, func() bool { return len(sink.got()) == i+1 })
			}
			eventually(t, "a word of it", func() bool { return strings.Contains(log.String(), "cannot be deleted") })
			stop()
			if n := strings.Count(log.String(), "level=WARN"); n != 1 {
				t.Errorf("got %d warnings, want 1:\n%s", n, &log)
			}
			tries := s.Calls("chat.delete")
			stop = receive(t, o, &sink)
			s.Put(metrics, slacktest.Message{User: "U0BOT", BotID: "B0BOT", Text: "end 1 1"})
			eventually(t, "the end", func() bool { return len(sink.got()) == 6 })
			stop()
			if n := s.Calls("chat.delete") - tries; n > 1 {
				t.Errorf("got %d more tries, want one a start at most", n)
			}
		})
	}
}

func TestAnAdministratorDeletesWhatOthersPosted(t *testing.T) {
	s := newSlack(t, slacktest.Options{Unlimited: true})
	var sink store
	s.Put(metrics, slacktest.Message{User: "U0BOT", BotID: "B0BOT", Text: "a 1 1"})
	receive(t, slack.ReceiverOptions{Account: fast(s, slack.Account{Token: adminToken})}, &sink)
	eventually(t, "it deleted", func() bool { return len(s.Deleted(metrics)) == 1 })
}

func TestWhatHasOurReactionIsDone(t *testing.T) {
	s := newSlack(t, slacktest.Options{Unlimited: true})
	var sink store
	o := slack.ReceiverOptions{Account: fast(s, slack.Account{}), Ack: slack.React, Reaction: "tada"}
	s.Put(metrics, slacktest.Message{User: "U0ANN", Text: "old 1 1", Reactions: []slacktest.Reaction{{Name: "tada", Users: []string{"U0ANN", "U0BOT"}, Count: 2}}})
	s.Put(metrics, slacktest.Message{User: "U0ANN", Text: "new 1 1", Reactions: []slacktest.Reaction{{Name: "tada", Users: []string{"U0ANN"}, Count: 1}}})
	receive(t, o, &sink)
	eventually(t, "a reaction", func() bool { return len(s.Messages(metrics)[1].Reactions[0].Users) == 2 })
	if got := sink.got(); !slices.Equal(got, []string{"new 1 1"}) {
		t.Errorf("got %q, want what has no reaction of ours", got)
	}
}

func TestTheLimitForDistributedAppsIsExplained(t *testing.T) {
	s := newSlack(t, slacktest.Options{Distributed: true, Speed: 0.01}) // so that limits are of minutes here too
	for range 40 {
		s.Put(metrics, slacktest.Message{User: "U0BOT", BotID: "B0BOT", Text: "a 1 1"})
	}
	var log logtest.Journal
	receive(t, slack.ReceiverOptions{Account: fast(s, slack.Account{Logger: log.Logger()})}, &store{})
	eventually(t, "why it is slow", func() bool { return strings.Contains(log.String(), "make an app of your own") })
}

func TestACursorThatHasExpiredIsNoTrouble(t *testing.T) {
	s := newSlack(t, slacktest.Options{Unlimited: true, MaxPage: 5})
	for _, line := range numbered(0, 50) {
		s.Put(metrics, slacktest.Message{User: "U0BOT", BotID: "B0BOT", Text: line})
	}
	n := 0
	s.Fail(func(method string) slacktest.Fault {
		if n++; method == "conversations.history" && n%4 == 0 {
			return slacktest.Expired
		}
		return slacktest.NoFault
	})
	var sink store
	receive(t, slack.ReceiverOptions{Account: fast(s, slack.Account{}), Ack: slack.Cursor, Dir: t.TempDir()}, &sink)
	time.Sleep(50 * time.Millisecond)
	s.Fail(func(string) slacktest.Fault { return slacktest.NoFault })
	eventually(t, "all", func() bool { return len(sink.got()) == 50 })
}

func TestTwoReceiversInOneRegistry(t *testing.T) {
	s := newSlack(t, slacktest.Options{Unlimited: true})
	registry := prometheus.NewRegistry()
	for range 2 {
		if _, err := slack.NewReceiver(slack.ReceiverOptions{Account: fast(s, slack.Account{Registerer: registry}), Name: "r", Dir: t.TempDir()}); err != nil {
			t.Error(err)
		}
	}
}

func TestAReceiverNeedsWhatItNeeds(t *testing.T) {
	ok := slack.Account{Token: "xoxb-1", Channel: "metrics"}
	for name, o := range map[string]slack.ReceiverOptions{
		"a token": {Dir: "x", Account: slack.Account{Channel: "a"}}, "a channel": {Dir: "x", Account: slack.Account{Token: "a"}},
		"a folder": {Account: ok}, "delete, react or cursor": {Account: ok, Dir: "x", Ack: "none"},
	} {
		if _, err := slack.NewReceiver(o); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want an error that asks for %s", err, name)
		}
	}
	if _, err := slack.NewSender(slack.SenderOptions{}); err == nil {
		t.Error("got no error of a sender without a token")
	}
}
