package main

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"

	"github.com/plumbago/plumbago/admin"
	"github.com/plumbago/plumbago/config"
	"github.com/plumbago/plumbago/queue"
)

// fromYML reads the plumbago.yml at path, or the default one if path is "". The
// series that it has stored are read from db.
func fromYML(path string, db *database) (*setup, error) {
	c, err := loadYML(path)
	if err != nil {
		return nil, err
	}
	s := &setup{
		file: path, dataDir: c.DataDir, log: c.Log,
		admin: c.Admin.Listen, access: access(c.Admin), maxAge: c.Admin.ReadyMaxAge,
		certificates: certificatesOf(c), database: db,
	}
	s.relay.Rules, s.relay.Quarantine = c.Rules(), c.Quarantine
	s.relay.OwnMetrics = ownMetrics(c)
	s.relay.Receivers, err = receivers(c)
	if err == nil {
		s.relay.Sources, err = sources(c)
	}
	if err == nil {
		s.relay.Tenants, err = tenants(c)
	}
	if err == nil {
		s.relay.Destinations, err = destinations(c, db)
	}
	for _, d := range c.Deliver {
		s.flaws = errors.Join(s.flaws, storageFiles{d.Schemas, d.Aggregation}.flaws())
	}
	if err != nil {
		return nil, usageError{fmt.Errorf("%s: %w", path, err)}
	}
	return s, nil
}

func access(a config.Admin) admin.Access {
	return admin.Access{
		TLS: serverTLS(a.TLS), Token: a.Token.Reveal(), Hosts: a.Hosts,
		Socket: a.Socket, SocketGroup: a.SocketGroup, SocketNeeded: a.Socket != "",
	}
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
