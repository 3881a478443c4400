package nats_test

import (
	"fmt"
	"testing"

	"github.com/plumbago/plumbago/bus/nats"
)

func TestOptionsAreChecked(t *testing.T) {
	good := nats.Bus{Servers: []string{"nats://127.0.0.1:1"}}
	for _, c := range []struct {
		name   string
		change func(*nats.ReceiverOptions)
		want   string
	}{
		{"nothing", func(*nats.ReceiverOptions) {}, ""},
		{"no server", func(o *nats.ReceiverOptions) { o.Servers = nil }, "a server is needed, like nats://127.0.0.1:4222"},
		{"stream", func(o *nats.ReceiverOptions) { o.Stream.Name = "a b" }, `stream "a b": want letters, digits, - and _, at most 64`},
		{"subject", func(o *nats.ReceiverOptions) { o.Subject = "a.>" }, `subject "a.>": want words of letters, digits, - and _, with dots between`},
		{"partitions", func(o *nats.ReceiverOptions) { o.Partitions = 2000 }, "2000 partitions: want 1 to 1024"},
		{"two logins", func(o *nats.ReceiverOptions) { o.Login = nats.Login{User: "a", Token: "b"} }, "login: want one of credentials, nkey, user with password, and token"},
		{"no user", func(o *nats.ReceiverOptions) { o.Login = nats.Login{Password: "hunter2"} }, "login: a password needs its user"},
		{"replicas", func(o *nats.ReceiverOptions) { o.Stream.Replicas = 7 }, "7 replicas: want 1 to 5"},
		{"full", func(o *nats.ReceiverOptions) { o.Stream.Full = "x" }, `a full stream: want refuse or drop_oldest, got "x"`},
		{"keep", func(o *nats.ReceiverOptions) { o.Stream.Keep = "x" }, `keeping messages: want until_taken or until_old, got "x"`},
		{"consumer", func(o *nats.ReceiverOptions) { o.Consumer = "a.b" }, `consumer "a.b": want letters, digits, - and _, at most 64`},
		{"shares", func(o *nats.ReceiverOptions) { o.Shares = nats.Shares{64} }, "there is no partition 64: they are 0 to 63"},
		{"seed", func(o *nats.ReceiverOptions) { o.Login.Seed = write(t, "seed", "SUhunter2") }, "login: nkey: the file holds no seed of an NKey"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := nats.ReceiverOptions{Bus: good}
			c.change(&o)
			_, err := nats.NewReceiver(o)
			if got := fmt.Sprint(err); err == nil && c.want != "" || err != nil && got != c.want {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if _, err := nats.NewSender(nats.SenderOptions{Bus: o.Bus, Batch: 2 << 20}); err == nil {
				t.Error("got nil for a batch of 2 MiB")
			}
		})
	}
}
