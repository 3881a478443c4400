package nats

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/plumbago/plumbago/internal/durable"
)

// notes is a file of short lines, of which the last so many are kept, or memory alone
// where there is no file. What was noted outlasts the process, and not a power cut: it
// is not synced. One goroutine at a time uses it.
type notes struct {
	path string // "": none
	head string // its first line
	most int

	file  durable.File
	size  int64
	lines int // in the file
}

// openNotes opens the file and returns its lines but the first. A file that begins with
// another line is as good as none.
func openNotes(path, head string, most int) (*notes, []string, error) {
	n := &notes{path: path, head: head, most: most}
	if path == "" {
		return n, nil, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, nil, err
	}
	data, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		return nil, nil, err
	}
	text := string(data[:strings.LastIndexByte(string(data), '\n')+1])
	first, rest, _ := strings.Cut(text, "\n")
	if strings.HasPrefix(first, head) {
		n.head = first
	} else {
		rest = ""
	}
	lines := strings.Split(strings.TrimSuffix(rest, "\n"), "\n")
	if rest == "" {
		lines = nil
	}
	return n, lines[max(0, len(lines)-most):], nil
}

// add notes lines; keep is what the file is to hold when it has become too long, those
// included.
func (n *notes) add(text string, lines int, keep func() []string) error {
	if n.path == "" {
		return nil
	}
	if n.file == nil || n.lines+lines > 2*n.most {
		return n.rewrite(keep())
	}
	_, err := n.file.WriteAt([]byte(text), n.size)
	n.size += int64(len(text))
	n.lines += lines
	return err
}

// rewrite begins the file anew.
func (n *notes) rewrite(lines []string) error {
	n.close()
	text := strings.Join(append([]string{n.head}, lines...), "\n") + "\n"
	tmp := n.path + ".tmp"
	f, err := durable.OS().OpenFile(tmp, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return err
	}
	if _, err = f.WriteAt([]byte(text), 0); err == nil {
		err = os.Rename(tmp, n.path)
	}
	if err != nil {
		f.Close()
		return err
	}
	n.file, n.size, n.lines = f, int64(len(text)), len(lines)
	return nil
}

func (n *notes) close() {
	if n.file != nil {
		n.file.Close()
		n.file = nil
	}
}
