package whisper

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/plumbago/plumbago/internal/schema"
)

// Allocation says what of its disk space a new file gets.
type Allocation int

const (
	// Sparse files get space as points come: WHISPER_SPARSE_CREATE.
	Sparse Allocation = iota
	// Reserved files get all of it at once: WHISPER_FALLOCATE_CREATE.
	Reserved
)

// unfinished is the name in its folder of a file that is being made.
const unfinished = ".plumbago-new"

// Create makes a file of a series without points, in a folder that is there. It
// appears whole or not at all, and no file that was there is touched, but for one that is
// empty: the error is fs.ErrExist then. One at a time may be made in a folder. Nothing is
// synced.
func Create(path string, s schema.Schema, how Allocation) error {
	if err := checkSchema(s); err != nil {
		return fmt.Errorf("create %q: %w", path, err)
	}
	if err := checkFree(path); err != nil {
		return err
	}
	temporary := filepath.Join(filepath.Dir(path), unfinished)
	err := write(temporary, newHeader(s), how)
	if err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		os.Remove(temporary)
	}
	return err
}

// checkFree returns an error if there is something at path that is to stay.
func checkFree(path string) error {
	_, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	f, err := Open(path)
	if errors.Is(err, errHollow) {
		return nil
	}
	if err == nil {
		f.Close()
	}
	return &os.PathError{Op: "create", Path: path, Err: fs.ErrExist}
}

func checkSchema(s schema.Schema) error {
	if err := schema.Check(s.Archives); err != nil {
		return err
	}
	switch {
	case len(s.Archives) > maxArchives:
		return fmt.Errorf("%d archives are too many", len(s.Archives))
	case newHeader(s).size() > math.MaxUint32:
		return errors.New("the file would be longer than 4 GiB")
	case !s.Method.Valid():
		return fmt.Errorf("there is no aggregation method %d", s.Method)
	case !(s.XFilesFactor >= 0 && s.XFilesFactor <= 1):
		return fmt.Errorf("the xFilesFactor %v is not between 0 and 1", s.XFilesFactor)
	}
	return nil
}

// write writes a file of a header and of zeros. It follows no link that somebody put in
// its place, and waits for no pipe.
func write(path string, h Header, how Allocation) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(h.append(nil))
	if err == nil && how == Reserved {
		err = reserve(f, h.size())
	}
	if err == nil {
		err = f.Truncate(h.size())
	}
	return errors.Join(err, f.Close())
}
