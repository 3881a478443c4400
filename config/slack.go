package config

import (
	"net/url"
	"strings"
	"time"
	"unicode"
)

// What Slack's keys are where the file says nothing.
const (
	slackAPI       = "https://slack.com/api/"
	slackCallEvery = 1200 * time.Millisecond
)

// checkSlackReceiver checks what a receiver needs that reads a Slack channel.
func (d *decoder) checkSlackReceiver(path string, r Receiver, channels map[string]int) {
	d.missing(path, "token", "${env:SLACK_TOKEN}")
	d.missing(path, "channel", "metrics")
	d.checkSlack(path, r.Token, r.API)
	if s, ok := d.spots[path+".app_token"]; ok && !strings.HasPrefix(r.AppToken.Reveal(), "xapp-") {
		d.problem(s, "app_token: it does not begin with xapp-, as tokens of apps do; see docs/slack.md")
	}
	if s, ok := d.spots[path+".reaction"]; ok && r.Ack != "react" {
		d.problem(s, "reaction: does nothing without ack: react; add that, or leave it out")
	}
	if s, ok := d.spots[path+".channel"]; ok {
		if line, twice := channels[r.Channel]; twice {
			d.problem(s, "channel: %s is read already, by line %d; leave one out, or for a channel of the same name elsewhere give its id", s.show(), line)
		}
		channels[r.Channel] = s.line
	}
}

// checkSlack checks what both ways through a channel have. It never shows a token.
func (d *decoder) checkSlack(path string, token Secret, api string) {
	if s, ok := d.spots[path+".token"]; ok {
		text := token.Reveal()
		switch {
		case strings.ContainsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }):
			d.problem(s, "token: it has a blank or a control character in it, which no token can have")
		case !strings.HasPrefix(text, "xox"):
			d.problem(s, "token: it begins with neither xoxb- nor xoxp-; see docs/slack.md for the right one")
		}
	}
	if s, ok := d.spots[path+".channel"]; ok && strings.ContainsFunc(s.raw, unicode.IsSpace) {
		d.problem(s, "channel: no channel's name has a blank in it; want a name like metrics, or an id like C0123456789")
	}
	if s, ok := d.spots[path+".api"]; ok {
		if u, err := url.Parse(api); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
			shown := s.show()
			if strings.Contains(api, "@") {
				shown = `one with "@" in it`
			}
			d.problem(s, "api: want a URL like %q, without a user in it, got %s", slackAPI, shown)
		}
	}
}
