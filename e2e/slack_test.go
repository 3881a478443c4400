package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plumbago/plumbago/bus/slack/slacktest"
)

const (
	slackToken    = "xoxb-5f1c7d-secret-of-the-bot"
	slackAppToken = "xapp-9a3e2b-secret-of-the-app"
	slackChannel  = "C0METRICS"
)

// bus is a Slack with a channel, and a carbon-slack.yml for it.
type bus struct {
	*slacktest.Server
	t   *testing.T
	dir string
	yml string

	mu   sync.Mutex
	said []*output // by commands
}

func newBus(t *testing.T, o slacktest.Options, carbon, rest string) *bus {
	t.Helper()
	s, err := slacktest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	s.AddUser("U0BOT", "metricsbot")
	s.AddUser("U0ANN", "ann")
	s.AddApp(slacktest.App{Token: slackToken, AppToken: slackAppToken, ID: "A0APP", User: "U0BOT", Bot: "B0BOT"})
	s.AddChannel(slacktest.Channel{ID: slackChannel, Name: "metrics", Members: []string{"U0ANN"}})
	b := &bus{Server: s, t: t, dir: t.TempDir()}
	b.yml = filepath.Join(b.dir, "carbon-slack.yml")
	host, at, _ := strings.Cut(carbon, ":")
	writeFile(t, b.yml, fmt.Sprintf("token: %s # from Slack\ncarbon-server: %s\ncarbon-port: %s\nchannel: metrics\napi: %s\n%s",
		slackToken, host, at, s.URL, rest))
	t.Cleanup(b.checkHidden)
	return b
}

// checkHidden looks for tokens in what commands have said, and in their files.
func (b *bus) checkHidden() {
	shown := map[string]string{}
	for i, o := range b.said {
		shown[fmt.Sprintf("output %d", i)] = o.String()
	}
	filepath.WalkDir(b.dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() && path != b.yml {
			if data, _ := os.ReadFile(path); len(data) > 0 {
				shown[path] = string(data)
			}
		}
		return nil
	})
	checkHidden(b.t, slackToken, shown)
	checkHidden(b.t, slackAppToken, shown)
}

// run runs a command under its old name to its end.
func (b *bus) run(stdin, name string, args ...string) string {
	b.t.Helper()
	link := filepath.Join(b.dir, name)
	if _, err := os.Lstat(link); err != nil {
		if err := os.Symlink(os.Getenv(binaryVariable), link); err != nil {
			b.t.Fatal(err)
		}
	}
	cmd := exec.Command(link, append([]string{"-c", b.yml}, args...)...)
	cmd.Stdin = strings.NewReader(stdin)
	var said output
	b.note(&said)
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		b.t.Fatalf("%s %q: %v\n%s", name, args, err, said.String())
	}
	return said.String()
}

// relay runs the relay, with its data in the bus's folder.
func (b *bus) relay() *process {
	b.t.Helper()
	p := start(b.t, plumbago(b.dir, "slack", "relay", "--config", b.yml, "--debug", "--data-dir", filepath.Join(b.dir, "data")))
	b.note(&p.output)
	return p
}

// note keeps what a command says, to be looked at in the end.
func (b *bus) note(said *output) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.said = append(b.said, said)
}

func TestPointsCrossSlackIntoWhisper(t *testing.T) {
	cache := startCache(t)
	b := newBus(t, slacktest.Options{}, cache.line, "poll: 200ms\n")
	now := time.Now().Unix() - 30
	b.run("", "carbon-slack-send", "slack.web01.example.com.load", "12.5", fmt.Sprint(now))
	b.run(fmt.Sprintf("slack.a 1 %d\nslack.b.&<c> -2 %d\n", now+1, now+2), "carbon-slack-send")
	b.Say(slackChannel, "U0ANN", "all quiet at example.com?")
	if got := b.run("", "carbon-slack-recv"); !strings.Contains(got, " ann: all quiet at example.com?\n") || !strings.Contains(got, " metricsbot: slack.b.&<c> -2 ") {
		t.Errorf("got %q of recv, want time, name and text of each message", got)
	}
	relay := b.relay()
	want := map[string]struct {
		at    int64
		value float64
	}{"slack.web01.example.com.load": {now, 12.5}, "slack.a": {now + 1, 1}, "slack.b.&<c>": {now + 2, -2}}
	for name, w := range want {
		eventually(t, 15*time.Second, name+" in whisper", func() bool {
			v, ok := whisperFetch(t, cache.whisper, name, now-10, now+10)[w.at]
			return ok && v == w.value
		})
	}
	eventually(t, 5*time.Second, "two messages deleted", func() bool { return len(b.Deleted(slackChannel)) == 2 })
	for _, m := range b.Messages(slackChannel) {
		if m.User == "U0BOT" && m.Subtype == "" {
			t.Errorf("got %q left in the channel", m.Text)
		}
	}
	relay.signal(15)
	if status := relay.wait(10 * time.Second); status != 0 {
		t.Errorf("got status %d after SIGTERM, want 0", status)
	}
}

func TestTheBusOutlivesFaultsAndKills(t *testing.T) {
	const points, kills = 10_000, 10
	far := newSink(t, "line")
	b := newBus(t, slacktest.Options{Speed: 100}, far.address, "poll: 50ms\npost-every: 20ms\ncall-every: 10ms\n")
	b.Fail(slacktest.Sometimes(0.1, 1))
	chat := []string{b.Say(slackChannel, "U0ANN", "what is this?"), b.Say(slackChannel, "U0ANN", "see 3 4 things at a.b.com")}
	var lines strings.Builder
	for i := range points {
		fmt.Fprintf(&lines, "servers.web%04d.requests.per_second %d %d\n", i, i, 1_700_000_000+i)
	}
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		b.run(lines.String(), "carbon-slack-send")
	}()
	relay := b.relay()
	for i := range kills {
		time.Sleep(300 * time.Millisecond)
		relay.kill()
		chat = append(chat, b.Say(slackChannel, "U0ANN", fmt.Sprintf("killed %d times", i+1)))
		relay = b.relay()
	}
	<-sent
	eventually(t, 30*time.Second, "all points", func() bool { return far.distinct() == points })
	eventually(t, 20*time.Second, "all messages acknowledged", func() bool { return len(b.posted()) == 0 })
	b.checkChat(chat)
	times := map[string]int{}
	for _, m := range b.Deleted(slackChannel) {
		if times[m.TS]++; times[m.TS] > 1 {
			t.Errorf("message %s was deleted twice", m.TS)
		}
	}
	t.Logf("%d messages, %d points more than once", len(times), far.repeated())
}

// posted lists what the bot has posted and is still there.
func (b *bus) posted() (list []string) {
	for _, m := range b.Messages(slackChannel) {
		if m.User == "U0BOT" && m.Subtype == "" {
			list = append(list, m.TS)
		}
	}
	return list
}

// checkChat expects what people wrote to be there.
func (b *bus) checkChat(want []string) {
	b.t.Helper()
	var got []string
	for _, m := range b.Messages(slackChannel) {
		if m.User == "U0ANN" {
			got = append(got, m.TS)
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		b.t.Errorf("got %q of what people wrote, want %q", got, want)
	}
}

func TestTwoGatewaysWithSlackBetween(t *testing.T) {
	b := newBus(t, slacktest.Options{Speed: 100}, "127.0.0.1:1", "")
	keys := fmt.Sprintf(`token: "${env:SLACK_TOKEN}", channel: metrics, call_every: 20ms, api: %q`, b.URL)
	tokens := []string{"SLACK_TOKEN=" + slackToken, "SLACK_APP_TOKEN=" + slackAppToken}
	far := newSink(t, "line")
	in := startGatewayWith(t, fmt.Sprintf("  - {protocol: slack, app_token: \"${env:SLACK_APP_TOKEN}\", ack: react, %s}\n", keys), to(far), tokens...)
	out := startGateway(t, destinations(fmt.Sprintf("{name: bus, type: slack, interval: 100ms, post_every: 50ms, %s}", keys)), tokens...)
	st := &stream{}
	c := dial(t, out.line)
	if err := st.write(c, 1000); err != nil {
		t.Fatal(err)
	}
	c.Close()
	st.checkAllArrived(t, far, 15*time.Second)
	eventually(t, 5*time.Second, "a reaction beside each message", func() bool {
		for _, m := range b.Messages(slackChannel) {
			if m.Subtype == "" && len(m.Reactions) != 1 {
				return false
			}
		}
		return true
	})
	checkHidden(t, slackToken, map[string]string{"in": in.said(), "out": out.said(), "metrics": in.page("/metrics") + out.page("/metrics") + in.page("/status") + out.page("/status")})
	checkHidden(t, slackAppToken, map[string]string{"in": in.said(), "metrics": in.page("/metrics") + in.page("/status")})
	in.stop()
	out.stop()
}
