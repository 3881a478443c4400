package whisper

import (
	"bufio"
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// The file of names is made anew when it has so many, and half of them or more are dead.
const (
	leastDead = 10_000
	newNames  = ".new" // behind the name of the file that is being made
	oldNames  = ".old" // and of the one before it, in case its series come back
)

// census is what the file of names had in it when the folders were read.
type census struct{ names, live int }

func (c census) bloated() bool { return c.names >= leastDead && c.live > 0 && c.live <= c.names/2 }

// compact makes the file of names anew without those of series that are gone, when
// there are many. Only who writes calls it: no file is created meanwhile.
func (s *Store) compact() {
	if c := s.census.Swap(nil); c == nil || !c.bloated() {
		return
	}
	before := s.names.size()
	dead, err := s.names.rewrite(s.namesPath(), s.exists)
	if err != nil {
		s.log.Warn("names of tagged series that are gone stay on disk", "err", err)
		return
	}
	for _, name := range s.cache.freshNames() { // which come back
		if dead[name] {
			s.names.add(name)
		}
	}
	s.log.Info("names of tagged series that are gone were taken from the disk", "dead", len(dead), "bytes", before-s.names.size())
}

// exists reports whether a tagged series has a file.
func (s *Store) exists(name string) (bool, error) {
	paths := []string{s.path(name)}
	if readable, ok := s.readablePath(name); ok {
		paths = append(paths, readable)
	}
	for _, path := range paths {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			return err == nil, err
		}
	}
	return false, nil
}

// rewrite puts a file in place of the one at path that has each name once, and only those
// that are live. The one before it is kept. The lock is held, and goes over.
func (n *namesFile) rewrite(path string, live func(name string) (bool, error)) (dead map[string]bool, err error) {
	next := &namesFile{pending: []byte{'\n'}}
	if err := os.Remove(path + newNames); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err := next.open(path + newNames); err != nil {
		return nil, err
	}
	if dead, err = n.copyTo(next.file, live); err == nil {
		err = n.exchange(next.file, path)
	}
	if err != nil {
		return nil, errors.Join(err, next.file.Close(), os.Remove(path+newNames))
	}
	return dead, nil
}

// copyTo writes the live names to a file.
func (n *namesFile) copyTo(to *os.File, live func(name string) (bool, error)) (map[string]bool, error) {
	dead, kept := map[string]bool{}, map[string]bool{}
	w := bufio.NewWriter(to)
	var failed error
	err := n.each(func(name string) {
		if failed != nil || dead[name] || kept[name] {
			return
		}
		ok, err := live(name)
		if failed = err; !ok {
			dead[name] = true
			return
		}
		kept[name] = true
		w.WriteString(name + "\n")
	})
	if err = errors.Join(err, failed, w.Flush()); err == nil && len(kept) == 0 {
		err = errors.New("none of the series is there: is a file system missing?")
	}
	return dead, errors.Join(err, to.Sync())
}

// exchange takes a file, and its lock, in the place of the one that is there.
func (n *namesFile) exchange(file *os.File, path string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil && !lacksLocks(err) {
		return os.NewSyscallError("flock", err)
	}
	if err := os.Remove(path + oldNames); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Link(path, path+oldNames); err != nil {
		return err
	}
	if err := os.Rename(path+newNames, path); err != nil {
		return err
	}
	old := n.file
	n.file = file
	n.left = n.changed()
	return old.Close()
}

// size is how many bytes the file has.
func (n *namesFile) size() int64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	st, err := n.file.Stat()
	if err != nil {
		return 0
	}
	return st.Size()
}
