package whisper

import (
	"errors"
	"io/fs"
	"log/slog"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/plumbago/plumbago/whisper"
)

// errNowhere says that there is a link where a file or a folder is to be, and nothing
// where it leads to.
var errNowhere = errors.New("a link in the way leads nowhere")

// isUnfit reports whether err is the fault of one file, and not of the disk. What may not
// be used is one file's fault where the folder of all may be: else nothing can be written.
func (s *Store) isUnfit(err error) bool {
	if errors.Is(err, fs.ErrPermission) {
		return unix.Access(s.o.Dir, unix.R_OK|unix.W_OK|unix.X_OK) == nil
	}
	for _, one := range []error{whisper.ErrCorrupt, errNowhere, unix.EISDIR, unix.ENOTDIR, unix.ELOOP, unix.ENAMETOOLONG, unix.ENXIO} {
		if errors.Is(err, one) {
			return true
		}
	}
	return false
}

// fatalError is one after which nothing more can be written.
type fatalError struct{ error }

func (e fatalError) Unwrap() error { return e.error }

func isFatal(err error) bool {
	var f fatalError
	return errors.As(err, &f)
}

// told logs once of each file that cannot be used.
type told struct {
	log *slog.Logger

	mu    sync.Mutex
	paths map[string]bool
}

// maxTold bounds the files that are remembered. When there are more, some are told
// of again.
const maxTold = 4096

func newTold(log *slog.Logger) *told { return &told{log: log, paths: map[string]bool{}} }

func (t *told) unfit(path string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.paths[path] {
		return
	}
	if len(t.paths) >= maxTold {
		clear(t.paths)
	}
	t.paths[path] = true
	t.log.Error("whisper file cannot be used, points for it are refused", "path", path, "err", err)
}

// suspects are files that could not be read or written once. It may be the disk that
// fails, so that all ends with the first time; where it works again, it is the file.
type suspects struct {
	mu    sync.Mutex
	paths map[string]bool
}

// again reports whether err is about a part of the disk, and came for this file before.
func (s *suspects) again(path string, err error) bool {
	if !errors.Is(err, unix.EIO) {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.paths[path] {
		return true
	}
	if s.paths == nil || len(s.paths) >= maxTold {
		s.paths = map[string]bool{}
	}
	s.paths[path] = true
	return false
}
