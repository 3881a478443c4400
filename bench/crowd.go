package main

import (
	"context"
	"errors"
	"sync"
	"syscall"
	"time"
)

// fewConnections have a goroutine each, whose timers are exact. More than that are
// a crowd: open before the stream begins, and served in turns by few goroutines,
// which sleep a while and write what has become due.
const (
	fewConnections = 256
	crowdWalkers   = 4
	crowdNap       = time.Millisecond
	crowdSettle    = 2 * time.Second // until a relay has taken all connections
)

// turns are every so manieth connection, from the first.
type turns struct{ first, step int }

// walk sends the pieces of these connections: of each the first, then of each the
// second, and so on.
func walk(ctx context.Context, senders []sender, pieces [][]piece, t turns) {
	for round, more := 0, true; more; round++ {
		more = false
		for c := t.first; c < len(senders); c += t.step {
			if round >= len(pieces[c]) {
				continue
			}
			if err := senders[c].send(ctx, pieces[c][round]); err != nil {
				return
			}
			more = true
		}
	}
}

// connectAll opens the connections of a crowd.
func connectAll(ctx context.Context, senders []sender) error {
	errs := make([]error, crowdWalkers)
	var connecting sync.WaitGroup
	for first := range crowdWalkers {
		connecting.Go(func() {
			for c := first; c < len(senders) && errs[first] == nil; c += crowdWalkers {
				senders[c].nap = crowdNap
				errs[first] = senders[c].connect(ctx)
			}
		})
	}
	connecting.Wait()
	return errors.Join(errs...)
}

// mostFiles raises the bound on open files, for this process and those that it
// starts, as far as is allowed, and says how many that is.
func mostFiles() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0
	}
	limit.Cur = limit.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0
	}
	return int(min(limit.Cur, 1<<30))
}
