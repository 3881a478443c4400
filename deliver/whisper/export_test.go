package whisper

import (
	"os"

	"github.com/plumbago/plumbago/deliver"
)

// AConn is what Dial returns, without a store.
var AConn = new(conn)

// Dir is the folder of s.
func Dir(s *Store) string { return s.o.Dir }

// CacheBytes is the memory that s counts for points.
func CacheBytes(s *Store) int64 {
	_, n, _ := s.cache.usage()
	return n
}

// Indexed is closed when the names of all series that were there at Open are in memory.
func Indexed(s *Store) <-chan struct{} { return s.indexed }

// OnSync has f called instead of syncing the file system.
func OnSync(s *Store, f func() error) { s.syncFolder = func(*os.File) error { return f() } }

// Press has a round begin.
func Press(s *Store) { signal(s.cache.pressed) }

// Rescan has the folders read.
func Rescan(s *Store) { signal(s.rescan) }

// OnWrite has f called before each write to a file.
func OnWrite(s *Store, f func(path string) error) { s.beforeWrite = f }

// PathOf is where the file of a series is, below the folder of s.
func PathOf(s *Store, name string) string { return s.path(name)[len(s.o.Dir)+1:] }

// ReadablePathOf is where the file of a tagged series may be too.
func ReadablePathOf(s *Store, name string) (string, bool) {
	path, ok := s.readablePath(name)
	if !ok {
		return "", false
	}
	return path[len(s.o.Dir)+1:], true
}

// AddNames adds series to the index of s, as if they had files.
func AddNames(s *Store, names []string) {
	s.index.add(names)
}

// AddTagged adds series with tags to the index of s.
func AddTagged(s *Store, names []string) {
	for _, name := range names {
		s.tags.add(name)
	}
}

// TagOf is the value of a tag of a series.
func TagOf(series, tag string) string { return tagOf(series, tag) }

// IndexBytes is the memory that s counts for names.
func IndexBytes(s *Store) int64 {
	n, _ := s.index.size()
	return n
}

// Writing reports whether points of a series are being written.
func Writing(s *Store, name string) bool {
	s.cache.mu.Lock()
	defer s.cache.mu.Unlock()
	one := s.cache.series[name]
	return one != nil && len(one.writing) > 0
}

// Closing reports whether c was told to close.
func Closing(c deliver.Conn) bool {
	select {
	case <-c.(*conn).stopping:
		return true
	default:
		return false
	}
}
