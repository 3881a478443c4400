//go:build linux

package installed_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// root is a root of the file system that is a test's own, with mounts and a network
// of its own. All of it is gone with the process that holds it.
type root struct {
	t      *testing.T
	holder int
	dir    string
}

// overlay makes a root like this machine's, on which changes are only its own.
const overlay = `
mount -t tmpfs -o mode=755 tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
mount -t proc proc "$1/root/proc"
mount --bind /dev "$1/root/dev"
mount -t tmpfs tmpfs "$1/root/run"
mount -t tmpfs -o mode=1777 tmpfs "$1/root/tmp"
cd "$1/root"`

// container makes one of the files in $1, that nothing can write to but the folder of
// the queues.
const container = `
mount --bind "$1" "$1"
mount -t tmpfs -o uid=65532,gid=65532,mode=700 tmpfs "$1/var/lib/plumbago"
mount -o remount,bind,ro "$1"
cd "$1"`

// newRoot runs a script that makes a root of the folder $1 and goes there.
func newRoot(t *testing.T, script, dir string) *root {
	t.Helper()
	hold := exec.Command("unshare", "--mount", "--net", "--propagation", "private",
		"sh", "-e", "-c", script+"\nip link set lo up\npwd\nexec sleep 1000", "sh", dir)
	hold.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var said strings.Builder
	hold.Stderr = &said
	out, err := hold.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := hold.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		hold.Process.Kill()
		hold.Wait()
	})
	ready, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("make a root: %v\n%s", err, &said)
	}
	return &root{t, hold.Process.Pid, strings.TrimSpace(ready)}
}

// command is a program in the root.
func (r *root) command(args ...string) *exec.Cmd {
	in := []string{"--target", fmt.Sprint(r.holder), "--mount", "--net", "chroot"}
	if strings.HasPrefix(args[0], "--userspec=") {
		in, args = append(in, args[0]), args[1:]
	}
	cmd := exec.Command("nsenter", append(append(in, r.dir), args...)...)
	cmd.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "DEBIAN_FRONTEND=noninteractive"}
	cmd.Dir = "/"
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// try runs a program to its end.
func (r *root) try(args ...string) (string, error) {
	out, err := r.command(args...).CombinedOutput()
	return string(out), err
}

// must runs a program that must succeed.
func (r *root) must(args ...string) string {
	r.t.Helper()
	out, err := r.try(args...)
	if err != nil {
		r.t.Fatalf("%q: %v\n%s", args, err, out)
	}
	return out
}

// sh runs a script that must succeed.
func (r *root) sh(script string) string {
	r.t.Helper()
	return r.must("sh", "-e", "-c", "cd /root\n"+script)
}

// put copies a file of outside.
func (r *root) put(from, to string) {
	r.t.Helper()
	f, err := os.Open(from)
	if err != nil {
		r.t.Fatal(err)
	}
	defer f.Close()
	cmd := r.command("sh", "-c", `cat >"$0" && chmod 755 "$0"`, to)
	cmd.Stdin = io.Reader(f)
	if out, err := cmd.CombinedOutput(); err != nil {
		r.t.Fatalf("copy to %s: %v\n%s", to, err, out)
	}
}
