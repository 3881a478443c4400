package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/plumbago/plumbago/config"
)

var slackErrors = []errorCase{
	{"what a channel needs", `receive:
  - {protocol: slack}
  - {protocol: line}
deliver:
  - {name: bus, type: slack}
  - {name: carbon, type: carbon, protocol: line}
`,
		[]string{
			`2:5: token is missing; add it, like token: ${env:SLACK_TOKEN}`,
			`2:5: channel is missing; add it, like channel: metrics`,
			`3:5: listen is missing; add it, like listen: tcp://0.0.0.0:2003`,
			`5:5: token is missing; add it, like token: ${env:SLACK_TOKEN}`,
			`5:5: channel is missing; add it, like channel: metrics`,
			`6:5: address is missing; add it, like address: tcp://127.0.0.1:2003`,
		}},
	{"what a channel has not", `receive:
  - {protocol: slack, token: xoxb-1, channel: a, listen: 'tcp://:1', max_line: 1KiB, max_connections: 1, udp_sockets: 1}
  - {protocol: line, listen: 'tcp://:2', token: xoxb-1, channel: a, ack: delete}
deliver:
  - {name: bus, type: slack, token: xoxb-1, channel: a, address: 'tcp://h:1', key: k, timeout: 1s, replay_margin: 1s}
  - {name: carbon, type: carbon, address: 'tcp://h:1', protocol: line, post_every: 1s, clean_after: 1d}
`,
		[]string{
			`2:58: listen: is for protocols that listen only; leave it out`,
			`2:80: max_line: is for protocol line or http only; leave it out`,
			`2:103: max_connections: is for tcp and tls only; leave it out`,
			`2:119: udp_sockets: is for udp only; leave it out`,
			`3:49: token: is for protocol slack only; leave it out`,
			`3:66: channel: is for protocol slack only; leave it out`,
			`3:74: ack: is for protocol slack only; leave it out`,
			`5:66: address: is for types carbon, hostedgraphite, blueflood and remote_write only; leave it out`,
			`5:84: key: is for type hostedgraphite only; leave it out`,
			`5:96: timeout: is for https only; leave it out`,
			`5:115: replay_margin: is for tcp and tls only; leave it out`,
			`6:84: post_every: is for type slack only; leave it out`,
			`6:101: clean_after: is for type slack only; leave it out`,
		}},
	{"values", `receive:
  - {protocol: slack, token: hunter2, app_token: xoxb-hunter2, channel: 'a b', reaction: tada, api: 'slack.com'}
  - {protocol: slack, token: 'xoxb hunter2', channel: b, ack: none, poll: 1ms}
  - {protocol: slack, token: xoxb-hunter2, channel: b, api: 'http://hunter2@h/'}
` + destination,
		[]string{
			`2:30: token: it begins with neither xoxb- nor xoxp-; see docs/slack.md for the right one`,
			`2:50: app_token: it does not begin with xapp-, as tokens of apps do; see docs/slack.md`,
			`2:73: channel: no channel's name has a blank in it; want a name like metrics, or an id like C0123456789`,
			`2:90: reaction: does nothing without ack: react; add that, or leave it out`,
			`2:101: api: want a URL like "https://slack.com/api/", without a user in it, got "slack.com"`,
			`3:30: token: it has a blank or a control character in it, which no token can have`,
			`3:63: ack: want delete, react or cursor, got "none"`,
			`3:75: poll: want 1s or more, got "1ms"`,
			`4:53: channel: "b" is read already, by line 3; leave one out, or for a channel of the same name elsewhere give its id`,
			`4:61: api: want a URL like "https://slack.com/api/", without a user in it, got one with "@" in it`,
		}},
}

func TestSlackIsRead(t *testing.T) {
	const file = `receive:
  - {protocol: slack, token: xoxb-1, channel: metrics, app_token: xapp-1, poll: 1m, ack: react, reaction: tada, skip_edited: true, call_every: 1s, api: 'http://h/'}
deliver:
  - {name: bus, type: slack, token: xoxp-1, channel: C0123456, interval: 5s, post_every: 2s, clean_after: 1d, call_every: 3s, api: 'http://i/'}
`
	c := mustParse(t, file, config.Lookup{})
	r := config.NewReceiver("slack", "")
	r.Token, r.Channel, r.AppToken, r.Poll, r.Ack, r.Reaction = "xoxb-1", "metrics", "xapp-1", time.Minute, "react", "tada"
	r.SkipEdited, r.CallEvery, r.API = true, time.Second, "http://h/"
	if diff := cmp.Diff(r, c.Receive[0]); diff != "" {
		t.Errorf("receiver (-want +got):\n%s", diff)
	}
	d := c.NewDestination("bus", "", "")
	d.Type, d.Token, d.Channel, d.Interval, d.PostEvery = "slack", "xoxp-1", "C0123456", 5*time.Second, 2*time.Second
	d.CleanAfter, d.CallEvery, d.API = 24*time.Hour, 3*time.Second, "http://i/"
	if diff := cmp.Diff(d, c.Deliver[0]); diff != "" {
		t.Errorf("destination (-want +got):\n%s", diff)
	}
	c.Receive[0].Token, c.Receive[0].AppToken, c.Deliver[0].Token = "${env:A}", "${env:B}", "${env:A}"
	var b strings.Builder
	if err := config.Write(&b, c, nil); err != nil {
		t.Fatal(err)
	}
	again := mustParse(t, b.String(), config.Lookup{Env: func(name string) (string, bool) {
		return map[string]string{"A": "xoxb-1", "B": "xapp-1"}[name], true
	}})
	if again.Receive[0].Poll != time.Minute || again.Deliver[0].Interval != 5*time.Second {
		t.Errorf("got %+v out of:\n%s", again, b.String())
	}
}
