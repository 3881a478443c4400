//go:build unix

// Package handover is how a process that gives way and the one that takes its place
// speak with each other: messages, some of which carry a socket, on a pair of
// sockets that the second is born with.
package handover

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"
)

// Variable names the descriptor of the successor's end in its environment.
const Variable = "PLUMBAGO_HANDOVER"

// mostMessage bounds a message, in bytes: the rest of a connection is in it.
const mostMessage = 256 << 20

// Message is one thing that is said.
type Message struct {
	Kind string          // what it is
	Name string          `json:",omitempty"` // what it is about
	Data json.RawMessage `json:",omitempty"`

	// File, of the message's name, comes with one that was sent with a socket; nil
	// without.
	File *os.File `json:"-"`
}

// Line is one end of the pair. One goroutine sends and one receives at a time.
type Line struct{ c *net.UnixConn }

// Start starts cmd as a successor, and returns the line to it.
func Start(cmd *exec.Cmd) (*Line, error) {
	syscall.ForkLock.RLock()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fds[0])
		syscall.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, os.NewSyscallError("socketpair", err)
	}
	theirs := os.NewFile(uintptr(fds[1]), "handover")
	defer theirs.Close()
	l, err := lineOn(os.NewFile(uintptr(fds[0]), "handover"))
	if err != nil {
		return nil, err
	}
	cmd.ExtraFiles = append(cmd.ExtraFiles, theirs)
	cmd.Env = append(cmd.Env, Variable+"="+strconv.Itoa(2+len(cmd.ExtraFiles)))
	if err := cmd.Start(); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// Predecessor returns the line to the process whose place this one takes; nil if
// there is none. It is called once.
func Predecessor() (*Line, error) {
	text := os.Getenv(Variable)
	if text == "" {
		return nil, nil
	}
	_ = os.Unsetenv(Variable) // it is for this process alone
	fd, err := strconv.Atoi(text)
	if err != nil || fd < 3 {
		return nil, fmt.Errorf("%s is %q: want a descriptor", Variable, text)
	}
	syscall.CloseOnExec(fd)
	l, err := lineOn(os.NewFile(uintptr(fd), "handover"))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", Variable, err)
	}
	return l, nil
}

// lineOn takes f over.
func lineOn(f *os.File) (*Line, error) {
	defer f.Close()
	c, err := net.FileConn(f)
	if err != nil {
		return nil, err
	}
	u, ok := c.(*net.UnixConn)
	if !ok {
		c.Close()
		return nil, errors.New("not a unix socket")
	}
	return &Line{u}, nil
}

// Close ends the line.
func (l *Line) Close() error { return l.c.Close() }

// Within bounds the time of all that is said from now on; 0: it is not bounded.
func (l *Line) Within(d time.Duration) {
	var at time.Time
	if d > 0 {
		at = time.Now().Add(d)
	}
	_ = l.c.SetDeadline(at)
}

// Send says m, and gives the other a copy of the socket, if it is not nil.
func (l *Line) Send(m Message, socket syscall.Conn) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if len(text) > mostMessage {
		return fmt.Errorf("message %q is too long", m.Kind)
	}
	text = append(binary.BigEndian.AppendUint32(nil, uint32(len(text))), text...)
	if socket == nil {
		_, err = l.c.Write(text)
		return err
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return err
	}
	if e := raw.Control(func(fd uintptr) { err = l.write(text, syscall.UnixRights(int(fd))) }); e != nil {
		return e
	}
	return err
}

// write writes text, and the rights with its beginning.
func (l *Line) write(text, rights []byte) error {
	n, _, err := l.c.WriteMsgUnix(text, rights, nil)
	if err == nil && n < len(text) {
		_, err = l.c.Write(text[n:])
	}
	return err
}

// Receive waits for a message. io.EOF says that the other has ended.
func (l *Line) Receive() (m Message, err error) {
	var size [4]byte
	rights := make([]byte, syscall.CmsgSpace(4))
	n, oobn, _, _, err := l.c.ReadMsgUnix(size[:], rights)
	if err != nil {
		return m, err
	}
	fd, err := socketIn(rights[:oobn])
	if err != nil {
		return m, err
	}
	m, err = l.rest(size, n)
	if fd >= 0 {
		m.File = os.NewFile(uintptr(fd), m.Name)
	}
	return m, err
}

// rest reads a message of which n bytes are in size.
func (l *Line) rest(size [4]byte, n int) (m Message, err error) {
	if n == 0 {
		return m, io.EOF
	}
	if _, err = io.ReadFull(l.c, size[n:]); err != nil {
		return m, err
	}
	length := binary.BigEndian.Uint32(size[:])
	if length > mostMessage {
		return m, fmt.Errorf("a message of %d bytes", length)
	}
	text := make([]byte, length)
	if _, err = io.ReadFull(l.c, text); err != nil {
		return m, err
	}
	return m, json.Unmarshal(text, &m)
}

// socketIn returns the descriptor in a control message; -1 if there is none.
func socketIn(control []byte) (int, error) {
	if len(control) == 0 {
		return -1, nil
	}
	messages, err := syscall.ParseSocketControlMessage(control)
	if err != nil || len(messages) == 0 {
		return -1, err
	}
	fds, err := syscall.ParseUnixRights(&messages[0])
	if err != nil || len(fds) == 0 {
		return -1, err
	}
	syscall.CloseOnExec(fds[0])
	return fds[0], nil
}
