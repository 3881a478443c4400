package slack_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plumbago/plumbago/bus/slack"
	"github.com/plumbago/plumbago/bus/slack/slacktest"
	"github.com/plumbago/plumbago/internal/logtest"
)

// answering is a Slack that answers everything in one way.
func answering(t *testing.T, status int, header http.Header, body string) (account slack.Account, last *atomic.Pointer[http.Request]) {
	t.Helper()
	last = new(atomic.Pointer[http.Request])
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.ParseForm()
		last.Store(r)
		for k, v := range header {
			w.Header()[k] = v
		}
		w.WriteHeader(status)
		w.Write([]byte(body))
	}))
	t.Cleanup(s.Close)
	return slack.Account{Token: botToken, Channel: metrics, API: s.URL + "/api", CallEvery: time.Millisecond, Timeout: time.Second}, last
}

// What Slack's answers can be taken for, and what they are. Clients in wide use get
// these wrong.
func TestAnswersAreNotMistaken(t *testing.T) {
	retry := http.Header{"Retry-After": {"7"}}
	for _, c := range []struct {
		name    string
		status  int
		header  http.Header
		body    string
		want    slack.Error
		lasting bool
	}{
		{"not ok without a word is no success", 200, nil, `{"ok":false}`, slack.Error{Status: 200}, false},
		{"nor is nothing at all", 200, nil, `{}`, slack.Error{Status: 200}, false},
		{"a limit with Retry-After", 429, retry, `{"ok":false,"error":"ratelimited"}`, slack.Error{Code: "ratelimited", Status: 429, RetryAfter: 7 * time.Second}, false},
		{"a limit without Retry-After", 429, nil, `{"ok":false}`, slack.Error{Code: "ratelimited", Status: 429, RetryAfter: 50 * time.Millisecond}, false},
		{"a limit with a page", 429, retry, `<html>`, slack.Error{Code: "ratelimited", Status: 429, RetryAfter: 7 * time.Second}, false},
		{"a limit by its other name, with status 200", 200, nil, `{"ok":false,"error":"rate_limited"}`, slack.Error{Code: "rate_limited", Status: 200, RetryAfter: 50 * time.Millisecond}, false},
		{"a missing scope says which", 200, nil, `{"ok":false,"error":"missing_scope","needed":"chat:write","provided":"a,b"}`,
			slack.Error{Code: "missing_scope", Status: 200, Needed: "chat:write", Provided: "a,b"}, true},
		{"a page of a proxy", 503, nil, `<html>`, slack.Error{Status: 503}, false},
		{"an error inside of Slack passes", 200, nil, `{"ok":false,"error":"internal_error"}`, slack.Error{Code: "internal_error", Status: 200}, false},
		{"a token that is unknown does not", 200, nil, `{"ok":false,"error":"invalid_auth"}`, slack.Error{Code: "invalid_auth", Status: 200}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			account, _ := answering(t, c.status, c.header, c.body)
			err := newSender(t, slack.SenderOptions{Account: account}).Connect(context.Background())
			var got *slack.Error
			if !errors.As(err, &got) {
				t.Fatalf("got %v, want an Error", err)
			}
			c.want.Method = "auth.test"
			if *got != c.want || slack.Misconfigured(err) != c.lasting {
				t.Errorf("got %+v, lasting: %v, want %+v, lasting: %v", *got, slack.Misconfigured(err), c.want, c.lasting)
			}
			if c.want.Needed != "" && !strings.Contains(err.Error(), "chat:write") {
				t.Errorf("got %q, want it to name the scope", err)
			}
		})
	}
}

func TestTheAddressNeedsNoSlashAtItsEnd(t *testing.T) {
	account, last := answering(t, 200, nil, `{"ok":true}`)
	newSender(t, slack.SenderOptions{Account: account}).Connect(context.Background())
	if got := last.Load().URL.Path; !strings.HasPrefix(got, "/api/conversations.") {
		t.Errorf("got a call of %q, want one below /api/", got)
	}
}

func TestTheTokenIsInTheHeaderAlone(t *testing.T) {
	account, last := answering(t, 200, nil, `{"ok":true}`)
	newSender(t, slack.SenderOptions{Account: account}).Connect(context.Background())
	r := last.Load()
	if got := r.Header.Get("Authorization"); got != "Bearer "+botToken {
		t.Errorf("got the header %q, want the token", got)
	}
	if r.Form.Has("token") || strings.Contains(r.URL.String(), botToken) {
		t.Errorf("got the token in %v of %s", r.Form, r.URL)
	}
}

func TestALimitHoldsForItsMethodOnly(t *testing.T) {
	s := newSlack(t, slacktest.Options{Unlimited: true})
	s.Fail(slacktest.Once("auth.test", slacktest.Limited))
	account := fast(s, slack.Account{})
	sender := newSender(t, slack.SenderOptions{Account: account})
	err := sender.Connect(context.Background())
	if err == nil {
		t.Fatal("got no error")
	}
	began := time.Now()
	short, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if err := sender.Connect(short); err == nil || time.Since(began) > 50*time.Millisecond {
		t.Errorf("got %v after %v, want to hear at once that there is not the time to wait", err, time.Since(began))
	}
	if err := sender.Connect(context.Background()); err != nil || time.Since(began) < 900*time.Millisecond {
		t.Errorf("got %v after %v, want success after a second", err, time.Since(began))
	}
	if n := s.Calls("auth.test"); n != 2 {
		t.Errorf("got %d calls, want 2: none while the limit holds", n)
	}
}

// A post whose outcome is not known is made again as it was, whatever has come
// meanwhile, and a reader counts it once.
func TestAPostIsNotRepeatedUnderAnotherID(t *testing.T) {
	for _, f := range []slacktest.Fault{slacktest.LateCut, slacktest.LateError, slacktest.LateInternal} {
		s := newSlack(t, slacktest.Options{Speed: 100})
		s.Fail(slacktest.Once("chat.postMessage", f, slacktest.LimitedMutely, slacktest.Unspoken, f))
		var sink store
		sender := newSender(t, slack.SenderOptions{Account: fast(s, slack.Account{})})
		if err := sender.Send(context.Background(), batch("a 1 1", "b 2 2")); err != nil {
			t.Fatal(err)
		}
		if n := len(s.Messages(metrics)); n != 3 {
			t.Errorf("got %d messages, want the same one three times", n)
		}
		receive(t, slack.ReceiverOptions{Account: fast(s, slack.Account{})}, &sink)
		eventually(t, "all three acknowledged", func() bool { return len(s.Deleted(metrics)) == 3 })
		if got := strings.Join(sink.got(), ","); got != "a 1 1,b 2 2" {
			t.Errorf("got %q, want each point once", got)
		}
	}
}

func TestThreeCharactersAreEscapedOnceAndReadBack(t *testing.T) {
	s := newSlack(t, slacktest.Options{Speed: 100})
	var sink store
	receive(t, slack.ReceiverOptions{Account: fast(s, slack.Account{})}, &sink)
	want := []string{"a.<b>&c 1 1700000000", "&lt; 2 1700000000", "x.io 3 1700000000", "<http://a|b> 4 5", "a@b.de 1 2"}
	if err := newSender(t, slack.SenderOptions{Account: fast(s, slack.Account{})}).Send(context.Background(), batch(want...)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "all", func() bool { return len(sink.got()) == len(want) })
	if got := strings.Join(sink.got(), "\n"); got != strings.Join(want, "\n") {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNoTokenIsShown(t *testing.T) {
	var log logtest.Journal
	repeated := `{"ok":false,"error":"what is ` + botToken + `?","needed":"` + botToken + `"}`
	account, _ := answering(t, 200, nil, repeated)
	account.Logger = log.Logger()
	err := newSender(t, slack.SenderOptions{Account: account}).Connect(context.Background())
	account.API = "http://user:" + botToken + "@127.0.0.1:1/"
	down := newSender(t, slack.SenderOptions{Account: account}).Connect(context.Background())
	stop := receive(t, slack.ReceiverOptions{Account: account, AppToken: appToken}, &store{})
	eventually(t, "a word in the log", func() bool { return log.String() != "" })
	stop()
	for what, text := range map[string]string{"error": err.Error(), "error of a connection": down.Error(), "log": log.String()} {
		if strings.Contains(text, "secret-of") {
			t.Errorf("got a token in the %s: %s", what, text)
		}
	}
}
