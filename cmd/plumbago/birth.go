package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"time"

	"github.com/coreos/go-systemd/v22/activation"
	"github.com/plumbago/plumbago/internal/handover"
	"github.com/plumbago/plumbago/internal/inherit"
	"github.com/plumbago/plumbago/receive"
)

// What two processes say to each other when one takes the place of the other.
const (
	sayListener   = "listener"   // a listening socket; the first process's
	sayPrepare    = "prepare"    // those were all: read the configuration
	sayPrepared   = "prepared"   // all but the queues is open; the second process's, with the listeners' names
	sayConnection = "connection" // with its state; the first process's
	sayTakeOver   = "take over"  // those were all: the queues are free
	sayReady      = "ready"      // all is open; from here on the second process is the gateway
)

// birth is what a gateway had from its first moment.
type birth struct {
	sockets     *inherit.Sockets
	odd         error          // what was inherited and cannot be used
	predecessor *handover.Line // to the process whose place this one takes; nil if there is none

	resumes bool           // this process takes its own place, with left
	left    []receive.Left // connections to go on with
}

// beBorn takes what the process was started with.
func beBorn() (b birth, err error) {
	files := activation.Files(true)
	if b.predecessor, err = handover.Predecessor(); err != nil {
		return b, err
	}
	if b.predecessor != nil {
		handed, err := b.listeners()
		if err != nil {
			return b, err
		}
		files = append(files, handed...)
	}
	b.sockets, b.odd = inherit.New(files)
	return b, nil
}

// listeners receives the listening sockets.
func (b birth) listeners() (files []*os.File, err error) {
	for {
		m, err := b.predecessor.Receive()
		switch {
		case err != nil:
			return nil, fmt.Errorf("take sockets over: %w", err)
		case m.Kind == sayPrepare:
			return files, nil
		case m.File != nil:
			files = append(files, m.File)
		}
	}
}

// listenForOperators binds the operators' door, unless it is there already. It is nil
// if there is none.
func (b birth) listenForOperators(address string) (net.Listener, error) {
	if address == "" {
		return nil, nil
	}
	l, err := b.sockets.Stream(operatorsName(address), hostPort(address))
	if l != nil {
		return l, err
	}
	if err == nil {
		var bound net.Listener
		if bound, err = net.Listen("tcp", hostPort(address)); err == nil {
			return bound, nil
		}
	}
	return nil, fmt.Errorf("listen for operators: %w", err)
}

// operatorsName is the operators' door as a listener's name.
func operatorsName(address string) string { return "admin+" + address }

// taking is how the relay gets the connections to go on with; nil if there are none.
func (b birth) taking() func([]string) ([]receive.Left, error) {
	switch {
	case b.resumes:
		return func([]string) ([]receive.Left, error) { return b.left, nil }
	case b.predecessor != nil:
		return b.takeOver
	}
	return nil
}

// takeOver says that all is prepared, and receives the connections.
func (b birth) takeOver(listeners []string) (list []receive.Left, err error) {
	names, err := json.Marshal(listeners)
	if err != nil {
		return nil, err
	}
	if err := b.predecessor.Send(handover.Message{Kind: sayPrepared, Data: names}, nil); err != nil {
		return nil, fmt.Errorf("take over: %w", err)
	}
	for {
		m, err := b.predecessor.Receive()
		switch {
		case err != nil:
			return nil, fmt.Errorf("take over: the process before this one: %w", err)
		case m.Kind == sayTakeOver:
			return list, nil
		}
		left, err := connectionOf(m)
		if err != nil {
			return nil, fmt.Errorf("take a connection over: %w", err)
		}
		list = append(list, left)
	}
}

func connectionOf(m handover.Message) (l receive.Left, err error) {
	if m.File == nil {
		return l, errors.New("it came without a socket")
	}
	defer m.File.Close()
	if err := json.Unmarshal(m.Data, &l.State); err != nil {
		return l, err
	}
	l.Listener = m.Name
	l.Conn, err = net.FileConn(m.File)
	return l, err
}

// tellUnused logs what was inherited for nothing. What a predecessor had is closed: who
// connects there is to be told so.
func (b birth) tellUnused(log *slog.Logger) {
	if b.odd != nil {
		log.Warn("inherited for nothing", "err", b.odd)
	}
	for _, a := range b.sockets.Unused() {
		log.Warn("inherited socket that no listener of the configuration uses", "addr", a)
	}
	if b.predecessor != nil || b.resumes {
		b.sockets.Close()
	}
}

// ready tells the predecessor that its place is taken.
func (b birth) ready(log *slog.Logger) {
	if b.predecessor == nil {
		return
	}
	if err := b.predecessor.Send(handover.Message{Kind: sayReady}, nil); err != nil {
		log.Warn("the process before this one has gone already", "err", err)
	}
}

// released returns when the predecessor has told the service manager of this
// process.
func (b birth) released(ctx context.Context) {
	if b.predecessor == nil {
		return
	}
	defer context.AfterFunc(ctx, func() { b.predecessor.Close() })()
	b.predecessor.Within(releasePatience)
	_, _ = b.predecessor.Receive()
	b.predecessor.Close()
}

// releasePatience is how long a predecessor may take to tell the service manager.
const releasePatience = 5 * time.Second
