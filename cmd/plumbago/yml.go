package main

import (
	"fmt"
	"net/url"
	"path/filepath"

	"github.com/plumbago/plumbago/config"
	"github.com/plumbago/plumbago/queue"
)

// fromYML reads the plumbago.yml at path, or the default one if path is "".
func fromYML(path string) (*setup, error) {
	c, err := loadYML(path)
	if err != nil {
		return nil, err
	}
	s := &setup{file: path, dataDir: c.DataDir, admin: c.Admin.Listen, log: c.Log}
	s.relay.Rules, s.relay.Quarantine = c.Rules(), c.Quarantine
	s.relay.Receivers, err = receivers(c)
	if err == nil {
		s.relay.Sources, err = sources(c)
	}
	if err == nil {
		s.relay.Tenants, err = tenants(c)
	}
	if err == nil {
		s.relay.Destinations, err = destinations(c)
	}
	if err != nil {
		return nil, usageError{fmt.Errorf("%s: %w", path, err)}
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
