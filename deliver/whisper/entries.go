package whisper

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// entry is a series or a folder in a folder of the disk.
type entry struct {
	name string
	leaf bool
}

// someEntries is how many entries of a folder are read at once.
const someEntries = 1024

// eachEntry calls f with what is in a folder, until it returns false. A folder that is
// not there or may not be read has nothing in it.
func eachEntry(ctx context.Context, dir string, f func(entry) bool) error {
	d, err := os.Open(dir)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return nil
	}
	if err != nil {
		return err
	}
	defer d.Close()
	for ctx.Err() == nil {
		some, err := d.ReadDir(someEntries)
		for _, one := range some {
			if e, ok := entryOf(dir, one); ok && !f(e) {
				return nil
			}
		}
		if err != nil {
			return unlessEnd(err)
		}
	}
	return ctx.Err()
}

func unlessEnd(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

// entryOf reports false for what is no part of the tree.
func entryOf(dir string, d fs.DirEntry) (entry, bool) {
	name := d.Name()
	leaf, isFile := strings.CutSuffix(name, extension)
	switch {
	case name[0] == '.' || leaf == "":
		return entry{}, false
	case isFile:
		return entry{leaf, true}, !strings.Contains(leaf, ".")
	}
	return entry{name, false}, !strings.Contains(name, ".") && isFolder(dir, d)
}

// isFolder reports whether d is a folder, or leads to one.
func isFolder(dir string, d fs.DirEntry) bool {
	if d.Type()&fs.ModeSymlink == 0 {
		return d.IsDir()
	}
	st, err := os.Stat(filepath.Join(dir, d.Name()))
	return err == nil && st.IsDir()
}

// eachEntry does so for a folder of the store, but for that of tagged series, when it
// is its turn.
func (s *Store) eachEntry(ctx context.Context, below string, f func(entry) bool) error {
	if err := s.acquire(ctx); err != nil {
		return err
	}
	defer s.release()
	return eachEntry(ctx, filepath.Join(s.o.Dir, below), func(e entry) bool {
		return below == "" && e.name == tagsFolder && !e.leaf || f(e)
	})
}
