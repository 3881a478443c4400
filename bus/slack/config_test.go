package slack_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/plumbago/plumbago/bus/slack"
	"github.com/plumbago/plumbago/internal/logtest"
)

// The original's own file, as its users have it.
const original = `# /etc/carbon-slack.yml
token: xoxp-1234567890-yadda-yadda # Application token from Slack
carbon-server: 127.0.0.1
carbon-port: 2023
channel: metrics
`

func TestTheOriginalsFileIsRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "carbon-slack.yml")
	if err := os.WriteFile(path, []byte(original), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := slack.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	want := slack.Config{Token: "xoxp-1234567890-yadda-yadda", Channel: "metrics", CarbonServer: "127.0.0.1", CarbonPort: 2023}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("configuration (-want +got):\n%s", diff)
	}
	if got := got.Carbon(); got != "tcp://127.0.0.1:2023" {
		t.Errorf("got carbon at %s", got)
	}
}

func TestEveryKeyOfTheSampleIsRead(t *testing.T) {
	var lines []string
	for l := range strings.Lines(slack.Sample) {
		if key, _, ok := strings.Cut(strings.TrimPrefix(l, "#"), ": "); ok && !strings.Contains(key, " ") {
			lines = append(lines, strings.TrimPrefix(l, "#"))
		}
	}
	var c slack.Config
	if err := yaml.UnmarshalWithOptions([]byte(strings.Join(lines, "")), &c, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	want := slack.Config{
		Token: "xoxb-1234567890-yadda-yadda", TokenFile: "/etc/plumbago/slack-token", Channel: "metrics", CarbonServer: "127.0.0.1", CarbonPort: 2003,
		AppToken: "xapp-1-yadda-yadda", Ack: slack.Delete, Reaction: "white_check_mark", Poll: slack.Duration(10 * time.Second),
		DataDir: "/var/lib/plumbago/slack", PostEvery: slack.Duration(time.Second), CallEvery: slack.Duration(1200 * time.Millisecond),
	}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Errorf("sample (-want +got):\n%s", diff)
	}
}

func TestAConfigurationCanBeAPartOfAnother(t *testing.T) {
	type program struct {
		ID    int          `yaml:"my-app-id" json:"my-app-id"`
		Relay slack.Config `yaml:"relay" json:"relay"`
	}
	const inYAML = "my-app-id: 10\nrelay:\n  token: here is my Slack API token\n  channel: metrics\n  carbon-server: ::1\n  carbon-port: '2023'\n  poll: 20s\n"
	const inJSON = `{"my-app-id": 10, "relay": {"token": "here is my Slack API token", "channel": "metrics", "carbon-server": "::1", "carbon-port": 2023, "poll": "20s"}}`
	var y, j program
	if err := yaml.Unmarshal([]byte(inYAML), &y); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(inJSON), &j); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(y, j); diff != "" || y.Relay.Token != "here is my Slack API token" || y.Relay.Carbon() != "tcp://[::1]:2023" {
		t.Errorf("got %+v, want it to be the same in both (%s)", y, diff)
	}
}

func TestTokensComeFromElsewhere(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(" xoxb-of-the-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SLACK_TOKEN", "xoxb-of-the-environment")
	t.Setenv("SLACK_APP_TOKEN", "xapp-of-the-environment")
	for _, c := range []struct{ name, text, token string }{
		{"the file itself", "token: xoxb-given\ntoken-file: " + file, "xoxb-given"},
		{"another file", "token-file: " + file, "xoxb-of-the-file"},
		{"the environment", "channel: a", "xoxb-of-the-environment"},
	} {
		got, err := slack.Parse([]byte(c.text))
		if err != nil || string(got.Token) != c.token || got.AppToken != "xapp-of-the-environment" {
			t.Errorf("%s: got %q, %q and %v, want %q", c.name, string(got.Token), string(got.AppToken), err, c.token)
		}
	}
	if _, err := slack.Parse([]byte("token-file: /nowhere")); err == nil {
		t.Error("got no error for a file that is not there")
	}
}

// What is wrong with a file is told without the lines around it, one of which holds
// the token.
func TestErrorsOfAFileHoldNoToken(t *testing.T) {
	for _, rest := range []string{"carbon-port: many", "carbon-port: 70000", "poll: soon", "poll: -1s", "channel: [a, b", "channel: {a: b}", "ack: [x]", "\tx: y"} {
		_, err := slack.Parse([]byte("token: " + botToken + "\n" + rest + "\n"))
		if err == nil || strings.Contains(err.Error(), botToken) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: got the error %v, want one in a line and without the token", rest, err)
		}
	}
	if _, err := slack.Parse([]byte("token: [" + botToken + "]\n")); err == nil || strings.Contains(err.Error(), botToken) {
		t.Errorf("got the error %v, want one without the token", err)
	}
}

func TestATokenIsNotPrinted(t *testing.T) {
	c := slack.Config{Token: botToken, AppToken: appToken}
	var log logtest.Journal
	log.Logger().Info("configured", "config", c, "token", c.Token, slog.Any("account", slack.Account{Token: botToken}))
	inJSON, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	inYAML, err := yaml.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{fmt.Sprint(c), fmt.Sprintf("%+v %#v %s %q", c, c, c.Token, c.Token), log.String(), string(inJSON), string(inYAML)} {
		if strings.Contains(text, "secret-of") {
			t.Errorf("got a token in %s", text)
		}
	}
}
