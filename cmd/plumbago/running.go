package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/plumbago/plumbago/internal/durable"
	"github.com/plumbago/plumbago/relay"
)

// runningFiles is the part of a data folder that tells other commands of the
// process that uses it.
type runningFiles struct {
	dir  string
	also string // another file for the process's number, as carbon has it; "" for none
}

func (r runningFiles) pidFile() string { return filepath.Join(r.dir, "plumbago.pid") }
func (r runningFiles) lock() string    { return filepath.Join(r.dir, "plumbago.lock") }
func (r runningFiles) outcome() string { return filepath.Join(r.dir, "last-reload.json") }

// begin says that this process uses the folder, until end is called. A lock
// shows that the number is not that of another process, left behind by a crash.
func (r runningFiles) begin() (end func(), err error) {
	lock, err := durable.LockFile(r.lock())
	if err != nil {
		return func() {}, err
	}
	err = writePID(r.pidFile())
	if r.also != "" {
		err = errors.Join(err, writePID(r.also))
	}
	return sync.OnceFunc(func() {
		os.Remove(r.pidFile())
		lock.Unlock()
	}), err
}

// pid is the process that uses the folder.
func (r runningFiles) pid() (int, error) {
	held, err := durable.Locked(r.lock())
	if errors.Is(err, os.ErrNotExist) || err == nil && !held {
		return 0, errNotRunning
	}
	if err != nil {
		return 0, err
	}
	return readPID(r.pidFile())
}

// writePID writes this process's number.
func writePID(file string) error {
	return durable.Replace(durable.OS(), file, []byte(strconv.Itoa(os.Getpid())+"\n"))
}

// removePID removes a file that holds this process's number: it may be another's by
// now, who took its place.
func removePID(file string) {
	if pid, err := readPID(file); err == nil && pid == os.Getpid() {
		os.Remove(file)
	}
}

// errNotRunning says that there is no process of the number in a file.
var errNotRunning = errors.New("not running")

// readPID returns the number in a file, if a process has it.
func readPID(file string) (int, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return 0, errNotRunning
	}
	if err != nil {
		return 0, err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid <= 0 {
		return 0, fmt.Errorf("%s holds no process number: %.20q", file, text)
	}
	if err := syscall.Kill(pid, 0); errors.Is(err, syscall.ESRCH) {
		return 0, errNotRunning
	}
	return pid, nil
}

// reloadOutcome is what a reload came to.
type reloadOutcome struct {
	At      time.Time     `json:"at"`
	Error   string        `json:"error,omitempty"`
	Changes relay.Changes `json:"changes"`
}

// tell leaves the outcome of a reload for whoever asked for it.
func (r runningFiles) tell(changes relay.Changes, err error) error {
	o := reloadOutcome{At: time.Now(), Changes: changes}
	if err != nil {
		o.Error = err.Error()
	}
	text, err := json.Marshal(o)
	if err != nil {
		return err
	}
	return durable.Replace(durable.OS(), r.outcome(), append(text, '\n'))
}

// told returns the outcome of the last reload; zero if there was none.
func (r runningFiles) told() (o reloadOutcome) {
	text, err := os.ReadFile(r.outcome())
	if err == nil {
		_ = json.Unmarshal(text, &o) // what is no outcome is none
	}
	return o
}
