package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/plumbago/plumbago/config"
	"github.com/plumbago/plumbago/config/carbonconf"
	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/deliver/whisper"
	"github.com/plumbago/plumbago/internal/schema"
	filefmt "github.com/plumbago/plumbago/whisper"
	"github.com/prometheus/client_golang/prometheus"
)

// whisperFiles is a folder of files, which db gets to be read from while they are
// written.
func whisperFiles(dataDir string, d config.Destination, db *database) farEnd {
	o := whisper.Options{
		Name: d.Name, Dir: d.Dir, MaxCreates: d.MaxCreates, FlushEvery: d.Interval, CacheBytes: int64(d.Cache),
		RefusalsPath: refusalsPath(dataDir, d.Name),
	}
	if d.Lock {
		o.Locking = filefmt.Locked
	}
	files := storageFiles{d.Schemas, d.Aggregation}
	return farEnd{
		kind: "whisper", version: fmt.Sprintf("%+v %+v", o, files), answers: true,
		check: func() error { _, err := files.load(); return err },
		open: func(log *slog.Logger, registerer prometheus.Registerer) (deliver.Destination, error) {
			one := &stored{name: d.Name, files: files, stamp: files.stamp(), db: db, log: log}
			rules, err := files.load()
			if err != nil {
				return nil, err
			}
			o.Schemas, o.Logger, o.Registerer = rules, log, registerer
			if one.Store, err = whisper.Open(o); err != nil {
				return nil, err
			}
			db.opened(one)
			return one, nil
		},
	}
}

// stored is a folder of files in use.
type stored struct {
	*whisper.Store
	name  string
	files storageFiles
	stamp string // of the files, when they were read last
	db    *database
	log   *slog.Logger
}

// Close implements io.Closer.
func (s *stored) Close() error {
	s.db.closed(s)
	return s.Store.Close()
}

// refresh takes up the storage files if they have changed. With mistakes in them,
// what was read before stays in force.
func (s *stored) refresh() {
	now := s.files.stamp()
	if now == s.stamp {
		return
	}
	s.stamp = now
	rules, err := s.files.load()
	if err != nil {
		s.log.Error("storage files not taken up", "err", err)
		return
	}
	s.SetSchemas(rules)
	s.log.Info("storage files read again")
}

// storageFiles are carbon's files about how series are stored, "" for none.
type storageFiles struct{ schemas, aggregation string }

// load reads the files. What no file says is as schema.Default has it. Rules that
// carbon would leave out are left out: flaws tells of them.
func (f storageFiles) load() (*schema.Rules, error) {
	rules, err := f.read()
	if carbonWouldStart(err) {
		err = nil
	}
	return rules, err
}

// flaws is what is wrong with the files although carbon would start with them.
func (f storageFiles) flaws() error {
	if _, err := f.read(); carbonWouldStart(err) {
		return err
	}
	return nil
}

func carbonWouldStart(err error) bool {
	var found carbonconf.Errors
	return errors.As(err, &found) && found.Harmless()
}

func (f storageFiles) read() (rules *schema.Rules, err error) {
	rules = schema.Default()
	var problems, more carbonconf.Errors
	if f.schemas != "" {
		rules.Retentions, err = carbonconf.LoadStorageSchemas(f.schemas)
		errors.As(err, &problems)
	}
	if f.aggregation != "" {
		rules.Aggregations, err = carbonconf.LoadStorageAggregation(f.aggregation)
		errors.As(err, &more)
	}
	if problems = append(problems, more...); len(problems) > 0 {
		return rules, problems
	}
	return rules, nil
}

// stamp tells one state of the files from another.
func (f storageFiles) stamp() string {
	return stamp(os.Stat(f.schemas)) + stamp(os.Stat(f.aggregation))
}
