package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// measureElsewhere measures a trend in a process with mounts of its own, so that
// nothing of them is left, however it ends. Where the system does not allow that,
// the process does without.
func (g *growth) measureElsewhere(ctx context.Context, t *trend) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	private := os.Geteuid() == 0
	settings, err := json.Marshal(growthQueueSettings{*g, t.name, private})
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, self, growthQueueRole, string(settings))
	cmd.Stderr, cmd.SysProcAttr = os.Stderr, dieWithParent()
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 30 * time.Second
	if private {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWNS
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	read := t.readSamples(out)
	return errors.Join(read, cmd.Wait())
}

// readSamples reads until there are no more.
func (t *trend) readSamples(r io.Reader) error {
	for in := json.NewDecoder(r); ; {
		var s sample
		if err := in.Decode(&s); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		t.samples = append(t.samples, s)
	}
}

// growthGround returns the folder to measure in: a file system that can share
// blocks, or else dir itself. The image is gone from dir as soon as it is mounted.
func growthGround(ctx context.Context, dir string, private bool) (string, error) {
	mkfs, err := exec.LookPath("mkfs.xfs")
	if !private || err != nil {
		fmt.Fprintln(os.Stderr, "queue: without root and mkfs.xfs (Debian: xfsprogs) a backlog is written whole, as far as there is room")
		return dir, nil
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return "", fmt.Errorf("make the mounts private: %w", err)
	}
	at, err := growthMount(dir)
	if err != nil {
		return "", err
	}
	image := growthImage(dir)
	defer os.Remove(image)
	for _, command := range [][]string{
		{"truncate", "-s", "400G", image},
		{mkfs, "-q", "-m", "reflink=1", image},
		{"mount", "-o", "loop", image, at},
	} {
		if out, err := exec.CommandContext(ctx, command[0], command[1:]...).CombinedOutput(); err != nil {
			return "", fmt.Errorf("%q: %w: %s", command, err, out)
		}
	}
	return at, nil
}

// roomFor says whether there is room in dir: for a backlog, if it cannot share
// blocks, and for other bytes.
func roomFor(dir string, bytes, others int64) error {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return err
	}
	free := int64(s.Bavail) * s.Bsize
	if bytes+others > free/10*9 {
		return fmt.Errorf("%w: %d GiB are free, and it is %d", errNoRoom, free>>30, bytes>>30)
	}
	return nil
}

// cloneRange has a part of to share the blocks of a part of from.
func cloneRange(to, from *os.File, s span) error {
	return unix.IoctlFileCloneRange(int(to.Fd()), &unix.FileCloneRange{
		Src_fd: int64(from.Fd()), Src_offset: uint64(s.from), Src_length: uint64(s.length), Dest_offset: uint64(s.to)})
}
