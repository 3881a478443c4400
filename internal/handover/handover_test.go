//go:build unix

package handover_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/internal/handover"
)

// TestMain is also the successor of the tests: it answers each message in capitals,
// and serves one connection of each listener that it is handed.
func TestMain(m *testing.M) {
	line, err := handover.Predecessor()
	if line == nil && err == nil {
		os.Exit(m.Run())
	}
	if err == nil {
		err = succeed(line)
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func succeed(line *handover.Line) error {
	if os.Getenv(handover.Variable) != "" {
		return errors.New("the variable is still there")
	}
	for {
		m, err := line.Receive()
		if errors.Is(err, io.EOF) {
			os.Exit(0)
		}
		if err != nil {
			return err
		}
		if m.File != nil {
			l, err := net.FileListener(m.File)
			if err != nil {
				return err
			}
			go greet(l, m.File.Name())
		}
		m.Kind = strings.ToUpper(m.Kind)
		if err := line.Send(m, nil); err != nil {
			return err
		}
	}
}

func greet(l net.Listener, name string) {
	c, err := l.Accept()
	if err == nil {
		fmt.Fprint(c, "this is ", name)
		c.Close()
	}
}

func startSuccessor(t *testing.T) (*handover.Line, *exec.Cmd) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env, cmd.Stderr = os.Environ(), os.Stderr
	line, err := handover.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		line.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the successor: %v", err)
		}
	})
	line.Within(20 * time.Second)
	return line, cmd
}

func TestMessagesAndSocketsPassOver(t *testing.T) {
	line, _ := startSuccessor(t)
	for _, size := range []int{0, 1, 100_000, 3 << 20} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		data, _ := json.Marshal(strings.Repeat("x", size))
		sent := handover.Message{Kind: "socket", Name: fmt.Sprint("listener ", size), Data: data}
		answered := make(chan error, 1)
		var got handover.Message
		go func() {
			var err error
			got, err = line.Receive()
			answered <- err
		}()
		if err := line.Send(sent, l.(*net.TCPListener)); err != nil {
			t.Fatal(err)
		}
		if err := <-answered; err != nil {
			t.Fatal(err)
		}
		if got.Kind != "SOCKET" || got.Name != sent.Name || string(got.Data) != string(data) || got.File != nil {
			t.Errorf("%d bytes: got back %q of %q with %d bytes and file %v", size, got.Kind, got.Name, len(got.Data), got.File)
		}
		address := l.Addr().String()
		l.Close() // the successor has its own
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(c)
		if want := "this is " + sent.Name; string(text) != want || err != nil {
			t.Errorf("got %q, error %v, want %q", text, err, want)
		}
		c.Close()
	}
}

func TestTheEndOfTheOtherProcessIsSeen(t *testing.T) {
	line, _ := startSuccessor(t)
	if err := line.Send(handover.Message{Kind: "hello"}, nil); err != nil {
		t.Fatal(err)
	}
	if m, err := line.Receive(); m.Kind != "HELLO" || err != nil {
		t.Errorf("got %q, error %v, want an answer", m.Kind, err)
	}
	line.Within(20 * time.Millisecond)
	if _, err := line.Receive(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v where nothing is said, want a deadline exceeded", err)
	}
}

func TestPredecessorRefusesWhatIsNoDescriptor(t *testing.T) {
	for _, text := range []string{"x", "-1", "2", "1000"} {
		t.Run(text, func(t *testing.T) {
			t.Setenv(handover.Variable, text)
			line, err := handover.Predecessor()
			if line != nil || err == nil || !strings.Contains(err.Error(), handover.Variable) {
				t.Errorf("got %v, error %v, want an error that names %s", line, err, handover.Variable)
			}
			if got := os.Getenv(handover.Variable); got != "" {
				t.Errorf("the variable is still %q: children would take it for theirs", got)
			}
		})
	}
}
