package whisper

import (
	"errors"
	"os"
	"path/filepath"
)

// errMoved says that the folder, or the file that is locked in it, is not the one that
// was opened: it was removed, or a file system was mounted over it. What is written by
// path goes to another then than what is synced and locked.
var errMoved = errors.New("the folder was removed or replaced")

// inPlace returns an error if what is held open is not at its path any more.
func (s *Store) inPlace() error {
	if isAt(s.dir, s.o.Dir) && s.names.isAt(s.namesPath()) {
		return nil
	}
	return errMoved
}

func (s *Store) namesPath() string { return filepath.Join(s.o.Dir, namesName) }

// findFolder opens what is at the paths now, if that is not what is open. Nobody writes.
// A folder that is gone is not made: its file system may come back.
func (s *Store) findFolder() error {
	if s.inPlace() == nil {
		return nil
	}
	dir, err := os.Open(s.o.Dir)
	if err != nil {
		return err
	}
	s.dir.Close()
	s.dir = dir
	return s.names.reopen(s.namesPath(), s.tags.all())
}
