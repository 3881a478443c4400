package carbonconf

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/plumbago/plumbago/internal/pyregex"
)

// List is blacklist.conf or whitelist.conf: expressions, one a line, searched in
// names with regard to case. A nil List holds none. Its methods may be called
// at once.
type List struct {
	path     string
	patterns atomic.Pointer[[]*pyregex.Regexp]

	reload  sync.Mutex
	changed time.Time // when the file that was read last had changed
}

// OpenList reads the list in path. A file that is not there is an empty list.
// The problems are lines that are left out.
func OpenList(path string) (*List, Errors) {
	l := &List{path: path}
	_, problems := l.Reload()
	return l, problems
}

// Match reports whether an expression of the list is found in name.
func (l *List) Match(name []byte) bool { return matches(l.all(), name) }

// Misses reports whether the list holds expressions and none is found in name:
// what a whitelist refuses.
func (l *List) Misses(name []byte) bool {
	patterns := l.all()
	return len(patterns) > 0 && !matches(patterns, name)
}

// Len returns how many expressions the list holds.
func (l *List) Len() int { return len(l.all()) }

// Patterns returns the expressions.
func (l *List) Patterns() []*pyregex.Regexp { return l.all() }

func (l *List) all() []*pyregex.Regexp {
	if l == nil {
		return nil
	}
	if p := l.patterns.Load(); p != nil {
		return *p
	}
	return nil
}

func matches(patterns []*pyregex.Regexp, name []byte) bool {
	for _, p := range patterns {
		if p.Match(name) {
			return true
		}
	}
	return false
}

// Reload reads the file again if its time of change has grown, or if it is gone,
// which empties the list. It reports whether the list was read or emptied;
// problems are lines that are left out, or why the old list stays. Carbon looks
// every 10 seconds.
func (l *List) Reload() (changed bool, problems Errors) {
	if l == nil {
		return false, nil
	}
	l.reload.Lock()
	defer l.reload.Unlock()
	info, err := os.Stat(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		had := l.Len() > 0
		l.patterns.Store(nil)
		l.changed = time.Time{}
		return had, nil
	}
	if err == nil && !info.ModTime().After(l.changed) {
		return false, nil
	}
	text, err := readText(l.path)
	if err != nil {
		return false, Errors{{File: l.path, Kind: Unreadable, Text: err.Error(), Harmless: true}}
	}
	l.changed = info.ModTime()
	patterns, problems := parseList(l.path, text)
	l.patterns.Store(&patterns)
	return true, problems
}

func parseList(path, text string) (patterns []*pyregex.Regexp, problems Errors) {
	for i, line := range lines(text) {
		pattern := trim(line)
		if pattern == "" || strings.HasPrefix(line, "#") {
			continue
		}
		re, err := pyregex.Compile(pattern, pyregex.Options{})
		if err != nil {
			problems = append(problems, Problem{File: path, Line: i + 1, Kind: BadPattern, Text: why(err) + "; the line is left out", Harmless: true})
			continue
		}
		patterns = append(patterns, re)
	}
	return patterns, problems
}
