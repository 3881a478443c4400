package whisper_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	store "github.com/plumbago/plumbago/deliver/whisper"
)

// diskVariable tells a test process that it is alone with its file systems.
const diskVariable = "PLUMBAGO_WHISPER_DISK"

// TestADiskThatIsFull runs itself again where it may mount a disk of a few megabytes.
func TestADiskThatIsFull(t *testing.T) {
	t.Parallel()
	if os.Getenv(diskVariable) != "" {
		fullDisk(t)
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestADiskThatIsFull$", "-test.timeout=30s")
	cmd.Env = append(os.Environ(), diskVariable+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	switch {
	case cmd.ProcessState == nil || strings.Contains(string(out), notMounted):
		t.Logf("left out, as this machine lets nobody mount: %v %s", err, out)
	case err != nil:
		t.Errorf("%v: %s", err, out)
	}
}

const notMounted = "the small disk is not mounted"

func fullDisk(t *testing.T) {
	dir := t.TempDir()
	disk := filepath.Join(dir, "disk")
	if err := os.Mkdir(disk, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("none", disk, "tmpfs", 0, "size=2m"); err != nil {
		t.Fatal(notMounted, ": ", err)
	}
	defer syscall.Unmount(disk, syscall.MNT_DETACH)
	s := open(t, store.Options{Dir: filepath.Join(disk, "whisper"), FlushEvery: 20 * time.Millisecond})
	r := newRelay(t, s, filepath.Join(dir, "queue"))
	r.add(t, line("known", 1, 100))
	await(t, "a point before", func() bool { return r.Stats().Delivered == 1 })

	ballast := filepath.Join(disk, "ballast")
	err := os.WriteFile(ballast, make([]byte, 4<<20), 0o644)
	if err == nil {
		t.Fatal("the disk is not full")
	}
	for i := range int64(50) {
		r.add(t, line("known", 2, 500-10*i), line(fmt.Sprintf("new.n%d", i), 3, 0))
	}
	await(t, "an outage", func() bool { return strings.Contains(r.worker.State().LastError, "no space left on device") })
	if n := r.Stats().Delivered; n != 1 {
		t.Errorf("got %d points delivered to a full disk", n-1)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	await(t, "all points", func() bool { return r.Stats().Delivered == 101 })
	if got := inFile(t, s, "known"); len(got) != 51 && len(got) != 50 {
		t.Errorf("got %d values, want 50", len(got))
	}
	if got := inFile(t, s, "new.n49"); len(got) != 1 {
		t.Errorf("got %v, want the point of a new series", got)
	}
	r.end(t)
}
