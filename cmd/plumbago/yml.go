package main

import (
	"fmt"
	"net/url"
	"path/filepath"

	"github.com/plumbago/plumbago/config"
	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/deliver/carbon"
	"github.com/plumbago/plumbago/queue"
	"github.com/plumbago/plumbago/receive"
	"github.com/plumbago/plumbago/relay"
)

// fromYML reads the plumbago.yml at path, or the default one if path is "".
func fromYML(path string) (*setup, error) {
	c, err := loadYML(path)
	if err != nil {
		return nil, err
	}
	s := &setup{file: path, dataDir: c.DataDir, admin: c.Admin.Listen, log: c.Log}
	s.relay.Rules = c.Rules()
	for _, r := range c.Receive {
		s.relay.Receivers = append(s.relay.Receivers, receiver(r))
	}
	for _, d := range c.Deliver {
		part, err := destination(c.DataDir, d)
		if err != nil {
			return nil, usageError{fmt.Errorf("%s: destination %q: %w", path, d.Name, err)}
		}
		s.relay.Destinations = append(s.relay.Destinations, part)
	}
	return s, nil
}

func loadYML(path string) (*config.Config, error) {
	if path == "" {
		return config.Default(defaultDataDir), nil
	}
	c, err := config.Load(path)
	if err != nil {
		return nil, usageError{fmt.Errorf("read %s: %w", path, layOut(err))}
	}
	return c, nil
}

func receiver(r config.Receiver) receive.Options {
	return receive.Options{
		Protocol: r.Protocol, Address: r.Listen,
		MaxLine: int(r.MaxLine), MaxFrame: int(r.MaxFrame),
		MaxConnections: r.MaxConnections, IdleTimeout: r.IdleTimeout, MaxHeldBytes: int(r.MaxHeld),
		AcceptUnterminated: r.AcceptUnterminated,
		UDPBuffer:          int(r.UDPBuffer), UDPSockets: r.UDPSockets,
	}
}

func destination(dataDir string, d config.Destination) (relay.Destination, error) {
	o := carbon.Options{
		Name: d.Name, Address: d.Address, Protocol: d.Protocol, Prefix: d.Prefix.Reveal(), UserTimeout: d.UserTimeout,
	}
	if _, err := carbon.New(o); err != nil {
		return relay.Destination{}, err
	}
	worker := deliver.Options{
		ReplayMargin: d.ReplayMargin, MaxConnectionAge: d.MaxConnectionAge, DialTimeout: d.DialTimeout,
	}
	return relay.Destination{
		Name: d.Name, Address: d.Address, Kind: d.Type + " by " + d.Protocol, Far: carbonFar(o),
		QueueDir: queueDir(dataDir, d.Name),
		Queue:    queueOptions(d.Queue),
		Worker:   worker,
		Version:  fmt.Sprintf("%+v %+v", o, worker),
	}, nil
}

// queuesDir holds a folder for each destination's queue.
func queuesDir(dataDir string) string { return filepath.Join(dataDir, "queue") }

func queueDir(dataDir, destination string) string {
	return filepath.Join(queuesDir(dataDir), destination)
}

// folderOf is the name of a destination's folder, and destinationOf what folder's
// destination is called: carbon's names may hold characters that no folder's can.
func folderOf(destination string) string { return url.PathEscape(destination) }

func destinationOf(folder string) string {
	name, err := url.PathUnescape(folder)
	if err != nil {
		return folder
	}
	return name
}

func queueOptions(q config.Queue) queue.Options {
	policies := map[string]queue.Policy{"drop_oldest": queue.DropOldest, "block": queue.Wait, "reject": queue.Reject}
	modes := map[config.SyncMode]queue.SyncMode{
		config.SyncEvery: queue.SyncEvery, config.SyncAlways: queue.SyncAlways, config.SyncNever: queue.SyncNever,
	}
	return queue.Options{
		MaxBytes: int64(q.MaxBytes), MaxAge: q.MaxAge, Flush: q.Flush,
		Sync:       queue.SyncPolicy{Mode: modes[q.Sync.Mode], Every: q.Sync.Every},
		WhenFull:   policies[q.WhenFull],
		ReplayRate: int(q.ReplayRate),
	}
}
