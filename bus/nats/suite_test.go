package nats_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/s2"

	"github.com/plumbago/plumbago/bus/nats"
	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/deliver/delivertest"
)

func TestKeepsThePromises(t *testing.T) {
	delivertest.Run(t, delivertest.Harness{
		New: func(t *testing.T, address string) deliver.Destination {
			return newSender(t, nats.SenderOptions{Interval: 20 * time.Millisecond, Bus: nats.Bus{
				Servers: []string{"nats://" + address}, Partitions: 1, Timeout: 700 * time.Millisecond,
			}})
		},
		Greet:   greet,
		Serve:   serve,
		Answers: true,
	})
}

// talk is one client's connection to a server that knows as much of NATS and JetStream
// as a Sender needs.
type talk struct {
	net.Conn
	in    *bufio.Reader
	inbox map[string]string // the sid of a subject up to its last word
}

// greet answers until the client has heard of the stream.
func greet(c *net.TCPConn) (net.Conn, error) {
	k := &talk{c, bufio.NewReader(c), map[string]string{}}
	fmt.Fprintf(c, `INFO {"server_id":"x","version":"2.10.0","proto":1,"headers":true,"max_payload":1048576,"jetstream":true}`+"\r\n")
	for {
		op, args, err := k.next()
		if err != nil {
			return nil, err
		}
		if (op == "PUB" || op == "HPUB") && strings.HasPrefix(args[0], "$JS.API.STREAM.INFO.") {
			_, _, reply, err := k.message(op, args)
			if err != nil {
				return nil, err
			}
			greeted.Store(c.RemoteAddr().String(), k)
			return k, k.answer(reply, `{"type":"io.nats.jetstream.api.v1.stream_info_response","config":{"name":"PLUMBAGO","subjects":["plumbago.*.*"]},"state":{}}`)
		}
	}
}

// Read reads what was not read yet.
func (k *talk) Read(b []byte) (int, error) { return k.in.Read(b) }

// next reads a command, and does what ordinary ones ask for.
func (k *talk) next() (string, []string, error) {
	line, err := k.in.ReadString('\n')
	if err != nil {
		return "", nil, err
	}
	words := strings.Fields(line)
	if len(words) == 0 {
		return "", nil, nil
	}
	switch words[0] {
	case "PING":
		io.WriteString(k.Conn, "PONG\r\n")
	case "SUB":
		k.inbox[strings.TrimSuffix(words[1], "*")] = words[len(words)-1]
	}
	return words[0], words[1:], nil
}

// message reads the rest of a PUB or HPUB.
func (k *talk) message(op string, args []string) (header, data []byte, reply string, err error) {
	size, _ := strconv.Atoi(args[len(args)-1])
	head := 0
	if op == "HPUB" {
		head, _ = strconv.Atoi(args[len(args)-2])
	}
	all := make([]byte, size+2)
	if _, err := io.ReadFull(k.in, all); err != nil {
		return nil, nil, "", err
	}
	if len(args) > 2 {
		reply = args[1]
	}
	return all[:head], all[head:size], reply, nil
}

func (k *talk) answer(reply, text string) error {
	sid, ok := k.inbox[reply[:strings.LastIndexByte(reply, '.')+1]]
	if !ok {
		return errors.New("nobody has subscribed to " + reply)
	}
	_, err := fmt.Fprintf(k.Conn, "MSG %s %s %d\r\n%s\r\n", reply, sid, len(text), text)
	return err
}

// greeted are the connections that were greeted, by the client's address.
var greeted sync.Map

// serve takes points and acknowledges them. The suite may have wrapped the connection.
func serve(c net.Conn, take func(string)) {
	first, _ := greeted.Load(c.RemoteAddr().String())
	k := &talk{c, bufio.NewReader(c), first.(*talk).inbox}
	for seq := 1; ; {
		op, args, err := k.next()
		if err != nil {
			return
		}
		if op != "PUB" && op != "HPUB" {
			continue
		}
		_, data, reply, err := k.message(op, args)
		if err != nil {
			return
		}
		lines, err := s2.Decode(nil, data)
		if err != nil {
			return
		}
		for line := range strings.Lines(string(lines)) {
			take(strings.TrimSuffix(line, "\n"))
		}
		if k.answer(reply, fmt.Sprintf(`{"stream":"PLUMBAGO","seq":%d}`, seq)) != nil {
			return
		}
		seq++
	}
}
