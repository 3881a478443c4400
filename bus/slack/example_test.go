package slack_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/plumbago/plumbago/bus/slack"
	"github.com/plumbago/plumbago/bus/slack/slacktest"
	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/deliver/carbon"
	"github.com/plumbago/plumbago/metric"
)

// startSlack stands for Slack's own servers.
func startSlack() *slacktest.Server {
	s, err := slacktest.New(slacktest.Options{Speed: 10})
	if err != nil {
		log.Fatal(err)
	}
	s.AddApp(slacktest.App{Token: "xoxb-your-token", User: "U0BOT", Bot: "B0BOT"})
	s.AddChannel(slacktest.Channel{ID: "C0METRICS", Name: "metrics"})
	return s
}

func ExampleSender() {
	server := startSlack()
	defer server.Close()

	sender, err := slack.NewSender(slack.SenderOptions{Account: slack.Account{
		Token: "xoxb-your-token", Channel: "metrics", API: server.URL, // leave API out for Slack itself
	}})
	if err != nil {
		log.Fatal(err)
	}
	defer sender.Close()
	points := metric.Batch{Lines: []byte("test.metric 1234 1700000000\ntest.other 5 1700000000\n"), Points: 2}
	if err := sender.Send(context.Background(), points); err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(server.Messages("C0METRICS")), "messages: the bot joins, and posts")
	// Output: 2 messages: the bot joins, and posts
}

// printing is a sink that stores nothing for good. One that is meant to must not
// return before the points are on disk.
type printing struct{ enough func() }

func (p printing) Store(_ context.Context, b metric.Batch) error {
	for line := range b.All() {
		fmt.Printf("%s is %s\n", line.Name, line.Value)
	}
	p.enough()
	return nil
}

func ExampleReceiver() {
	server := startSlack()
	defer server.Close()
	server.Put("C0METRICS", slacktest.Message{User: "U0BOT", Text: "test.metric 1234 1700000000"})

	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	receiver, err := slack.NewReceiver(slack.ReceiverOptions{
		Account: slack.Account{Token: "xoxb-your-token", Channel: "metrics", API: server.URL},
		Dir:     dir, // where it remembers what it has read
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := receiver.Run(ctx, printing{enough: cancel}); err != nil {
		log.Fatal(err)
	}
	// Output: test.metric is 1234
}

func ExampleRelay() {
	server := startSlack()
	defer server.Close()

	config := slack.Config{Token: "xoxb-your-token", Channel: "metrics", CarbonServer: "127.0.0.1", CarbonPort: 2003, API: server.URL}
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	to, err := carbon.New(carbon.Options{Address: config.Carbon(), Protocol: "line"})
	if err != nil {
		log.Fatal(err)
	}
	relay, err := slack.OpenRelay(slack.RelayOptions{
		Receiver: config.Receiver(dir, slack.Reports{}), To: to, DataDir: dir,
		Worker: deliver.Options{ReplayMargin: deliver.DefaultReplayMargin},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond) // for ever, in earnest
	defer cancel()
	if err := relay.Run(ctx); err != nil {
		log.Fatal(err)
	}
	fmt.Println(errors.Is(ctx.Err(), context.DeadlineExceeded))
	// Output: true
}

// The configuration of the bus as a part of another program's.
func ExampleConfig() {
	var mine struct {
		Name  string       `yaml:"my-username"`
		Relay slack.Config `yaml:"relay"`
	}
	const file = `
my-username: buildchimp
relay:
  token: xoxb-your-token
  channel: metrics
  carbon-server: 127.0.0.1
  carbon-port: 2003
`
	if err := yaml.Unmarshal([]byte(file), &mine); err != nil {
		log.Fatal(err)
	}
	fmt.Println(mine.Name, "relays", mine.Relay.Channel, "to", mine.Relay.Carbon())
	fmt.Println(mine.Relay.Token)
	// Output:
	// buildchimp relays metrics to tcp://127.0.0.1:2003
	// ***
}
