package whisper_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	store "github.com/plumbago/plumbago/deliver/whisper"
)

// asNobody runs a test in a process of a user whom file modes hold, and reports whether
// it did: this one's may be root.
func asNobody(t *testing.T) bool {
	t.Helper()
	if os.Getuid() != 0 {
		return false
	}
	dir, err := os.MkdirTemp("", "nobody")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "TMPDIR="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("as nobody: %v\n%s", err, out)
	}
	return true
}

// TestATreeThatMayNotBeUsedLosesNothing takes the right to use all files away while
// points come: that is no fault of theirs, and they wait.
func TestATreeThatMayNotBeUsedLosesNothing(t *testing.T) {
	if asNobody(t) {
		return
	}
	for name, mode := range map[string]fs.FileMode{"nothing": 0, "only to be read": 0o500, "only to be written": 0o300} {
		dir := filepath.Join(t.TempDir(), "whisper")
		s := open(t, store.Options{Dir: dir})
		c := dial(t, s)
		send(t, c, batch(line("known.a", 1, 60)))
		awaitAcked(t, c, 1)
		forbid(t, dir, mode)
		err := c.Send(t.Context(), batch(line("known.a", 2, 30), line("fresh.a", 2, 30)))
		if err == nil {
			select {
			case <-c.Broken():
				err = c.Close(t.Context())
			case <-time.After(5 * time.Second):
				t.Errorf("%s: got a conn that goes on", name)
			}
		}
		if late, _ := lost(c); !errors.Is(err, fs.ErrPermission) || late > 0 {
			t.Errorf("%s: got error %v and %d points lost, want that permission is missing, and none", name, err, late)
		}
		forbid(t, dir, 0o755)
		c.Close(t.Context())
		c = dial(t, s)
		if refused := send(t, c, batch(line("known.a", 2, 30), line("fresh.a", 2, 30))); refused > 0 {
			t.Errorf("%s: got %d points refused afterwards", name, refused)
		}
		awaitAcked(t, c, 1)
		closeConn(t, c)
	}
}

// forbid sets the mode of a folder and of what is in it.
func forbid(t *testing.T, dir string, mode fs.FileMode) {
	t.Helper()
	all := []string{dir, filepath.Join(dir, "known"), filepath.Join(dir, "known", "a.wsp")}
	if mode != 0o755 {
		slices.Reverse(all) // from outside they cannot be reached any more
	}
	for _, path := range all {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAFileThatMayNotBeUsed: where all others may be, the points of one are refused.
func TestAFileThatMayNotBeUsed(t *testing.T) {
	if asNobody(t) {
		return
	}
	dir := t.TempDir()
	s := open(t, store.Options{Dir: dir})
	c := dial(t, s)
	send(t, c, batch(line("mine", 1, 60), line("other.a", 1, 60)))
	awaitAcked(t, c, 1)
	closeConn(t, c)
	if err := os.Chmod(filepath.Join(dir, "other", "a.wsp"), 0); err != nil {
		t.Fatal(err)
	}
	s = open(t, store.Options{Dir: dir})
	c = dial(t, s)
	refused := send(t, c, batch(line("mine", 2, 30), line("other.a", 2, 30)))
	awaitAcked(t, c, 1)
	if late, _ := lost(c); refused+int(late) != 1 {
		t.Errorf("got %d refused and %d lost, want 1 in all", refused, late)
	}
	closeConn(t, c)
}
