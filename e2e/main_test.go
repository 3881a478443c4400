// Package e2e_test runs the real binary against real peers: Debian's carbon,
// python's own pickler, netcat, and far ends that die, reset and stop reading.
// Every point carries its number, so what was lost is known exactly.
package e2e_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// binaryVariable names the environment's variable with the binary under test.
// Where it is not set, the binary is built.
const binaryVariable = "PLUMBAGO_BINARY"

func TestMain(m *testing.M) {
	if until := os.Getenv(fakeVariable); until != "" {
		fmt.Fprintln(os.Stderr, fakeSuccessor(until))
		os.Exit(1)
	}
	flag.Parse()
	if testing.Short() {
		fmt.Println("e2e: left out in short mode, as it needs real peers and most of a minute")
		os.Exit(0)
	}
	status, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
	}
	os.Exit(status)
}

func run(m *testing.M) (status int, err error) {
	if os.Getenv(binaryVariable) != "" {
		return m.Run(), nil
	}
	dir, err := os.MkdirTemp("", "plumbago-e2e-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	binary, err := build(dir)
	if err != nil {
		return 1, err
	}
	os.Setenv(binaryVariable, binary)
	return m.Run(), nil
}

// build makes the static binary, as it is shipped.
func build(dir string) (binary string, err error) {
	binary = filepath.Join(dir, "plumbago")
	cmd := exec.Command("go", "build", "-buildvcs=false", "-o", binary, "./cmd/plumbago")
	cmd.Dir = ".."
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the binary: %w\n%s", err, out)
	}
	return binary, nil
}
