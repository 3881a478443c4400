package nats

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/plumbago/plumbago/internal/durable"
)

// Bounds of what is in quarantine: beyond them the oldest messages go.
const (
	mostAside      = 1000
	mostAsideBytes = 64 << 20
)

// quarantine is a folder of messages that are none, each as it came, in a file named
// after its stream and its place there.
type quarantine struct {
	dir string // "": they are dropped

	mu sync.Mutex
}

// keep writes a message down, for good.
func (q *quarantine) keep(d *delivery) error {
	if q.dir == "" {
		return nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	disk := durable.OS()
	if err := disk.MkdirAll(q.dir, 0o750); err != nil {
		return err
	}
	if err := q.makeRoom(int64(len(d.Data()))); err != nil {
		return err
	}
	name := fmt.Sprintf("%s-%d", d.meta.Stream, d.meta.Sequence.Stream)
	if !validStream.MatchString(d.meta.Stream) {
		return errors.New("the name of the stream is no file's")
	}
	return durable.Replace(disk, filepath.Join(q.dir, name), d.Data())
}

// makeRoom removes the oldest files until another has room.
func (q *quarantine) makeRoom(size int64) error {
	for {
		entries, err := os.ReadDir(q.dir)
		if err != nil {
			return err
		}
		oldest, when, total := "", time.Time{}, size
		for _, e := range entries {
			info, err := e.Info()
			if err != nil {
				continue
			}
			total += info.Size()
			if oldest == "" || info.ModTime().Before(when) {
				oldest, when = e.Name(), info.ModTime()
			}
		}
		if oldest == "" || len(entries) < mostAside && total <= mostAsideBytes {
			return nil
		}
		if err := os.Remove(filepath.Join(q.dir, oldest)); err != nil {
			return err
		}
	}
}

// poisoned puts a message in quarantine, and has it not come again. If the folder does
// not take it, it comes again later.
func (in *intake) poisoned(d *delivery, why error) {
	if err := in.r.aside.keep(d); err != nil && !d.last {
		in.r.metrics.refused.Inc()
		in.r.log.Error("a message that is none cannot be put in quarantine", "err", err, "retry_in", asideAgain)
		in.held.answer(d, func(m jetstream.Msg) error { return m.NakWithDelay(asideAgain) })
		return
	}
	in.r.metrics.poisoned.Inc()
	in.r.tellAside(d, why)
	in.held.answer(d, jetstream.Msg.Term)
}

// asideAgain is when a message comes again that the disk did not take.
const asideAgain = 30 * time.Second

func (r *Receiver) tellAside(d *delivery, why error) {
	subject := d.Subject()
	r.log.Log(context.Background(), r.level("aside"), "message put in quarantine", "err", why,
		"subject", subject[:min(len(subject), 200)], "stream", d.meta.Stream, "seq", d.meta.Sequence.Stream, "bytes", len(d.Data()))
}

func (r *Receiver) tellRefused(err error, messages int) {
	r.log.Log(context.Background(), r.level("refused"), "points refused: their messages come again", "err", err, "messages", messages)
}

// level is that of a warning, or of a detail if there was one about the same within the
// last while.
func (r *Receiver) level(what string) slog.Level {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.told[what]) < tellEvery {
		return slog.LevelDebug
	}
	r.told[what] = time.Now()
	return slog.LevelWarn
}
