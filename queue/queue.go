package queue

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"sync"
	"time"

	"github.com/plumbago/plumbago/internal/durable"
	"github.com/plumbago/plumbago/metric"
)

var (
	// ErrFull says that points were refused because the queue is at its bound.
	ErrFull = errors.New("queue is full")
	// ErrClosed says that the queue is closed, or takes nothing more.
	ErrClosed = errors.New("queue is closed")
	// ErrInUse says that another process has the queue open.
	ErrInUse = errors.New("queue is in use by another process")
)

// File is an open file of an FS.
type File = durable.File

// Queue is an open queue. Append and Sync may be called by many goroutines;
// Next, Acked, Release, Drop and Rewind by one, the worker.
type Queue struct {
	dir     string
	o       Options
	lock    *durable.Lock
	fsync   *fsyncTimes
	metrics *collector

	mu sync.Mutex
	tally
	clock      clock
	next       uint64   // sequence number of the next point
	open       *chunk   // being filled; nil while there is nothing in it
	chunks     []*chunk // sealed: first written ones that the worker may still want, then those to be written
	free       []*chunk
	made       int           // chunks in existence
	room       chan struct{} // closed when there is room again, if somebody waits
	waiters    int           // for room
	segments   []*segment    // in order; the last may be current
	current    *segment      // being written; nil: the next write begins one
	bytes      int64         // of all segments
	spans      []*span
	handed     []handed // in the order they were handed out
	handedBase uint64   // id of handed[0]
	held       *chunk   // lent to the worker until its next call
	rewound    bool     // the next Next decides about the backlog
	turns      int      // live blocks since the last one of the backlog
	paceAt     time.Time

	fullTold telling // of points dropped by a full queue
	lostTold telling // of points that the disk did not take

	lastFlush  time.Time
	flushNow   bool  // somebody waits in Sync
	failing    error // of the last write, until one succeeds
	retryAt    time.Time
	stale      []uint64 // names of empty segments whose files are to be removed; the flusher's
	pressed    bool     // memory is full: older segments may go
	hopeless   bool     // nothing that could go helped
	abandoned  bool     // the disk refused the last points at Close
	lostBefore uint64   // points dropped for disk_error before that

	again    bool // a sync failed: the flusher writes again what it can
	syncedTo uint64
	syncers  []syncWaiter
	company  company
	newNames bool // segments were created since the directory was synced
	dirty    bool // the cursor on disk is not up to date
	lastCall bool // nobody waits for room in the bound any more
	inputEnd bool // no further Append
	closed   bool

	ready     chan struct{} // wakes the worker
	flushWake chan struct{}
	syncWake  chan struct{}
	keepWake  chan struct{}
	stop      chan struct{}
	flushing  sync.WaitGroup
	upkeep    sync.WaitGroup

	syncMu       sync.Mutex      // one sync at a time
	keepMu       sync.Mutex      // one at a time saves the cursor and removes files
	saved        string          // the cursor on disk, guarded by keepMu
	reserved     bool            // the reserve is in place, guarded by keepMu
	keepFailing  string          // what went wrong last in the upkeep; the keeper's
	damagedNames map[string]bool // of segments in quarantine, guarded by mu
	live         reader          // the worker's
	backlog      reader          // the worker's
}

// Open opens the queue in dir, which it creates where needed. It opens after
// any crash and any damage: what is lost by it is counted. Only a directory
// that cannot be used at all, or is in use, is an error.
func Open(dir string, o Options) (*Queue, error) {
	q := &Queue{
		dir: dir, o: o.withDefaults(), fsync: newFsyncTimes(),
		room: make(chan struct{}), ready: make(chan struct{}, 1),
		flushWake: make(chan struct{}, 1), syncWake: make(chan struct{}, 1),
		keepWake: make(chan struct{}, 1), stop: make(chan struct{}),
		rewound: true, clock: clock{began: time.Now()},
	}
	q.dropped = make(map[metric.Reason]uint64)
	q.damagedNames = make(map[string]bool)
	if err := q.start(); err != nil {
		return nil, fmt.Errorf("open queue %q: %w", dir, err)
	}
	return q, nil
}

func (q *Queue) start() error {
	if err := q.o.FS.MkdirAll(q.dir, 0o750); err != nil {
		return err
	}
	var err error
	if q.lock, err = durable.LockFile(q.path(lockName)); err != nil {
		if errors.Is(err, durable.ErrLocked) {
			return ErrInUse
		}
		return err
	}
	if err := q.prepare(); err != nil {
		q.lock.Unlock()
		return err
	}
	q.live.q, q.backlog.q = q, q
	q.flushing.Go(q.runFlusher)
	q.upkeep.Go(q.runSyncer)
	q.upkeep.Go(q.runKeeper)
	return nil
}

func (q *Queue) prepare() error {
	if err := q.recover(); err != nil {
		return err
	}
	return q.register()
}

// CloseInput ends the input: Append returns ErrClosed from now on, what is in
// memory is flushed, and Next returns io.EOF when it has handed out everything.
func (q *Queue) CloseInput() {
	q.mu.Lock()
	q.inputEnd = true
	q.makeRoom()
	q.mu.Unlock()
	wake(q.flushWake)
	wake(q.ready)
}

// LastCall has Append take, with Wait, what does not fit: the input is about to
// end, and who waits has nowhere else to go with what was read.
func (q *Queue) LastCall() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.lastCall = true
	q.makeRoom()
}

// OpenInput undoes LastCall and CloseInput. Next must not be under way, nor the
// worker that it told of the end.
func (q *Queue) OpenInput() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.lastCall, q.inputEnd = false, q.closed
}

// Close writes and syncs what is in memory, saves the cursor and frees the
// directory. It returns an error if points could not be written; these are
// then counted as dropped for disk_error.
func (q *Queue) Close() error {
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		return nil
	}
	q.inputEnd, q.closed = true, true
	q.makeRoom()
	q.mu.Unlock()
	wake(q.flushWake)
	wake(q.ready)
	q.flushing.Wait()
	close(q.stop)
	q.upkeep.Wait()
	return q.finish()
}

// finish is Close after all goroutines have ended.
func (q *Queue) finish() error {
	var err error
	if q.o.Sync.Mode != SyncNever {
		err = q.sync()
	}
	q.failSyncers(ErrClosed)
	q.mu.Lock()
	q.takeBack()
	q.dirty = true // for its next: so damage to the last record is counted too
	err = errors.Join(q.lostAtClose(), err)
	q.mu.Unlock()
	err = errors.Join(err, q.collect())
	q.mu.Lock()
	for _, seg := range q.segments {
		seg.closeFile()
	}
	q.mu.Unlock()
	q.unregister()
	return errors.Join(err, q.lock.Unlock())
}

// lostAtClose says how many points Close could not write.
func (q *Queue) lostAtClose() error {
	lost := q.dropped[metric.DiskError] - q.lostBefore
	if !q.abandoned || lost == 0 {
		return nil
	}
	q.o.Logger.Error("disk refuses the last points: they are lost", "points", lost, "err", q.failing)
	return fmt.Errorf("%d points could not be written and are lost: %w", lost, q.failing)
}

// Stats is where a queue's points are. At every moment
// Recovered + Appended = Delivered + Waiting + Confirming + all of Dropped.
type Stats struct {
	Recovered  uint64                   // queued when the queue was opened
	Appended   uint64                   // handed to Append since, refused ones included
	Delivered  uint64                   // released
	Waiting    uint64                   // not yet acknowledged by the far end
	Confirming uint64                   // acknowledged, not yet released
	Dropped    map[metric.Reason]uint64 // lost, by why

	Backlog  uint64    // how many of the waiting follow behind the live ones
	Bytes    int64     // of all segment files
	Segments int       // how many
	Oldest   time.Time // when the oldest undelivered point came, to about a second; zero if there is none
	Failing  error     // why the disk does not take more just now; nil if it does

	WriteErrors, SyncErrors uint64 // attempts that failed
	Quarantined             uint64 // segments found damaged
	TornBytes               uint64 // cut off behind the last whole record
}

// Stats returns the queue's state at one moment.
func (q *Queue) Stats() Stats {
	q.mu.Lock()
	defer q.mu.Unlock()
	s := Stats{
		Recovered: q.recovered, Appended: q.appended, Delivered: q.delivered,
		Waiting: q.waiting, Confirming: q.confirming, Dropped: maps.Clone(q.dropped),
		Bytes: q.bytes, Segments: len(q.segments), Failing: q.failing,
		WriteErrors: q.writeErrors, SyncErrors: q.syncErrs,
		Quarantined: q.quarantined, TornBytes: q.tornBytes,
	}
	for _, r := range q.spans[:len(q.spans)-1] {
		s.Backlog += r.end - r.sent
	}
	if ms := q.oldestTime(); ms > 0 {
		now := time.Now()
		s.Oldest = now.Add(-q.clock.age(ms, now))
	}
	return s
}

// Waiting is Stats.Waiting alone, for those who ask often.
func (q *Queue) Waiting() uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.waiting
}

// Empty reports whether nothing is left to be delivered or confirmed.
func (q *Queue) Empty() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.waiting+q.confirming == 0
}

// makeRoom wakes those who wait for room.
func (q *Queue) makeRoom() {
	if q.waiters > 0 {
		close(q.room)
		q.room = make(chan struct{})
		q.waiters = 0
	}
}

// wake makes sure that the one who listens to c looks again.
func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

var _ io.Closer = (*Queue)(nil)
