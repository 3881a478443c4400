package slack

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/plumbago/plumbago/internal/durable"
)

const (
	// overlap is how far behind the cursor history is read once more: messages may
	// show up a little late.
	overlap = time.Minute
	// mostIDs is how many batch ids are remembered.
	mostIDs = 4096
	// mostUnacknowledged is how many messages may wait to be acknowledged before no
	// more are read.
	mostUnacknowledged = 200_000
	// saveEvery is how often acknowledgements are written down. Those that are
	// forgotten are made again, which does no harm.
	saveEvery = 5 * time.Second
)

// ledger is what a receiver knows of a channel's messages, durably: up to which all
// are done, which others are, and which are still to be acknowledged. Their points
// are on disk when they are entered.
type ledger struct {
	fsys durable.FS
	file string
	log  *slog.Logger

	mu     sync.Mutex
	cursor timestamp
	done   map[timestamp]bool // with points, after the cursor or shortly before it
	owed   []timestamp        // to be acknowledged, the oldest first
	ids    map[string]bool
	order  []string // ids, the oldest first
	saved  time.Time
	owing  chan struct{} // holds something if owed does
}

// record is a ledger's file.
type record struct {
	Cursor         timestamp   `json:"cursor"`
	Done           []timestamp `json:"done"`
	Unacknowledged []timestamp `json:"unacknowledged"`
	Batches        []string    `json:"batches"`
}

// openLedger reads the ledger of a channel, or begins one.
func openLedger(fsys durable.FS, dir, channel string, log *slog.Logger) (*ledger, error) {
	l := &ledger{
		fsys: fsys, file: filepath.Join(dir, channel+".json"), log: log,
		done: map[timestamp]bool{}, ids: map[string]bool{}, owing: make(chan struct{}, 1),
	}
	if err := fsys.MkdirAll(dir, 0o750); err != nil {
		return nil, err
	}
	data, err := fsys.ReadFile(l.file)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err != nil {
		return nil, err
	}
	var r record
	if err := json.Unmarshal(data, &r); err != nil || r.Cursor != "" && !r.Cursor.valid() {
		log.Warn("the record of what was read is damaged: the channel is read from its beginning", "file", l.file)
		return l, fsys.Rename(l.file, l.file+".damaged")
	}
	l.load(r)
	return l, nil
}

func (l *ledger) load(r record) {
	l.cursor, l.owed, l.order = r.Cursor, r.Unacknowledged, r.Batches
	for _, ts := range slices.Concat(r.Done, r.Unacknowledged) {
		l.done[ts] = true
	}
	for _, id := range l.order {
		l.ids[id] = true
	}
	l.nudge()
}

// entry is a message whose points are on disk.
type entry struct {
	ts  timestamp
	id  string
	owe bool // it is to be acknowledged
}

// enter notes messages. Without an error that is durable.
func (l *ledger) enter(list []entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range list {
		if l.done[e.ts] {
			continue
		}
		l.done[e.ts] = true
		if e.owe {
			l.owed = append(l.owed, e.ts)
		}
		l.remember(e.id)
	}
	l.nudge()
	return l.save()
}

func (l *ledger) remember(id string) {
	if id == "" || l.ids[id] {
		return
	}
	l.ids[id] = true
	l.order = append(l.order, id)
	if n := len(l.order) - mostIDs; n > 0 {
		for _, old := range l.order[:n] {
			delete(l.ids, old)
		}
		l.order = slices.Clone(l.order[n:])
	}
}

// has reports whether a message is done, and knows whether a batch is.
func (l *ledger) has(ts timestamp) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.done[ts]
}

func (l *ledger) knows(id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return id != "" && l.ids[id]
}

// start is where to read history from.
func (l *ledger) start() timestamp {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cursor.before(overlap)
}

// advance moves the cursor: all messages up to ts are done, or hold no points.
func (l *ledger) advance(ts timestamp) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if ts.compare(l.cursor) <= 0 {
		return nil
	}
	l.cursor = ts
	l.forget()
	return l.save()
}

// forget forgets messages that history will not show again.
func (l *ledger) forget() {
	from := l.cursor.before(overlap)
	for ts := range l.done {
		if ts.compare(from) <= 0 {
			delete(l.done, ts)
		}
	}
}

// next returns a message to acknowledge, if there is one.
func (l *ledger) next() (timestamp, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.owed) == 0 {
		return "", false
	}
	return l.owed[0], true
}

// acknowledged notes that a message is. It is written down before long.
func (l *ledger) acknowledged(ts timestamp) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.Index(l.owed, ts); i >= 0 {
		l.owed = slices.Delete(l.owed, i, i+1)
	}
	l.nudge()
	if time.Since(l.saved) < saveEvery {
		return nil
	}
	return l.save()
}

// forgive gives up all acknowledgements.
func (l *ledger) forgive() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.owed = nil
	return l.save()
}

// close writes all down.
func (l *ledger) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.save()
}

func (l *ledger) unacknowledged() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.owed)
}

func (l *ledger) nudge() {
	if len(l.owed) > 0 {
		select {
		case l.owing <- struct{}{}:
		default:
		}
	}
}

func (l *ledger) save() error {
	r := record{Cursor: l.cursor, Done: make([]timestamp, 0, len(l.done)), Unacknowledged: l.owed, Batches: l.order}
	for ts := range l.done {
		r.Done = append(r.Done, ts)
	}
	slices.SortFunc(r.Done, timestamp.compare)
	data, err := json.Marshal(r)
	if err == nil {
		err = durable.Replace(l.fsys, l.file, data)
	}
	if err != nil {
		return fmt.Errorf("write down what was read: %w", err)
	}
	l.saved = time.Now()
	return nil
}
