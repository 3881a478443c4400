// Package inherit holds sockets that listened before this process was started: a
// service manager's, or those of the process that it takes the place of.
package inherit

import (
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
)

// Sockets are the sockets that nobody has taken yet. A nil Sockets has none.
type Sockets struct {
	mu   sync.Mutex
	list []socket
}

type socket struct {
	file *os.File
	addr net.Addr
}

// New takes the files over. Their names are those of listeners, if anything. A file
// that is no such socket is closed, and told of by the error.
func New(files []*os.File) (*Sockets, error) {
	s := &Sockets{}
	var odd []string
	for _, f := range files {
		a := addrOf(f)
		if a == nil {
			odd = append(odd, f.Name())
			f.Close()
			continue
		}
		s.list = append(s.list, socket{f, a})
	}
	if odd != nil {
		return s, fmt.Errorf("inherited, but neither listening on TCP nor bound to UDP: %s", strings.Join(odd, ", "))
	}
	return s, nil
}

// addrOf is what a file listens on; nil if it does not.
func addrOf(f *os.File) net.Addr {
	if l, err := net.FileListener(f); err == nil {
		defer l.Close()
		if a, ok := l.Addr().(*net.TCPAddr); ok && listens(f) {
			return a
		}
		return nil
	}
	c, err := net.FilePacketConn(f)
	if err != nil {
		return nil
	}
	defer c.Close()
	if a, ok := c.LocalAddr().(*net.UDPAddr); ok {
		return a
	}
	return nil
}

// Stream returns a listener on the socket that has the name, or else on one that
// listens on host by TCP; nil if there is none.
func (s *Sockets) Stream(name, host string) (*net.TCPListener, error) {
	want, err := net.ResolveTCPAddr("tcp", host)
	if s == nil || err != nil {
		return nil, err
	}
	found := s.take(name, func(a net.Addr) bool {
		t, ok := a.(*net.TCPAddr)
		return ok && same(t.IP, want.IP) && t.Port == want.Port && t.Zone == want.Zone
	})
	if len(found) == 0 {
		return nil, nil
	}
	defer found[0].Close()
	s.giveBack(found[1:])
	l, err := net.FileListener(found[0])
	if err != nil {
		return nil, err
	}
	return l.(*net.TCPListener), nil
}

// Datagrams returns the sockets that have the name, or else those that are bound to
// host by UDP.
func (s *Sockets) Datagrams(name, host string) (list []*net.UDPConn, err error) {
	want, err := net.ResolveUDPAddr("udp", host)
	if s == nil || err != nil {
		return nil, err
	}
	for _, f := range s.take(name, func(a net.Addr) bool {
		u, ok := a.(*net.UDPAddr)
		return ok && same(u.IP, want.IP) && u.Port == want.Port && u.Zone == want.Zone
	}) {
		c, err := net.FilePacketConn(f)
		f.Close()
		if err != nil {
			return nil, err
		}
		list = append(list, c.(*net.UDPConn))
	}
	return list, nil
}

// same reports whether two addresses are one to a listener: all addresses of a
// machine have several names.
func same(a, b net.IP) bool {
	any := func(ip net.IP) bool { return len(ip) == 0 || ip.IsUnspecified() }
	return any(a) && any(b) || a.Equal(b)
}

// take takes the sockets that have the name; if there are none, those whose address
// is right.
func (s *Sockets) take(name string, right func(net.Addr) bool) []*os.File {
	s.mu.Lock()
	defer s.mu.Unlock()
	chosen := func(k socket) bool { return k.file.Name() == name }
	if !slices.ContainsFunc(s.list, chosen) {
		chosen = func(k socket) bool { return right(k.addr) }
	}
	var files []*os.File
	s.list = slices.DeleteFunc(s.list, func(k socket) bool {
		if !chosen(k) {
			return false
		}
		files = append(files, k.file)
		return true
	})
	return files
}

// giveBack returns files that were taken.
func (s *Sockets) giveBack(files []*os.File) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range files {
		s.list = append(s.list, socket{f, addrOf(f)})
	}
}

// Unused lists the sockets that nobody has taken, by network and address.
func (s *Sockets) Unused() (list []string) {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.list {
		list = append(list, k.addr.Network()+"://"+k.addr.String())
	}
	return list
}

// Close closes what nobody has taken.
func (s *Sockets) Close() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.list {
		k.file.Close()
	}
	s.list = nil
}
