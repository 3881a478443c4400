package e2e_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// manager is a service manager, as far as it is told something.
type manager struct {
	path string
	mu   sync.Mutex
	told []string
}

func newManager(t *testing.T) *manager {
	t.Helper()
	dir, err := os.MkdirTemp("", "manager") // a short name: the addresses of sockets are bounded
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	m := &manager{path: filepath.Join(dir, "notify")}
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: m.path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := c.Read(buf)
			if err != nil {
				return
			}
			m.mu.Lock()
			m.told = append(m.told, string(buf[:n]))
			m.mu.Unlock()
		}
	}()
	return m
}

// count is how many messages match.
func (m *manager) count(expression string) (n int) {
	want := regexp.MustCompile(expression)
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.told {
		if want.MatchString(s) {
			n++
		}
	}
	return n
}

func (m *manager) await(t *testing.T, n int, expression string) {
	t.Helper()
	eventually(t, 20*time.Second, fmt.Sprintf("%d times %q told to the service manager", n, expression), func() bool { return m.count(expression) >= n })
}

func TestTheServiceManagerIsToldHowTheGatewayIs(t *testing.T) {
	t.Parallel()
	m := newManager(t)
	far := newSink(t, "line")
	u := startUpgrading(t, "", to(far), "NOTIFY_SOCKET="+m.path, "WATCHDOG_USEC=400000")
	m.await(t, 1, `^READY=1$`)
	fmt.Fprint(dial(t, u.line), strings.Repeat("a.b 1 1600000000\n", 1000))
	m.await(t, 1, `^STATUS=[1-9][0-9]* points/s, [0-9]+ wait$`)
	m.await(t, 4, `^WATCHDOG=1$`)

	u.ask(syscall.SIGHUP)
	m.await(t, 1, `^RELOADING=1\nMONOTONIC_USEC=[0-9]+\n$`)
	m.await(t, 2, `^READY=1$`)

	u.upgrade()
	m.await(t, 1, fmt.Sprintf(`^MAINPID=%d$`, u.pids[1]))
	m.await(t, 3, `^READY=1$`)
	before := m.count(`^WATCHDOG=1$`)
	m.await(t, before+3, `^WATCHDOG=1$`)
	if n := m.count(`STOPPING=1`); n > 0 {
		t.Errorf("STOPPING=1 %d times for an upgrade, want none", n)
	}
	u.ask(syscall.SIGTERM)
	m.await(t, 1, `^STOPPING=1\nSTATUS=stopping, [0-9]+ wait\nEXTEND_TIMEOUT_USEC=[0-9]+\nWATCHDOG=1$`)
}

// activation runs the binary with sockets that the test holds, as a service manager
// does.
func activation(t *testing.T, g *gateway, files ...*os.File) *process {
	t.Helper()
	cmd := exec.Command("/bin/sh", "-c", `LISTEN_PID=$$ exec "$@"`, "sh", os.Getenv(binaryVariable), "serve", "--config", g.config)
	cmd.Env = append(os.Environ(), fmt.Sprintf("LISTEN_FDS=%d", len(files)))
	cmd.ExtraFiles = files
	return start(t, cmd)
}

func TestARestartWithTheManagersSocketsRefusesNobody(t *testing.T) {
	t.Parallel()
	far := newSink(t, "line")
	g := newGatewayWith(t, "", to(far))
	spare := freeAddress(t)
	g.process = activation(t, g, held(t, "tcp", g.line), held(t, "udp", g.udp), held(t, "tcp", g.pickle), held(t, "tcp", g.admin), held(t, "tcp", spare))
	files := g.cmd.ExtraFiles
	awaitReady(t, g.process, g.admin)
	eventually(t, 10*time.Second, "the socket without a listener in the log", func() bool {
		return g.output.contains("no listener of the configuration uses\" addr=tcp://" + spare)
	})
	for life := range 2 {
		g.stop()
		c := dial(t, g.line) // nobody is there
		fmt.Fprintf(c, "between.%d 1 1600000000\n", life)
		c.Close()
		u, err := net.Dial("udp", g.udp)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(u, "between.datagram.%d 1 1600000000\n", life)
		u.Close()
		g.process = activation(t, g, files...)
		far.await(10*time.Second, fmt.Sprintf("between.%d 1 1600000000", life))
		far.await(10*time.Second, fmt.Sprintf("between.datagram.%d 1 1600000000", life))
	}
	g.stop()
}

// held is a socket that is bound here.
func held(t *testing.T, network, address string) *os.File {
	t.Helper()
	var f *os.File
	if network == "udp" {
		c, err := net.ListenPacket(network, address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		f, err = c.(*net.UDPConn).File()
		if err != nil {
			t.Fatal(err)
		}
	} else {
		l, err := net.Listen(network, address)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if f, err = l.(*net.TCPListener).File(); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestSystemdStartsTheGatewayAtTheFirstConnection(t *testing.T) {
	t.Parallel()
	far := newSink(t, "line")
	g := newGatewayWith(t, "", to(far))
	systemd := program(t, "systemd-socket-activate", "systemd")
	g.process = start(t, exec.Command(systemd, "-l", g.line, "-l", g.admin, os.Getenv(binaryVariable), "serve", "--config", g.config))
	eventually(t, 10*time.Second, "systemd's sockets", func() bool {
		return bytes.Count([]byte(g.output.String()), []byte("Listening on")) >= 2
	})
	c := dial(t, g.line)
	fmt.Fprint(c, "first 1 1600000000\n")
	far.await(10*time.Second, "first 1 1600000000")
	g.stop()
}

func TestAnOrderToStopEndsAnUpgrade(t *testing.T) {
	t.Parallel()
	u := startUpgrading(t, "", to(newSink(t, "line")))
	u.spoil("never")
	u.ask(syscall.SIGUSR2)
	eventually(t, 10*time.Second, "the new process", func() bool { return u.output.contains("the successor waits") })
	u.stop()
}
