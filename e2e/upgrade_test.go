package e2e_test

import (
	"crypto/tls"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/plumbago/plumbago/internal/certs/certstest"
)

// upgrading is a gateway that is upgraded: each of its processes is followed by
// another.
type upgrading struct {
	*gateway
	binary string // of its own: tests put another in its place
	pids   []int
}

// startUpgrading runs a gateway from a binary of its own.
func startUpgrading(t *testing.T, moreDoors, rest string, environment ...string) *upgrading {
	t.Helper()
	u := &upgrading{binary: filepath.Join(t.TempDir(), "plumbago")}
	copyBinary(t, u.binary)
	u.gateway = newGatewayWith(t, moreDoors, rest, environment...)
	u.program = u.binary
	u.start()
	u.pids = []int{u.cmd.Process.Pid}
	t.Cleanup(func() {
		u.note()
		for _, pid := range u.pids {
			syscall.Kill(pid, syscall.SIGKILL) // else the first is not seen to end: they share its output
		}
	})
	return u
}

// copyBinary puts the binary under test at path. A process of its own writes it: what
// this one has open to write, a child that another test starts meanwhile has open too,
// and then the kernel runs no program of it.
func copyBinary(t *testing.T, path string) {
	t.Helper()
	if out, err := exec.Command("cp", os.Getenv(binaryVariable), path).CombinedOutput(); err != nil {
		t.Fatalf("copy the binary: %v\n%s", err, out)
	}
}

// pid is the process that is the gateway now, 0 while there is none.
func (u *upgrading) pid() int {
	text, _ := os.ReadFile(filepath.Join(u.data, "plumbago.pid"))
	pid, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return pid
}

// note notes the process that is the gateway now.
func (u *upgrading) note() (isNew bool) {
	pid := u.pid()
	for _, known := range u.pids {
		isNew = isNew || pid == known
	}
	if isNew = pid > 0 && !isNew; isNew {
		u.pids = append(u.pids, pid)
	}
	return isNew
}

// ask sends a signal to the process that is the gateway now.
func (u *upgrading) ask(s syscall.Signal) {
	u.t.Helper()
	if err := syscall.Kill(u.pids[len(u.pids)-1], s); err != nil {
		u.t.Fatalf("signal %v: %v", s, err)
	}
}

// upgrade returns when another process is the gateway.
func (u *upgrading) upgrade() {
	u.t.Helper()
	u.ask(syscall.SIGUSR2)
	eventually(u.t, 20*time.Second, "another process", u.note)
	eventually(u.t, 20*time.Second, "the upgrade's end in the log", func() bool {
		return strings.Count(u.output.String(), "the new process has taken over") == len(u.pids)-1
	})
}

func TestUpgradesRefuseNobodyAndLoseNothing(t *testing.T) {
	t.Parallel()
	far := newSink(t, "line")
	edge := freeAddress(t)
	authority := certstest.New(t, "authority")
	cert, key := authority.Issue("localhost")
	sink := freeAddress(t)
	u := startUpgrading(t, fmt.Sprintf("  - {protocol: line, listen: %q, tls: {cert: %q, key: %q}}\n  - {protocol: http, listen: %q}\n",
		"tls://"+edge, cert, key, "tcp://"+sink), to(far))

	crowd := newCrowd()
	for i := range 4 {
		crowd.stream(u.line, fmt.Sprintf("stream%d", i), 120)
	}
	crowd.come(u.line)
	crowd.datagrams(u.udp)
	crowd.post(sink)
	crowd.seal(edge, &tls.Config{InsecureSkipVerify: true})
	began := time.Now()
	for range 4 {
		time.Sleep(500 * time.Millisecond)
		u.upgrade()
	}
	time.Sleep(500 * time.Millisecond)
	crowd.end()
	took := time.Since(began)

	sent := crowd.sent()
	t.Logf("%d points in %v (%.0f/s), %d short connections, %d upgrades", len(sent), took.Round(time.Millisecond),
		float64(len(sent))/took.Seconds(), crowd.comings.Load(), len(u.pids)-1)
	lost := 0
	deadline := time.Now().Add(15 * time.Second)
	for _, line := range sent {
		for !far.has(line) && time.Now().Before(deadline) {
			time.Sleep(10 * time.Millisecond)
		}
		if !far.has(line) {
			if lost++; lost <= 5 {
				t.Errorf("%q did not arrive", line)
			}
		}
	}
	for _, l := range strings.Split(u.output.String(), "\n") {
		if strings.Contains(l, "has taken over") {
			t.Log(l)
		}
	}
	t.Logf("refused %d, broken %d, lost %d, repeated %d, longest write %v, longest connecting %v",
		crowd.refused.Load(), crowd.broken.Load(), lost, far.repeated(), time.Duration(crowd.longestWrite.Load()), time.Duration(crowd.longestDial.Load()))
	if crowd.refused.Load() > 0 || crowd.broken.Load() > 0 || lost > 0 {
		t.Errorf("%d connections refused, %d broken, %d points lost: want none", crowd.refused.Load(), crowd.broken.Load(), lost)
	}
	far.checkUndamaged()
}

func TestAnUpgradeTakesTheQueuesAlong(t *testing.T) {
	t.Parallel()
	far := newSink(t, "line")
	far.down()
	u := startUpgrading(t, "", to(far))
	c := dial(t, u.line)
	for i := range 20_000 {
		if i == 10_000 {
			eventually(t, 10*time.Second, "half of the points in the queue", func() bool { return u.metrics().account("sink").waiting == 10_000 })
			u.upgrade()
		}
		fmt.Fprintf(c, "waits.%d %d 1600000000\n", i, i)
	}
	eventually(t, 10*time.Second, "all points in the queue", func() bool { return u.metrics().account("sink").waiting == 20_000 })
	u.upgrade()
	far.up()
	eventually(t, 20*time.Second, "all points at the sink", func() bool { return far.distinct() == 20_000 })
	u.checkIdentity("sink")
}

func TestAnUpgradeThatFailsChangesNothing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, fake, want string }{
		{"a mistake in the configuration", "", "upgrade refused: this process goes on"},
		{"it ends before it is prepared", "prepare", "upgrade refused: this process goes on"},
		{"it ends with the queues in its hands", "take over", "upgrade failed: this process goes on"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			far := newSink(t, "line")
			edge := freeAddress(t)
			cert, key := certstest.New(t, "authority").Issue("localhost")
			u := startUpgrading(t, fmt.Sprintf("  - {protocol: line, listen: %q, tls: {cert: %q, key: %q}}\n", "tls://"+edge, cert, key), to(far))
			plain := dial(t, u.line)
			sealed, err := tls.Dial("tcp", edge, &tls.Config{InsecureSkipVerify: true})
			if err != nil {
				t.Fatal(err)
			}
			defer sealed.Close()
			fmt.Fprint(plain, "before 1 1600000000\nhalf a na")
			fmt.Fprint(sealed, "sealed.before 1 1600000000\nsealed.half.a.na")
			far.await(10*time.Second, "before 1 1600000000")
			far.await(10*time.Second, "sealed.before 1 1600000000")
			u.spoil(c.fake)
			u.ask(syscall.SIGUSR2)
			eventually(t, 20*time.Second, c.want, func() bool { return u.output.contains(c.want) })
			fmt.Fprint(plain, "\nafter 1 1600000000\n")
			fmt.Fprint(sealed, "me 1 1600000000\n")
			far.await(10*time.Second, "after 1 1600000000")
			far.await(10*time.Second, "sealed.half.a.name 1 1600000000")
			eventually(t, 10*time.Second, "a new connection taken", func() bool { return answers(u.line) })
			if u.pid() != u.pids[0] {
				t.Errorf("process %d is the gateway, want %d", u.pid(), u.pids[0])
			}
			u.stop()
		})
	}
}

// spoil makes the next upgrade fail: by a fake of the program, or if there is none
// by the configuration.
func (u *upgrading) spoil(fake string) {
	u.t.Helper()
	if fake == "" {
		f, err := os.OpenFile(u.config, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			u.t.Fatal(err)
		}
		defer f.Close()
		fmt.Fprintln(f, "nonsense: true")
		return
	}
	self, err := os.Executable()
	if err != nil {
		u.t.Fatal(err)
	}
	script := fmt.Sprintf("#!/bin/sh\n%s=%q exec %q\n", fakeVariable, fake, self)
	if err := os.WriteFile(u.binary+".new", []byte(script), 0o755); err != nil {
		u.t.Fatal(err)
	}
	if err := os.Rename(u.binary+".new", u.binary); err != nil {
		u.t.Fatal(err)
	}
}
