package main

import (
	"os"
	"path/filepath"
)

// stateDir is where a command that has no configuration file keeps its data: a
// folder of this name in /var/lib/plumbago for the administrator, and else where
// programs of a user keep theirs.
func stateDir(name string) string {
	if os.Geteuid() == 0 {
		return filepath.Join("/var/lib/plumbago", name)
	}
	if dir := os.Getenv("XDG_STATE_HOME"); dir != "" {
		return filepath.Join(dir, "plumbago", name)
	}
	home, err := os.UserHomeDir()
	if err != nil {
		home = "."
	}
	return filepath.Join(home, ".local", "state", "plumbago", name)
}
