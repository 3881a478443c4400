package whisper

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"path/filepath"
	"strings"
	"time"
)

// walkEvery reads the folders again and again.
func (s *Store) walkEvery(ctx context.Context) {
	for first := true; ; first = false {
		s.walk(ctx)
		if first {
			close(s.indexed)
		}
		select {
		case <-ctx.Done():
			return
		case <-s.rescan:
		case <-time.After(s.o.Rescan):
		}
	}
}

// walk reads all folders, and puts what is there into the index and the tags.
func (s *Store) walk(ctx context.Context) {
	began := time.Now()
	s.index.begin()
	s.tags.begin()
	fresh := s.cache.freshNames() // whose files may come where it was looked already
	w := walker{ctx: ctx, dir: s.o.Dir, bound: s.o.IndexBytes, hashes: map[uint64]bool{}}
	root := new(folder)
	w.folder("", root, 0)
	w.taggedFolder(filepath.Join(s.o.Dir, tagsFolder), 0)
	if w.bytes > w.bound {
		s.log.Warn("there are more series than fit into the index; find reads the folders", "bytes", w.bound)
		root = nil
	}
	if ctx.Err() != nil {
		return
	}
	fresh = append(fresh, s.cache.freshNames()...)
	s.index.replace(root, w.bytes, fresh)
	s.replaceTags(w, fresh)
	s.log.Debug("folders read", "took", time.Since(began).Round(time.Millisecond), "bytes", w.bytes)
}

// replaceTags brings the tags into line with the files that there are.
func (s *Store) replaceTags(w walker, fresh []string) {
	var all census
	err := s.names.each(func(name string) {
		all.names++
		if w.hashes[hashOf(name)] {
			all.live++
			s.tags.keep(name)
		}
	})
	s.census.Store(&all)
	if err != nil {
		s.log.Warn("names of tagged series cannot be read", "err", err)
	}
	for _, name := range w.tagged {
		s.tags.keep(name)
	}
	for _, name := range fresh {
		if isTagged(name) {
			s.tags.keep(name)
		}
	}
	if !s.tags.end() {
		s.log.Warn("there are more tagged series than fit into the index; some are not found by their tags", "bytes", s.o.IndexBytes)
	}
}

// walker reads folders.
type walker struct {
	ctx   context.Context
	dir   string
	bound int64
	bytes int64

	tagged   []string        // names of tagged series that their files tell
	hashes   map[uint64]bool // beginnings of the hashes that are other files' names
	tagBytes int64           // of both
}

// hashBytes is what a hash takes, about.
const hashBytes = 32

// maxDepth ends circles of symbolic links.
const maxDepth = 64

// folder reads what is in the folder at below into f.
func (w *walker) folder(below string, f *folder, depth int) {
	var folders []string
	_ = eachEntry(w.ctx, filepath.Join(w.dir, below), func(e entry) bool {
		if e.leaf {
			f.leaves = append(f.leaves, e.name)
			w.bytes += leafBytes + int64(len(e.name))
		} else if depth > 0 || e.name != tagsFolder {
			folders = append(folders, e.name)
			w.bytes += folderBytes + int64(len(e.name))
		}
		return w.bytes <= w.bound
	})
	for _, name := range folders {
		if w.ctx.Err() != nil || w.bytes > w.bound || depth >= maxDepth {
			break
		}
		below, child := below+"/"+name, &folder{name: name}
		if w.folder(below, child, depth+1); len(child.folders)+len(child.leaves) > 0 {
			f.folders = append(f.folders, child)
		} else {
			w.bytes -= folderBytes + int64(len(name))
		}
	}
	f.sort()
}

// taggedFolder reads the files of tagged series, two folders down.
func (w *walker) taggedFolder(dir string, depth int) {
	var folders []string
	_ = eachEntry(w.ctx, dir, func(e entry) bool {
		if e.leaf {
			w.taggedFile(e.name)
		} else {
			folders = append(folders, e.name)
		}
		return true
	})
	for _, name := range folders {
		if depth < 2 && w.ctx.Err() == nil {
			w.taggedFolder(filepath.Join(dir, name), depth+1)
		}
	}
}

func (w *walker) taggedFile(name string) {
	if w.tagBytes > w.bound {
		return // those that are known fill the index too
	}
	if isTagged(name) {
		w.tagged = append(w.tagged, strings.ReplaceAll(name, "_DOT_", "."))
		w.tagBytes += leafBytes + int64(len(name))
		return
	}
	if hash, err := hex.DecodeString(name); err == nil && len(hash) >= 8 {
		w.hashes[binary.BigEndian.Uint64(hash)] = true
		w.tagBytes += hashBytes
	}
}
