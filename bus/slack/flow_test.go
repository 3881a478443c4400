package slack_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/plumbago/plumbago/bus/slack"
	"github.com/plumbago/plumbago/bus/slack/slacktest"
)

func TestPointsCrossAndTheirMessagesAreDeleted(t *testing.T) {
	s := newSlack(t, slacktest.Options{Speed: 100})
	var sink store
	receive(t, slack.ReceiverOptions{Account: fast(s, slack.Account{})}, &sink)
	want := numbered(0, 200)
	chat := s.Say(metrics, "U0ANN", "how is web01.example.com doing?")
	sender := newSender(t, slack.SenderOptions{Account: fast(s, slack.Account{})})
	if err := sender.Send(context.Background(), batch(want...)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "all stored", func() bool { return len(sink.got()) == len(want) })
	if got := sink.got(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	eventually(t, "all acknowledged", func() bool { return len(s.Deleted(metrics)) >= 3 })
	if left := s.Messages(metrics); len(left) != 1 || left[0].TS != chat {
		t.Errorf("got %q left, want the chat", texts(left))
	}
}

func TestPostsAreSpaced(t *testing.T) {
	s := newSlack(t, slacktest.Options{Unlimited: true})
	const every = 40 * time.Millisecond
	sender := newSender(t, slack.SenderOptions{Account: fast(s, slack.Account{}), PostEvery: every})
	if err := sender.Send(context.Background(), batch(numbered(0, 500)...)); err != nil {
		t.Fatal(err)
	}
	posted := s.Posted()
	if len(posted) < 5 {
		t.Fatalf("got %d posts, want several", len(posted))
	}
	if took := posted[len(posted)-1].Sub(posted[0]); took < time.Duration(len(posted)-1)*every-every/2 {
		t.Errorf("got %d posts in %v, want %v between them", len(posted), took, every)
	}
}
