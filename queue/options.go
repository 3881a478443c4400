package queue

import (
	"io"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/plumbago/plumbago/internal/durable"
)

// Options configure a queue. The zero value of each field means its default.
type Options struct {
	// Name is the destination's name, used in logs and as a metric label.
	Name string
	// MaxBytes bounds the segment files together. Default 10 GiB.
	MaxBytes int64
	// MaxAge drops points that waited longer. Default 0: never.
	MaxAge time.Duration
	// Flush is how long an appended point may stay in memory only. Default 20 ms.
	Flush time.Duration
	// Sync says when the file is synced.
	Sync SyncPolicy
	// WhenFull says what happens to points that do not fit. Default DropOldest.
	WhenFull Policy
	// ReplayRate bounds how many points a second of a backlog are handed out
	// beside the live ones. Default 100,000; below 0: unbounded.
	ReplayRate int
	// InOrder keeps strictly to the order of arrival: live points never go first.
	InOrder bool
	// SegmentBytes is the size at which a new segment file is begun. Default
	// 64 MiB, or an eighth of MaxBytes if that is less.
	SegmentBytes int
	// BlockBytes is the size at which a block is full. Default 256 KiB, or half
	// of SegmentBytes if that is less.
	BlockBytes int
	// Logger is told what a person should know. Default: nobody.
	Logger *slog.Logger
	// Registerer is given the queue's metrics. Default: none.
	Registerer prometheus.Registerer
	// FS is where the files are. Default: the operating system.
	FS FS
}

// FS is a file system; tests hand in failing ones.
type FS = durable.FS

// SyncPolicy says when what was written is made to survive a power cut.
type SyncPolicy struct {
	Mode SyncMode
	// Every bounds, in mode SyncEvery, how long a point that is not Acked may
	// be in the file without being synced. Default 1 s.
	Every time.Duration
}

// SyncMode is a way of syncing.
type SyncMode int

const (
	// SyncEvery syncs what has not been Acked within SyncPolicy.Every.
	SyncEvery SyncMode = iota
	// SyncAlways syncs each block before it is handed out.
	SyncAlways
	// SyncNever syncs only when Queue.Sync is called.
	SyncNever
)

// Policy says what happens to points that do not fit into MaxBytes.
type Policy int

const (
	// DropOldest drops the oldest segment, whole.
	DropOldest Policy = iota
	// Wait has Append wait for room: it blocks the receivers.
	Wait
	// Reject has Append return ErrFull.
	Reject
)

const (
	maxChunks      = 16              // blocks in memory, at most
	maxSpans       = 64              // ranges to deliver before Rewind stops splitting
	backlogBytes   = 4 << 20         // a backlog over this is large,
	backlogAge     = time.Second     // and so is an older one
	liveShare      = 8               // of this many blocks one is from the backlog
	replayBurst    = time.Second / 4 // of the replay rate, saved up at most
	retryEvery     = time.Second     // between attempts on a failing disk
	tickEvery      = time.Second     // of the upkeep
	toldEvery      = time.Minute     // between two words in the log about points dropped for want of room
	spentAfter     = 5 * time.Second // without a write, until a segment without wanted points is removed
	collectPause   = time.Second / 8 // between removals of segments, at least
	maxQuarantined = 8               // damaged segments kept
)

func (o Options) withDefaults() Options {
	o.MaxBytes = or(o.MaxBytes, 10<<30)
	o.Flush = or(o.Flush, 20*time.Millisecond)
	o.Sync.Every = or(o.Sync.Every, time.Second)
	o.ReplayRate = or(o.ReplayRate, 100_000)
	o.SegmentBytes = or(o.SegmentBytes, int(min(64<<20, max(o.MaxBytes/8, 4<<10))))
	o.BlockBytes = max(or(o.BlockBytes, min(256<<10, o.SegmentBytes/2)), 2*headerSize)
	o.FS = or[FS](o.FS, durable.OS())
	o.Logger = or(o.Logger, slog.New(slog.NewTextHandler(io.Discard, nil)))
	o.Logger = o.Logger.With("dest", o.Name)
	return o
}

// reserveBytes is how much is kept aside so that a full disk can be drained.
func (o Options) reserveBytes() int { return int(min(4<<20, o.MaxBytes/64)) }

func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}
