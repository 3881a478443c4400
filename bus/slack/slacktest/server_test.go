package slacktest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	"go.uber.org/goleak"

	"github.com/plumbago/plumbago/bus/slack/slacktest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newServer(t *testing.T, o slacktest.Options) *slacktest.Server {
	t.Helper()
	s, err := slacktest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(); http.DefaultClient.CloseIdleConnections() })
	s.AddUser("U1", "bot")
	s.AddApp(slacktest.App{Token: "xoxb-1", AppToken: "xapp-1", ID: "A1", User: "U1", Bot: "B1"})
	s.AddApp(slacktest.App{Token: "xoxb-2", User: "U2", Bot: "B2", Scopes: []string{"chat:write", "channels:history"}})
	s.AddApp(slacktest.App{Token: "xoxp-3", User: "U3", Admin: true})
	s.AddChannel(slacktest.Channel{ID: "C1", Name: "one", Members: []string{"U1"}})
	s.AddChannel(slacktest.Channel{ID: "C2", Name: "two", Private: true})
	return s
}

// call calls a method and returns its answer with the status.
func call(t *testing.T, s *slacktest.Server, token, method string, values ...string) (answer map[string]any, resp *http.Response) {
	t.Helper()
	form := url.Values{"token": {token}}
	for i := 0; i < len(values); i += 2 {
		form.Set(values[i], values[i+1])
	}
	resp, err := http.PostForm(s.URL+method, form)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	json.Unmarshal(body, &answer)
	return answer, resp
}

func TestRefusalsComeWithStatus200(t *testing.T) {
	s := newServer(t, slacktest.Options{Unlimited: true})
	said := s.Say("C1", "U9", "mine")
	for _, c := range []struct {
		name, token, method string
		values              []string
		want                string
	}{
		{"no token", "", "auth.test", nil, "not_authed"},
		{"a token nobody has", "xoxb-9", "auth.test", nil, "invalid_auth"},
		{"an app's token", "xapp-1", "auth.test", nil, "not_allowed_token_type"},
		{"no such method", "xoxb-1", "channels.list", nil, "unknown_method"},
		{"a scope", "xoxb-2", "reactions.add", nil, "missing_scope"},
		{"no channel", "xoxb-1", "chat.postMessage", []string{"channel", "C9", "text", "a"}, "channel_not_found"},
		{"a private one", "xoxb-1", "conversations.join", []string{"channel", "C2"}, "method_not_supported_for_channel_type"},
		{"no member posts", "xoxb-2", "chat.postMessage", []string{"channel", "C1", "text", "a"}, "not_in_channel"},
		{"no member reads", "xoxb-2", "conversations.history", []string{"channel", "C1"}, "not_in_channel"},
		{"no text", "xoxb-1", "chat.postMessage", []string{"channel", "C1", "text", " "}, "no_text"},
		{"another's message", "xoxb-1", "chat.delete", []string{"channel", "C1", "ts", said}, "cant_delete_message"},
		{"no message", "xoxb-1", "chat.delete", []string{"channel", "C1", "ts", "1.000001"}, "message_not_found"},
		{"a cursor", "xoxb-1", "conversations.history", []string{"channel", "C1", "cursor", "x"}, "invalid_cursor"},
	} {
		answer, resp := call(t, s, c.token, c.method, c.values...)
		if resp.StatusCode != 200 || answer["ok"] != false || answer["error"] != c.want {
			t.Errorf("%s: got %d %v, want %s", c.name, resp.StatusCode, answer, c.want)
		}
		if c.want == "missing_scope" && (answer["needed"] != "reactions:write" || answer["provided"] != "chat:write,channels:history") {
			t.Errorf("got %v, want the scopes", answer)
		}
	}
	if answer, _ := call(t, s, "xoxp-3", "chat.delete", "channel", "C1", "ts", said); answer["ok"] != true {
		t.Errorf("got %v, want an administrator to delete it", answer)
	}
	if answer, _ := call(t, s, "xoxb-1", "conversations.join", "channel", "C1"); answer["warning"] != "already_in_channel" {
		t.Errorf("got %v, want a warning", answer)
	}
}

func TestHistoryComesInPagesNewestFirst(t *testing.T) {
	s := newServer(t, slacktest.Options{Unlimited: true})
	var all []string
	for i := range 10 {
		all = append(all, s.Say("C1", "U9", fmt.Sprint(i)))
	}
	if !slices.IsSorted(all) || !regexp.MustCompile(`^\d{10}\.\d{6}$`).MatchString(all[0]) {
		t.Errorf("got the times %q", all)
	}
	read := func(values ...string) (got []string) {
		for cursor := ""; ; {
			answer, _ := call(t, s, "xoxb-1", "conversations.history", append(values, "channel", "C1", "limit", "3", "cursor", cursor)...)
			for _, m := range answer["messages"].([]any) {
				got = append(got, m.(map[string]any)["ts"].(string))
			}
			if answer["has_more"] == false {
				return got
			}
			cursor = answer["response_metadata"].(map[string]any)["next_cursor"].(string)
		}
	}
	newest := slices.Clone(all)
	slices.Reverse(newest)
	for name, c := range map[string]struct{ got, want []string }{
		"all":       {read(), newest},
		"between":   {read("oldest", all[2], "latest", all[7]), newest[3:7]},
		"inclusive": {read("oldest", all[2], "latest", all[7], "inclusive", "1"), newest[2:8]},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: got %q, want %q", name, c.got, c.want)
		}
	}
}

func TestTextsAreStoredAsSlackDoes(t *testing.T) {
	s := newServer(t, slacktest.Options{Unlimited: true, Phones: true})
	for text, want := range map[string]string{
		"a.&lt;b&gt;&amp;c": "a.&lt;b&gt;&amp;c",
		"a < b & c":         "a &lt; b &amp; c",
		"www.foo.com 1":     "<http://www.foo.com|www.foo.com> 1",
		"http://foo.com/ 1": "<http://foo.com/> 1",
		"a@b.com 1":         "<mailto:a@b.com|a@b.com> 1",
		"x 1 1700000000":    "x 1 <tel:1700000000|1700000000>",
		"<@U1> a_b.c*d":     "<@U1> a_b.c*d",
		"🚀":                 ":rocket:",
	} {
		answer, _ := call(t, s, "xoxb-1", "chat.postMessage", "channel", "C1", "text", text)
		if got := answer["message"].(map[string]any)["text"]; got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestLongTextsAreSplitAndCut(t *testing.T) {
	s := newServer(t, slacktest.Options{Unlimited: true})
	answer, _ := call(t, s, "xoxb-1", "chat.postMessage", "channel", "C1", "text", strings.Repeat("x", 4900))
	list := s.Messages("C1")
	if len(list) != 2 || len(list[0].Text) != 4000 || answer["ts"] != list[0].TS {
		t.Errorf("got %d messages and the ts %v, want two and the first's", len(list), answer["ts"])
	}
	answer, _ = call(t, s, "xoxb-1", "chat.postMessage", "channel", "C1", "text", strings.Repeat("x", 50_000))
	if n := len(s.Messages("C1")) - 2; n != 10 || !strings.Contains(fmt.Sprint(answer), "message_truncated") {
		t.Errorf("got %d messages and %v, want 40,000 characters and a warning", n, answer["response_metadata"])
	}
}

func TestCallsAreLimited(t *testing.T) {
	s := newServer(t, slacktest.Options{Distributed: true})
	for range 20 {
		s.Say("C1", "U9", "a")
	}
	answer, _ := call(t, s, "xoxb-1", "conversations.history", "channel", "C1", "limit", "200")
	if n := len(answer["messages"].([]any)); n != 15 {
		t.Errorf("got %d messages, want 15", n)
	}
	answer, resp := call(t, s, "xoxb-1", "conversations.history", "channel", "C1")
	if resp.StatusCode != 429 || resp.Header.Get("Retry-After") != "60" || answer["error"] != "ratelimited" {
		t.Errorf("got %d, Retry-After %q and %v", resp.StatusCode, resp.Header.Get("Retry-After"), answer)
	}
	if _, resp := call(t, s, "xoxb-1", "auth.test"); resp.StatusCode != 200 {
		t.Errorf("got %d of another method, want 200", resp.StatusCode)
	}
}

func TestAMessageWithRepliesLeavesATombstone(t *testing.T) {
	s := newServer(t, slacktest.Options{Unlimited: true})
	answer, _ := call(t, s, "xoxb-1", "chat.postMessage", "channel", "C1", "text", "a")
	ts := answer["ts"].(string)
	s.Put("C1", slacktest.Message{User: "U9", Text: "why?", ThreadTS: ts})
	call(t, s, "xoxb-1", "chat.delete", "channel", "C1", "ts", ts)
	if list := s.Messages("C1"); len(list) != 1 || list[0].Subtype != "tombstone" {
		t.Errorf("got %+v, want a tombstone and no reply", list)
	}
}

func TestFaults(t *testing.T) {
	s := newServer(t, slacktest.Options{Unlimited: true})
	for f, want := range map[slacktest.Fault]struct {
		status int
		body   string
		done   int
	}{
		slacktest.ServerError: {500, "", 0}, slacktest.LateError: {503, "", 1}, slacktest.Limited: {429, "ratelimited", 0},
		slacktest.LateInternal: {200, "internal_error", 1}, slacktest.Unspoken: {200, "<nil>", 0},
	} {
		before := len(s.Messages("C1"))
		s.Fail(slacktest.Once("chat.postMessage", f))
		answer, resp := call(t, s, "xoxb-1", "chat.postMessage", "channel", "C1", "text", "a")
		if resp.StatusCode != want.status || want.body != "" && fmt.Sprint(answer["error"]) != want.body || answer["ok"] == true {
			t.Errorf("fault %d: got %d %v", f, resp.StatusCode, answer)
		}
		if done := len(s.Messages("C1")) - before; done != want.done {
			t.Errorf("fault %d: got %d posted, want %d", f, done, want.done)
		}
	}
	s.Fail(slacktest.Once("auth.test", slacktest.Cut))
	if _, err := http.Post(s.URL+"auth.test", "", nil); err == nil {
		t.Error("got an answer over a connection that was cut")
	}
}

func TestSocketModeRedelivers(t *testing.T) {
	s := newServer(t, slacktest.Options{Unlimited: true, Speed: 100})
	answer, _ := call(t, s, "xapp-1", "apps.connections.open")
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, answer["url"].(string), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	next := func() (e struct {
		Type    string
		ID      string `json:"envelope_id"`
		Reason  string
		Attempt int `json:"retry_attempt"`
	}) {
		if err := wsjson.Read(ctx, conn, &e); err != nil {
			t.Fatal(err)
		}
		return e
	}
	if e := next(); e.Type != "hello" {
		t.Fatalf("got %+v, want hello", e)
	}
	s.Say("C1", "U9", "a")
	first, again := next(), next()
	if first.ID != again.ID || again.Attempt != 1 {
		t.Errorf("got %+v and then %+v, want the same again", first, again)
	}
	if err := wsjson.Write(ctx, conn, map[string]string{"envelope_id": first.ID}); err != nil {
		t.Fatal(err)
	}
	s.Disconnect("warning")
	if e := next(); e.Type != "disconnect" || e.Reason != "warning" {
		t.Errorf("got %+v, want to be asked to leave", e)
	}
}
