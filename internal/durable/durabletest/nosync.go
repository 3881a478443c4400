package durabletest

import (
	"io/fs"

	"github.com/plumbago/plumbago/internal/durable"
)

// NoSync returns the operating system's file system without its syncs, for
// tests that open and close a thousand times and cut no power.
func NoSync() durable.FS { return unsynced{durable.OS()} }

type unsynced struct{ durable.FS }

func (unsynced) SyncDir(string) error { return nil }

func (u unsynced) OpenFile(name string, flag int, perm fs.FileMode) (durable.File, error) {
	f, err := u.FS.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return unsyncedFile{f}, nil
}

type unsyncedFile struct{ durable.File }

func (unsyncedFile) Datasync() error { return nil }
