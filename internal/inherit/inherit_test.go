package inherit_test

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/plumbago/plumbago/internal/inherit"
)

// bound is a socket that listens, as a file of the name.
func bound(t *testing.T, network, address, name string) (f *os.File, at string) {
	t.Helper()
	if strings.HasPrefix(network, "udp") {
		c, err := net.ListenPacket(network, address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		f, at = file(t, c.(*net.UDPConn)), c.LocalAddr().String()
	} else {
		l, err := net.Listen(network, address)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		f, at = file(t, l.(*net.TCPListener)), l.Addr().String()
	}
	copied, err := syscall.Dup(int(f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	return os.NewFile(uintptr(copied), name), at
}

func file(t *testing.T, c interface{ File() (*os.File, error) }) *os.File {
	t.Helper()
	f, err := c.File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func portOf(address string) string {
	_, port, _ := net.SplitHostPort(address)
	return port
}

func TestSocketsAreFoundByNameOrAddress(t *testing.T) {
	one, oneAt := bound(t, "tcp4", "127.0.0.1:0", "")
	all, allAt := bound(t, "tcp", "[::]:0", "")
	named, namedAt := bound(t, "tcp4", "127.0.0.1:0", "line+tcp://127.0.0.1:0")
	datagrams, datagramsAt := bound(t, "udp4", "127.0.0.1:0", "")
	s, err := inherit.New([]*os.File{one, all, named, datagrams})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, c := range []struct{ name, listener, host, want string }{
		{"another port", "x", "127.0.0.1:1", ""},
		{"another address", "x", "127.0.0.2:" + portOf(oneAt), ""},
		{"a socket of UDP", "x", datagramsAt, ""},
		{"its address", "x", oneAt, oneAt},
		{"an address that was taken", "x", oneAt, ""},
		{"its name", "line+tcp://127.0.0.1:0", "127.0.0.1:0", namedAt},
		{"all addresses by another name", "x", "0.0.0.0:" + portOf(allAt), allAt},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, err := s.Stream(c.listener, c.host)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if l != nil {
				got = l.Addr().String()
				l.Close()
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	if got, want := s.Unused(), []string{"udp://" + datagramsAt}; !slices.Equal(got, want) {
		t.Errorf("got unused %q, want %q", got, want)
	}
}

func TestAllDatagramSocketsOfAnAddressAreTaken(t *testing.T) {
	first, at := bound(t, "udp4", "127.0.0.1:0", "a")
	second, _ := bound(t, "udp4", "127.0.0.1:0", "a")
	s, err := inherit.New([]*os.File{first, second})
	if err != nil {
		t.Fatal(err)
	}
	list, err := s.Datagrams("a", at)
	if err != nil || len(list) != 2 {
		t.Fatalf("got %d sockets, error %v, want 2", len(list), err)
	}
	for _, c := range list {
		c.Close()
	}
	if list, err := s.Datagrams("a", at); len(list) != 0 || err != nil {
		t.Errorf("got %d sockets again, error %v, want none", len(list), err)
	}
}

func TestWhatDoesNotListenIsToldOf(t *testing.T) {
	plain, err := os.Create(filepath.Join(t.TempDir(), "some-file"))
	if err != nil {
		t.Fatal(err)
	}
	good, at := bound(t, "tcp4", "127.0.0.1:0", "")
	s, err := inherit.New([]*os.File{plain, good})
	if err == nil || !strings.Contains(err.Error(), "some-file") {
		t.Errorf("got error %v, want one that names the file", err)
	}
	if l, err := s.Stream("x", at); l == nil || err != nil {
		t.Errorf("got listener %v, error %v: the good socket is to be used", l, err)
	} else {
		l.Close()
	}
}

func TestNoSockets(t *testing.T) {
	var s *inherit.Sockets
	s.Close()
	if l, err := s.Stream("a", "127.0.0.1:1"); l != nil || err != nil {
		t.Errorf("got %v, %v, want nothing", l, err)
	}
	if list, err := s.Datagrams("a", "127.0.0.1:1"); list != nil || err != nil {
		t.Errorf("got %v, %v, want nothing", list, err)
	}
	if list := s.Unused(); list != nil {
		t.Errorf("got unused %v, want none", list)
	}
}
