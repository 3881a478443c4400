package config

import "path/filepath"

// completeWhisper sets what follows from other keys where the file says nothing, and
// checks that no two destinations write the same files.
func (d *decoder) completeWhisper(path string, dest *Destination) {
	if !d.given[path+".interval"] {
		dest.Interval, _ = dest.standardRequests()
	}
	if !d.given[path+".dir"] {
		dest.Dir = whisperDir(d.config.DataDir)
	}
	s, ok := d.spots[path]
	if at, given := d.spots[path+".dir"]; given {
		s = at
	}
	if d.whisperDirs == nil {
		d.whisperDirs = map[string]int{}
	}
	dir := filepath.Clean(dest.Dir)
	line, twice := d.whisperDirs[dir]
	switch {
	case ok && twice:
		d.problem(s, "dir: the destination in line %d writes there; give this one another folder", line)
	case ok:
		d.whisperDirs[dir] = s.line
	}
}

// whisperDir is where files are in a data folder.
func whisperDir(dataDir string) string { return filepath.Join(dataDir, "whisper") }
