//go:build linux

// Package installed_test makes what users are given, installs it into roots of its
// own, and runs it there as its user.
package installed_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// version is that of what is made, and when its source was dated.
const (
	version = "v9.9.9-rc1"
	dated   = "1700000000"
)

// dist is the folder of what was made for this machine.
var dist string

func TestMain(m *testing.M) {
	flag.Parse()
	switch {
	case testing.Short():
		fmt.Println("packaging/installed: left out in short mode, as it builds packages and installs them")
		os.Exit(0)
	case runtime.GOOS != "linux" || os.Getuid() != 0:
		fmt.Println("packaging/installed: left out: only root on Linux can install packages into a root of its own")
		os.Exit(0)
	}
	status, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "packaging/installed:", err)
	}
	os.Exit(status)
}

func run(m *testing.M) (status int, err error) {
	if dist, err = os.MkdirTemp("", "plumbago-installed-"); err != nil {
		return 1, err
	}
	defer os.RemoveAll(dist)
	if err := made("../..", dist); err != nil {
		return 1, err
	}
	return m.Run(), nil
}

// made makes what users are given of a source, for this machine.
func made(source, out string) error {
	cmd := exec.Command("go", "run", "./packaging", "--version", version, "--out", out, "--only", runtime.GOOS+"/"+runtime.GOARCH, "release")
	cmd.Dir = source
	cmd.Env = append(os.Environ(), "SOURCE_DATE_EPOCH="+dated, "CGO_ENABLED=0")
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("make a release: %w\n%s", err, said)
	}
	return nil
}

// file is the one of what was made that has a name like this.
func file(t *testing.T, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dist, pattern))
	if err != nil || len(found) != 1 {
		t.Fatalf("got %q (%v) like %q, want one file", found, err, pattern)
	}
	return found[0]
}
