package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// dieWithParent has the kernel end a child whose parent is gone.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// readUsage reads what process pid has used so far.
func readUsage(pid int) (u usage, err error) {
	if u.CPU, err = processClock(pid); err != nil {
		return usage{}, fmt.Errorf("read the clock of process %d: %w", pid, err)
	}
	if u.System, err = systemTime(pid); err != nil {
		return usage{}, err
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	u.RSS, u.Peak = kilobytes(status, "VmRSS:"), kilobytes(status, "VmHWM:")
	return u, err
}

// processClock is utime + stime of /proc/PID/stat, in nanoseconds instead of
// ticks.
func processClock(pid int) (time.Duration, error) {
	const scheduled = 2 // CPUCLOCK_SCHED
	var t unix.Timespec
	err := unix.ClockGettime(int32(^pid<<3|scheduled), &t)
	return time.Duration(t.Nano()), err
}

func systemTime(pid int) (time.Duration, error) {
	const stime = 12 // the field's index behind the command's name, which may hold anything
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) <= stime {
		return 0, fmt.Errorf("read %q: too short", stat)
	}
	ticks, err := strconv.Atoi(fields[stime])
	return time.Duration(ticks) * 10 * time.Millisecond, err
}
