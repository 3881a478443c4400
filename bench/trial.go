package main

import (
	"context"
	"fmt"
	"time"
)

// result is one measurement. Its JSON is a line of the file that -o names.
type result struct {
	Scenario  string        `json:"scenario"`
	Peer      string        `json:"peer"`
	Rep       int           `json:"rep"`
	When      time.Time     `json:"when"`
	Sent      sent          `json:"sent"`
	Came      count         `json:"came"`
	Lost      int64         `json:"lost"` // whose write succeeded, and which never came
	Took      time.Duration `json:"took"` // from the first write to the last arrival
	AtRest    usage         `json:"at_rest"`
	Used      usage         `json:"used"`              // from the first write to the last arrival
	Rested    usage         `json:"rested"`            // in the time before the first write
	Dropped   int64         `json:"dropped"`           // datagrams that the kernel dropped before the relay read them
	Latencies []int64       `json:"latency,omitempty"` // nanoseconds, in no order
}

// perMillion is the processor time, in seconds, that a million points cost.
func (r result) perMillion() float64 {
	return r.Used.CPU.Seconds() / float64(max(1, r.Came.Unique)) * 1e6
}

func (r result) pointsPerSecond() float64 {
	return float64(r.Came.Unique) / max(r.Took.Seconds(), 1e-9)
}

// trial is a measurement while it runs.
type trial struct {
	scenario scenario
	peer     peer
	dir      string
	perf     string // file to record the relay's profile in, or ""

	sink      *role
	relay     *relay
	load      *role
	faults    []fault // those to come
	epoch     int     // of the stream; 0 for the usual
	datagrams string  // port for them, or ""
	result    result
}

// measure runs a scenario with a peer once, in folder dir.
func (t *trial) measure(ctx context.Context, at place) (result, error) {
	ctx, cancel := context.WithTimeout(ctx, t.scenario.limit())
	defer cancel()
	t.faults = t.scenario.faults
	t.result = result{Scenario: t.scenario.name, Peer: t.peer.name, When: time.Now().UTC()}
	defer t.end()
	if err := t.prepare(ctx, at); err != nil {
		return t.result, err
	}
	if err := t.stream(ctx); err != nil {
		return t.result, err
	}
	return t.result, t.conclude()
}

// stream lets the generator go and watches until all has come, or nothing more
// does.
func (t *trial) stream(ctx context.Context) error {
	time.Sleep(300 * time.Millisecond) // until everything rests
	t.result.AtRest = t.relay.usage()
	if t.perf != "" {
		finish, err := t.relay.record(t.perf)
		if err != nil {
			return err
		}
		defer finish()
	}
	reports := make(chan report, 1)
	go func() {
		var r report
		r.err = t.load.hear(&r.sent)
		reports <- r
	}()
	if err := t.load.say("go"); err != nil {
		return err
	}
	return t.watch(ctx, reports)
}

// report is what the generator says in the end.
type report struct {
	sent sent
	err  error
}

// watch lets the faults happen in their time and returns when nothing more is to
// be expected.
func (t *trial) watch(ctx context.Context, reports <-chan report) error {
	start, moved := time.Now(), time.Now()
	for sending := true; sending || !t.over(moved); {
		select {
		case r := <-reports:
			if r.err != nil {
				return r.err
			}
			t.result.Sent, sending, moved = r.sent, false, time.Now()
		case <-ctx.Done():
			return fmt.Errorf("%w when %d points had come; the relay says: %s", ctx.Err(), t.result.Came.Unique, t.relay.lastWords())
		case <-time.After(20 * time.Millisecond):
		}
		news, err := t.step(ctx, time.Since(start))
		if err != nil {
			return err
		}
		if news {
			moved = time.Now()
		}
	}
	return nil
}

// over says whether all that was sent has come, or nothing has moved for so long
// that nothing will.
func (t *trial) over(moved time.Time) bool {
	return len(t.faults) == 0 && (t.result.Came.Unique >= t.result.Sent.Points || time.Since(moved) > t.scenario.stall)
}

// step lets happen what is due, and counts.
func (t *trial) step(ctx context.Context, now time.Duration) (news bool, err error) {
	for len(t.faults) > 0 && now >= t.faults[0].at {
		if err := t.strike(ctx, t.faults[0].what); err != nil {
			return false, err
		}
		t.faults = t.faults[1:]
	}
	if t.scenario.rest > 0 && now < t.scenario.rest {
		t.result.Rested = t.relay.usage().since(t.result.AtRest)
	}
	if !t.relay.alive() {
		return false, fmt.Errorf("the relay ended: %s", t.relay.lastWords())
	}
	return t.look()
}

// look counts again, and says whether there is anything new. What the relay uses
// after the last point came is not counted.
func (t *trial) look() (news bool, err error) {
	var a sinkAnswer
	if err := t.sink.ask("count", &a); err != nil {
		return false, err
	}
	news = a.Count.Unique != t.result.Came.Unique
	t.result.Came = a.Count
	now := t.relay.usage()
	if news {
		t.result.Used = now.since(t.result.AtRest)
	}
	t.result.Used.RSS, t.result.Used.Peak = now.RSS, now.Peak
	return news, nil
}

// strike makes a fault happen.
func (t *trial) strike(ctx context.Context, what string) error {
	switch what {
	case "kill":
		t.relay.kill()
		return t.relay.start(ctx)
	case "stop":
		t.relay.stop(12 * time.Second)
		return t.relay.start(ctx)
	}
	var a sinkAnswer
	return t.sink.ask(what, &a)
}

// conclude asks for the last that came, duplicates too, and for the times.
func (t *trial) conclude() error {
	time.Sleep(200 * time.Millisecond)
	var a sinkAnswer
	if err := t.sink.ask("final", &a); err != nil {
		return err
	}
	r := &t.result
	r.Came = a.Count
	r.Lost = r.Sent.Points - r.Came.Unique
	r.Took = time.Duration(r.Came.Last - r.Sent.Started)
	r.Latencies, r.Sent.Answers = r.Sent.Answers, nil
	if t.datagrams != "" {
		var err error
		if r.Dropped, err = droppedAt(t.datagrams); err != nil {
			return err
		}
	}
	if !t.scenario.times {
		return nil
	}
	if err := t.sink.ask("times", &a); err != nil {
		return err
	}
	r.Latencies = latencies(r.Sent.Times, a.Times)
	r.Sent.Times = nil
	return nil
}

// latencies are the times that the points were under way; those that never came
// are left out.
func latencies(sent, came []int64) (all []int64) {
	for n := range sent {
		if came[n] != 0 && sent[n] != 0 {
			all = append(all, came[n]-sent[n])
		}
	}
	return all
}

// end ends all processes.
func (t *trial) end() {
	if t.load != nil {
		t.load.end()
	}
	if t.relay != nil {
		t.relay.stop(500 * time.Millisecond)
	}
	if t.sink != nil {
		t.sink.end()
	}
}
