package whisper

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// namesName is the file in the store's folder that keeps the names of tagged series,
// since their files are called by hashes. Each name is a line. What a crash leaves
// behind of a line is the name of no file, and so is forgotten. The file is locked by
// whoever writes in the folder.
const namesName = ".plumbago-tagged"

// namesFile is that file. Its methods may be called at once.
type namesFile struct {
	mu      sync.Mutex
	file    *os.File
	pending []byte
	left    time.Time // when the last who wrote here stopped, as far as it is known
}

func openNames(path string) (*namesFile, error) {
	// The end of a line that a crash cut off.
	n := &namesFile{pending: []byte{'\n'}}
	return n, n.open(path)
}

func (n *namesFile) open(path string) (err error) {
	if n.file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND|unix.O_NOFOLLOW, 0o644); err == nil {
		n.left = n.changed()
	}
	return err
}

// reopen opens the file that is at path now, in the place of one that is not there any
// more, with names to be written to it.
func (n *namesFile) reopen(path string, names []string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	old := n.file
	if err := n.open(path); err != nil {
		n.file = old
		return err
	}
	n.left = time.Time{} // what is there is another's
	for _, name := range names {
		n.pending = append(append(n.pending, name...), '\n')
	}
	return old.Close()
}

// isAt reports whether the file is the one at path.
func (n *namesFile) isAt(path string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return isAt(n.file, path)
}

func isAt(f *os.File, path string) bool {
	here, err := f.Stat()
	there, lost := os.Stat(path)
	return err == nil && lost == nil && os.SameFile(here, there)
}

// add notes a name, to be written by write.
func (n *namesFile) add(name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.pending = append(append(n.pending, name...), '\n')
}

// write writes what was added.
func (n *namesFile) write() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.pending) <= 1 {
		return nil
	}
	if _, err := n.file.Write(n.pending); err != nil {
		return err
	}
	// A line end more does no harm if the next write follows one that was cut off.
	n.pending = append(n.pending[:0], '\n')
	if syncFiles {
		return n.file.Sync()
	}
	return nil
}

// each calls f with each name in the file, some perhaps more than once.
func (n *namesFile) each(f func(name string)) error {
	n.mu.Lock()
	r := bufio.NewReader(io.NewSectionReader(n.file, 0, 1<<62))
	n.mu.Unlock()
	for {
		line, err := r.ReadString('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if name := strings.TrimSuffix(line, "\n"); name != "" {
			f(name)
		}
	}
}

func (n *namesFile) close() error { return errors.Join(n.write(), n.file.Close()) }

// errBusy says that somebody else writes in the folder.
var errBusy = errors.New("another writes there, or the disk is still busy with what was written before")

// lockPoll is how often a lock is tried.
const lockPoll = 20 * time.Millisecond

// lock waits until nobody else writes in the folder, in this process or another. Where
// files cannot be locked it goes without.
func (n *namesFile) lock(ctx context.Context) error {
	for {
		err := ctx.Err()
		if err == nil {
			err = unix.Flock(int(n.file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		}
		switch {
		case err == nil || lacksLocks(err):
			return nil
		case !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR):
			return err
		}
		select {
		case <-time.After(lockPoll):
		case <-ctx.Done():
			return errBusy
		}
	}
}

// lacksLocks reports whether files cannot be locked here.
func lacksLocks(err error) bool {
	return errors.Is(err, unix.ENOTSUP) || errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.ENOLCK)
}

// unlock lets others write, and leaves a mark of when that was.
func (n *namesFile) unlock() error {
	now := unix.NsecToTimeval(time.Now().UnixNano())
	n.mu.Lock()
	defer n.mu.Unlock()
	_ = unix.Futimes(int(n.file.Fd()), []unix.Timeval{now, now}) // others read the folders again in ten minutes anyhow
	n.left = n.changed()
	return os.NewSyscallError("flock", unix.Flock(int(n.file.Fd()), unix.LOCK_UN))
}

// changedByOthers reports whether others wrote in the folder since the file was opened
// or unlock was called last. The lock is held.
func (n *namesFile) changedByOthers() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return !n.left.Equal(n.changed())
}

func (n *namesFile) changed() time.Time {
	st, err := n.file.Stat()
	if err != nil {
		return time.Time{}
	}
	return st.ModTime()
}

// hashOf is the beginning of the hash that a tagged series' file is called by.
func hashOf(name string) uint64 {
	sum := sha256.Sum256([]byte(name))
	return binary.BigEndian.Uint64(sum[:])
}
