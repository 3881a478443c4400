package durable

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// ErrLocked says that another process, or another part of this one, holds the lock.
var ErrLocked = errors.New("in use by another process")

// Lock is a held lock file.
type Lock struct{ f *os.File }

// LockFile takes the exclusive lock of the file name, which it creates where
// needed. A lock that stays held is ErrLocked; one that is only being looked at
// by Locked is waited for. The kernel frees the lock when the process ends,
// however it ends.
func LockFile(name string) (*Lock, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return nil, err
	}
	for range 5 {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return &Lock{f}, nil
		}
		time.Sleep(5 * time.Millisecond)
	}
	f.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, ErrLocked
	}
	return nil, fmt.Errorf("lock %q: %w", name, err)
}

// Unlock frees the lock. The file stays, so that a lock is never taken on a
// name that somebody else is just removing.
func (l *Lock) Unlock() error { return l.f.Close() }

// Locked says whether somebody holds the lock of the file name, by trying to
// share it for a moment.
func Locked(name string) (bool, error) {
	f, err := os.Open(name)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return true, nil
	}
	return false, err
}
