package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// The generator, the sink and the floor run in processes of their own, so that
// the processor time of one is not taken for another's. They are this program,
// started again with the role's name as its first argument and its settings, in
// JSON, as its second. They obey words on their standard input, a line each, and
// answer each with a line of JSON.
const (
	loadRole  = "load"
	sinkRole  = "sink"
	filesRole = "files"
	floorRole = "floor"
)

// sinkSettings are the settings of the sink's role.
type sinkSettings struct {
	Protocol string
	Front    string // what names begin with
	Series   int
	Points   int
	Times    bool
	Cert     certificate // none without TLS
	Ports    int         // how many it listens at
}

// sinkAnswer is the sink's answer to every word.
type sinkAnswer struct {
	Addresses []string `json:"addresses"`
	Count     count    `json:"count"`
	Times     []int64  `json:"times,omitempty"` // of each point's arrival; answers "times" only
}

// runLoad is the generator's process: it says when it is prepared, waits for a
// word, and reports when it is done.
func runLoad(l load, in io.Reader, out io.Writer) error {
	if err := l.check(); err != nil {
		return err
	}
	pieces := l.pieces()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	senders := l.senders()
	if l.Connections > fewConnections {
		if err := connectAll(ctx, senders); err != nil {
			return err
		}
		time.Sleep(crowdSettle)
	}
	words := bufio.NewScanner(in)
	if err := answer(out, "prepared"); err != nil || !words.Scan() {
		return err
	}
	go func() {
		words.Scan() // the end of the input: nobody listens any more
		cancel()
	}()
	return answer(out, l.send(ctx, senders, pieces))
}

// runSink is the sink's process: it says where it listens and obeys until its
// input ends.
func runSink(set sinkSettings, in io.Reader, out io.Writer) error {
	t := newTally(set.Series, set.Points)
	if set.Times {
		t.times = make([]int64, set.Points)
	}
	t.stream = t.stream.under(set.Front)
	s, err := listenSink(set.Protocol, t, set.Cert, max(1, set.Ports))
	if err != nil {
		return err
	}
	if err := answer(out, sinkAnswer{Addresses: s.addresses}); err != nil {
		return err
	}
	return obey(in, out, s.obey)
}

// obey answers each word, until the input ends.
func obey(in io.Reader, out io.Writer, do func(word string) (sinkAnswer, error)) error {
	for words := bufio.NewScanner(in); words.Scan(); {
		a, err := do(words.Text())
		if err != nil {
			return err
		}
		if err := answer(out, a); err != nil {
			return err
		}
	}
	return nil
}

func (s *sink) obey(word string) (a sinkAnswer, err error) {
	switch word {
	case "down":
		s.down()
	case "up":
		err = s.up()
	case "reset":
		s.reset()
	case "times":
		a.Times = s.tally.times
	case "count", "final":
	default:
		err = fmt.Errorf("obey %q: no such word", word)
	}
	a.Addresses, a.Count = s.addresses, s.count()
	return a, err
}

func answer(out io.Writer, v any) error { return json.NewEncoder(out).Encode(v) }

// role is a running process of this program.
type role struct {
	name string
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *json.Decoder
}

// startRole starts this program in a role.
func startRole(name string, settings any) (*role, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	set, err := json.Marshal(settings)
	if err != nil {
		return nil, err
	}
	r := &role{name: name, cmd: exec.Command(self, name, string(set))}
	r.cmd.Stderr = os.Stderr
	r.cmd.SysProcAttr = dieWithParent()
	in, errIn := r.cmd.StdinPipe()
	out, errOut := r.cmd.StdoutPipe()
	if err := errors.Join(errIn, errOut, r.cmd.Start()); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	r.in, r.out = in, json.NewDecoder(out)
	return r, nil
}

// say sends a word.
func (r *role) say(word string) error {
	_, err := fmt.Fprintln(r.in, word)
	return err
}

// hear waits for an answer.
func (r *role) hear(into any) error {
	if err := r.out.Decode(into); err != nil {
		return fmt.Errorf("listen to %s: %w", r.name, err)
	}
	return nil
}

// ask sends a word and waits for the answer.
func (r *role) ask(word string, into any) error {
	if err := r.say(word); err != nil {
		return err
	}
	return r.hear(into)
}

// end lets the process end by itself, and ends it if it does not.
func (r *role) end() {
	r.in.Close()
	kill := time.AfterFunc(3*time.Second, func() { r.cmd.Process.Kill() })
	defer kill.Stop()
	r.cmd.Wait()
}
