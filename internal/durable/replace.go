package durable

import (
	"os"
	"path/filepath"
)

// Replace makes name hold data, durably and all at once: whatever happens, a
// reader finds either the old content or the new one, never a mixture. It
// passes through name.tmp; callers must not replace one name concurrently.
func Replace(fsys FS, name string, data []byte) error {
	tmp := name + ".tmp"
	if err := writeSynced(fsys, tmp, data); err != nil {
		fsys.Remove(tmp)
		return err
	}
	if err := fsys.Rename(tmp, name); err != nil {
		fsys.Remove(tmp)
		return err
	}
	return fsys.SyncDir(filepath.Dir(name))
}

func writeSynced(fsys FS, name string, data []byte) error {
	f, err := fsys.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return err
	}
	if _, err := f.WriteAt(data, 0); err != nil {
		f.Close()
		return err
	}
	if err := f.Datasync(); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
