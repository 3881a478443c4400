package whisper

import (
	"os"
	"path/filepath"
	"strings"
)

// diskSearch looks for a pattern in the folders.
type diskSearch struct {
	store *Store
	pattern
	*gathering
}

// folder looks in a folder, of which above is the path with a dot behind.
func (d diskSearch) folder(below, above string, s state) {
	var folders []string
	err := d.each(below, s, func(e entry) bool {
		if d.finds(s, e.name) && !d.addNode(above+e.name, e.leaf) {
			return false
		}
		if !e.leaf {
			folders = append(folders, e.name)
		}
		return d.alive()
	})
	if err != nil && d.err == nil {
		d.err = err
	}
	for _, name := range folders {
		if d.err != nil || strings.Count(above, ".") >= maxDepth {
			return
		}
		if next := d.step(s, name); len(next) > 0 {
			d.folder(below+"/"+name, above+name+".", next)
		}
	}
}

// each calls f with what is in a folder and can be meant by s.
func (d diskSearch) each(below string, s state, f func(entry) bool) error {
	words, ok := d.words(s)
	if !ok {
		return d.store.eachEntry(d.ctx, below, f)
	}
	for _, word := range words {
		if word == "" || strings.ContainsAny(word, "/\x00") || below == "" && word == tagsFolder {
			continue
		}
		path := filepath.Join(d.store.o.Dir, below, word)
		if st, err := os.Stat(path); err == nil && st.IsDir() && !f(entry{word, false}) {
			return nil
		}
		if st, err := os.Stat(path + extension); err == nil && st.Mode().IsRegular() && !f(entry{word, true}) {
			return nil
		}
	}
	return d.ctx.Err()
}
