package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"

	"github.com/plumbago/plumbago/bus/slack"
	"github.com/plumbago/plumbago/config"
	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/relay"
	"github.com/prometheus/client_golang/prometheus"
)

// sources returns the ways in of a configuration that do not listen.
func sources(c *config.Config) (list []relay.Source, err error) {
	for _, r := range c.Receive {
		var s relay.Source
		switch r.Protocol {
		case "slack":
			s, err = slackSource(c.DataDir, r)
		case "nats":
			s, err = natsSource(c.DataDir, r)
		default:
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("receiver %s: %w", s.Name, err)
		}
		list = append(list, s)
	}
	return list, nil
}

// slackSource is a Slack channel to read from.
func slackSource(dataDir string, r config.Receiver) (relay.Source, error) {
	s := relay.Source{
		Name: "slack+" + r.Channel, Address: channelAddress(r.Channel, r.API), Protocol: "slack", Tenant: r.Tenant,
	}
	var err error
	if s.Names, err = policy(r.Names); err != nil {
		return s, fmt.Errorf("names: %w", err)
	}
	o := slack.ReceiverOptions{
		Account: slack.Account{Token: slack.Token(r.Token.Reveal()), Channel: r.Channel, API: r.API, CallEvery: r.CallEvery},
		Name:    s.Name, Dir: filepath.Join(dataDir, "slack"), AppToken: slack.Token(r.AppToken.Reveal()),
		Poll: r.Poll, Ack: slack.Ack(r.Ack), Reaction: r.Reaction, SkipEdited: r.SkipEdited,
	}
	s.Version = fmt.Sprintf("%+v %s %s %s %+v", o, r.Token.Reveal(), r.AppToken.Reveal(), r.Tenant, r.Names)
	s.Open = func(log *slog.Logger, registerer prometheus.Registerer) (relay.Fetch, error) {
		o.Logger, o.Registerer = log.With("receiver", s.Name), registerer
		receiver, err := slack.NewReceiver(o)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, sink relay.Storer) error { return receiver.Run(ctx, sink) }, nil
	}
	_, err = s.Open(slog.New(slog.DiscardHandler), nil)
	return s, err
}

// slackChannel is a Slack channel to post into.
func slackChannel(d config.Destination) farEnd {
	o := slack.SenderOptions{
		Account: slack.Account{Token: slack.Token(d.Token.Reveal()), Channel: d.Channel, API: d.API, CallEvery: d.CallEvery},
		Name:    d.Name, Gather: d.Interval, PostEvery: d.PostEvery, CleanAfter: d.CleanAfter,
	}
	return farEnd{
		kind: "slack", version: fmt.Sprintf("%+v %s", o, d.Token.Reveal()), answers: true,
		open: func(log *slog.Logger, registerer prometheus.Registerer) (deliver.Destination, error) {
			o.Logger, o.Registerer = log, registerer
			return slack.NewSender(o)
		},
	}
}

// channelAddress is a channel as operators know it.
func channelAddress(channel, api string) string {
	u, err := url.Parse(api)
	if err != nil {
		return "#" + channel
	}
	return "#" + channel + " at " + u.Host
}
