// Command fakeslack runs a Slack on this machine, to try the bus by hand: a
// workspace with one channel, metrics, and one app that is in it.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/plumbago/plumbago/bus/slack/slacktest"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "fakeslack:", err)
		os.Exit(1)
	}
}

func run() error {
	var o slacktest.Options
	flag.StringVar(&o.Address, "listen", "127.0.0.1:8065", "where to listen")
	flag.Float64Var(&o.Speed, "speed", 1, "how much faster than Slack's its limits' clocks run")
	flag.BoolVar(&o.Distributed, "distributed", false, "limit history as for distributed apps: 15 messages a minute")
	flag.BoolVar(&o.NoDeletion, "no-deletion", false, "forbid to delete messages")
	failures := flag.Float64("failures", 0, "the part of the calls that fail, in every way there is, such as 0.1")
	flag.Parse()
	s, err := slacktest.New(o)
	if err != nil {
		return err
	}
	defer s.Close()
	s.AddUser("U0BOT", "metricsbot")
	s.AddApp(slacktest.App{Token: "xoxb-fake", AppToken: "xapp-fake", ID: "A0APP", User: "U0BOT", Bot: "B0BOT"})
	s.AddChannel(slacktest.Channel{ID: "C0METRICS", Name: "metrics", Previous: []string{"graphs"}, Members: []string{"U0BOT"}})
	s.Fail(slacktest.Sometimes(*failures, uint64(time.Now().UnixNano())))
	fmt.Printf("token: xoxb-fake\napp-token: xapp-fake\nchannel: metrics\napi: %s\n", s.URL)
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt)
	<-stop
	return nil
}
