package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"

	"github.com/plumbago/plumbago/bus/nats"
	"github.com/plumbago/plumbago/config"
	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/relay"
	"github.com/prometheus/client_golang/prometheus"
)

// natsBus is a stream, as both ways through it know it.
func natsBus(dataDir string, n *config.NATS) (nats.Bus, error) {
	security, err := clientTLS(n.TLS)
	return nats.Bus{
		Servers: n.Servers, TLS: security,
		Login: nats.Login{
			Credentials: n.Login.Credentials, Seed: n.Login.NKey,
			User: n.Login.User, Password: n.Login.Password.Reveal(), Token: n.Login.Token.Reveal(),
		},
		Stream: nats.Stream{
			Name: n.Stream, Create: n.Create, Replicas: n.Replicas, MaxBytes: int64(n.MaxBytes), MaxAge: n.MaxAge,
			Full: n.WhenFull, Keep: n.Keep, Duplicate: n.Duplicates,
		},
		Subject: n.Subject, Partitions: n.Partitions, Timeout: n.Timeout, Dir: filepath.Join(dataDir, "nats"),
	}, err
}

// natsSource is a stream to take points from.
func natsSource(dataDir string, r config.Receiver) (relay.Source, error) {
	s := relay.Source{Name: "nats+" + r.NATS.Stream, Protocol: "nats", Tenant: r.Tenant}
	if r.Consumer != "" {
		s.Name += "+" + r.Consumer
	}
	bus, err := natsBus(dataDir, r.NATS)
	if err != nil {
		return s, err
	}
	s.Address = bus.Address()
	if s.Names, err = policy(r.Names); err != nil {
		return s, fmt.Errorf("names: %w", err)
	}
	o := nats.ReceiverOptions{
		Bus: bus, Name: s.Name, Consumer: r.Consumer, TrustTenants: r.TrustTenants, AckWait: r.AckWait, MaxDeliver: r.MaxDeliver,
	}
	if o.Shares, err = shares(r); err != nil {
		return s, err
	}
	s.Version = fmt.Sprintf("%+v %s %+v %s", o, r.Tenant, r.Names, stateOf(r.NATS.TLS.CA))
	s.Open = func(log *slog.Logger, registerer prometheus.Registerer) (relay.Fetch, error) {
		o.Logger, o.Registerer = log.With("receiver", s.Name), registerer
		receiver, err := nats.NewReceiver(o)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, sink relay.Storer) error { return receiver.Run(ctx, sink) }, nil
	}
	receiver, err := nats.NewReceiver(o)
	if err == nil {
		s.Check = receiver.Check
	}
	return s, err
}

// shares are the partitions that a receiver takes.
func shares(r config.Receiver) (s nats.Shares, err error) {
	switch {
	case r.Worker != "":
		s, err = nats.ParseWorker(r.Worker, r.NATS.Partitions)
	case r.Partitions != "":
		s, err = nats.ParseShares(r.Partitions, r.NATS.Partitions)
	}
	return s, err
}

// natsStream is a stream to publish into.
func natsStream(c *config.Config, d config.Destination) (farEnd, error) {
	bus, err := natsBus(c.DataDir, d.NATS)
	if err != nil {
		return farEnd{}, err
	}
	o := nats.SenderOptions{Bus: bus, Name: d.Name, Interval: d.Interval, Batch: int(d.Batch)}
	if d.PerTenant {
		for _, t := range c.Tenants {
			o.Tenants = append(o.Tenants, t.Name)
		}
	}
	return farEnd{
		kind: "nats", version: fmt.Sprintf("%+v %s", o, stateOf(d.NATS.TLS.CA)), answers: true,
		open: func(log *slog.Logger, registerer prometheus.Registerer) (deliver.Destination, error) {
			o.Logger, o.Registerer = log, registerer
			return nats.NewSender(o)
		},
	}, nil
}

// natsAddress is a stream as operators know it.
func natsAddress(n *config.NATS) string {
	return nats.Bus{Servers: n.Servers, Stream: nats.Stream{Name: n.Stream}}.Address()
}
