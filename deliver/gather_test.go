package deliver_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/metric"
)

// fakePoster is a far end that takes each batch after a while.
type fakePoster struct {
	takes  time.Duration
	answer func(n int, lines string) error // what the Post with the number n returns; nil: nil
	gone   chan struct{}

	mu     sync.Mutex
	posts  []post
	closed int
}

type post struct {
	at    time.Duration // since the first
	lines string
}

func (p *fakePoster) Post(ctx context.Context, b metric.Batch) error {
	p.mu.Lock()
	n := len(p.posts)
	p.posts = append(p.posts, post{time.Since(bubbleBegan), string(b.Lines)})
	p.mu.Unlock()
	defer clear(b.Lines) // it may
	select {
	case <-time.After(p.takes):
	case <-ctx.Done():
		return ctx.Err()
	}
	if p.answer != nil {
		return p.answer(n, string(b.Lines))
	}
	return nil
}

func (p *fakePoster) Gone() <-chan struct{} { return p.gone }

func (p *fakePoster) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed++
}

// bubbleBegan is when the time of a synctest bubble begins.
var bubbleBegan = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// checkPosts checks what was posted when, written as "seconds:points".
func (p *fakePoster) checkPosts(t *testing.T, want ...string) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	var got []string
	for _, one := range p.posts {
		got = append(got, fmt.Sprintf("%g:%d", one.at.Seconds(), strings.Count(one.lines, "\n")))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got posts %q, want %q", got, want)
	}
}

// points makes a batch of so many points, ten bytes each.
func points(n int) metric.Batch {
	return metric.Batch{Lines: []byte(strings.Repeat("abcd 1 10\n", n)), Points: n}
}

func send(t *testing.T, c deliver.Conn, b metric.Batch) {
	t.Helper()
	if err := c.Send(t.Context(), b); err != nil {
		t.Fatalf("Send: got %v, want nil", err)
	}
	clear(b.Lines) // it is the caller's again
}

func checkAcked(t *testing.T, c deliver.Conn, want uint64) {
	t.Helper()
	if got := c.Acked(); got != want {
		t.Errorf("after %v: got %d blocks acknowledged, want %d", time.Since(bubbleBegan), got, want)
	}
}

func after(d time.Duration) { time.Sleep(d); synctest.Wait() }

func TestGathersUntilTheIntervalIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &fakePoster{takes: time.Second}
		c := deliver.Gather(p, deliver.Gathering{Interval: 30 * time.Second, MaxBytes: 1000})
		after(5 * time.Second)
		send(t, c, points(1))
		after(20 * time.Second)
		send(t, c, points(2))
		p.checkPosts(t)
		after(10 * time.Second) // 35 s
		p.checkPosts(t, "35:3")
		checkAcked(t, c, 0)
		after(time.Second)
		checkAcked(t, c, 2)
		send(t, c, points(4))
		after(31 * time.Second)
		p.checkPosts(t, "35:3", "66:4")
		if err := c.Close(t.Context()); err != nil || p.closed != 1 {
			t.Errorf("Close: got %v, and the poster closed %d times", err, p.closed)
		}
	})
}

func TestPostsWhatIsFullAtOnce(t *testing.T) {
	tests := []struct {
		name   string
		g      deliver.Gathering
		blocks []int
		want   []string
	}{
		{"up to its bound", deliver.Gathering{MaxBytes: 100}, []int{4, 6, 1}, []string{"0:10", "30:1"}},
		{"a block that does not fit", deliver.Gathering{MaxBytes: 100}, []int{4, 5, 3}, []string{"0:9", "30:3"}},
		{"a block that is too large", deliver.Gathering{MaxBytes: 100}, []int{25, 3}, []string{"0:25", "30:3"}},
		{"what points weigh beside their lines", deliver.Gathering{MaxBytes: 100, PerPoint: 40}, []int{1, 1, 1}, []string{"0:2", "30:1"}},
		{"the first in its own time", deliver.Gathering{MaxBytes: 100, First: time.Second}, []int{1, 2}, []string{"1:3"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &fakePoster{}
				tt.g.Interval = 30 * time.Second
				c := deliver.Gather(p, tt.g)
				for _, n := range tt.blocks {
					send(t, c, points(n))
					synctest.Wait()
				}
				after(time.Minute)
				p.checkPosts(t, tt.want...)
				checkAcked(t, c, uint64(len(tt.blocks)))
				c.Close(t.Context())
			})
		})
	}
}

func TestGathersWhileARequestIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &fakePoster{takes: 10 * time.Second}
		c := deliver.Gather(p, deliver.Gathering{MaxBytes: 100})
		send(t, c, points(1))
		synctest.Wait()
		for range 10 { // these have room
			send(t, c, points(1))
		}
		checkAcked(t, c, 0)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := c.Send(ctx, points(1)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v from a Send without room, want that it waited", err)
		}
		send(t, c, points(1)) // waits until 10 s
		if got := time.Since(bubbleBegan); got != 10*time.Second {
			t.Errorf("got room after %v, want 10 s", got)
		}
		after(20 * time.Second)
		p.checkPosts(t, "0:1", "10:10", "20:1")
		checkAcked(t, c, 12)
		c.Close(t.Context())
	})
}

func TestAFailedPostBreaksTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failure := deliver.RetryAfter(errors.New("503"), time.Minute)
		p := &fakePoster{takes: time.Second, answer: func(n int, _ string) error {
			if n == 0 {
				return nil
			}
			return failure
		}}
		c := deliver.Gather(p, deliver.Gathering{MaxBytes: 10})
		for range 3 {
			send(t, c, points(1))
		}
		if err := c.Send(t.Context(), points(1)); !errors.Is(err, failure) {
			t.Errorf("Send: got %v, want what Post returned", err)
		}
		<-c.Broken()
		checkAcked(t, c, 1)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := c.Close(ctx); !errors.Is(err, failure) {
			t.Errorf("Close: got %v, want what Post returned", err)
		}
		if len(p.posts) != 2 || p.closed != 1 {
			t.Errorf("got %d posts and %d closes, want 2 and 1", len(p.posts), p.closed)
		}
	})
}

func TestClosePostsWhatIsGathered(t *testing.T) {
	tests := []struct {
		name   string
		within time.Duration
		posts  []string
		acked  uint64
		clean  bool
	}{
		{"in good order", time.Minute, []string{"0:1", "10:2"}, 2, true},
		{"as far as there is time", 15 * time.Second, []string{"0:1", "10:2"}, 1, false},
		{"before the answer", 5 * time.Second, []string{"0:1"}, 0, false},
		{"at once", 0, []string{"0:1"}, 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &fakePoster{takes: 10 * time.Second}
				c := deliver.Gather(p, deliver.Gathering{Interval: time.Hour, First: time.Nanosecond, MaxBytes: 100})
				send(t, c, points(1))
				after(time.Nanosecond)
				send(t, c, points(2))
				ctx, cancel := context.WithTimeout(t.Context(), tt.within)
				defer cancel()
				if err := c.Close(ctx); (err == nil) != tt.clean {
					t.Errorf("Close: got %v, want nil: %v", err, tt.clean)
				}
				if got := time.Since(bubbleBegan); got > tt.within+time.Nanosecond && tt.within < time.Minute {
					t.Errorf("Close returned after %v, want %v at most", got, tt.within)
				}
				for i := range p.posts {
					p.posts[i].at = p.posts[i].at.Round(time.Millisecond)
				}
				p.checkPosts(t, tt.posts...)
				checkAcked(t, c, tt.acked)
			})
		})
	}
}

func TestOnlyTheFirstBatchHasItsOwnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &fakePoster{}
		c := deliver.Gather(p, deliver.Gathering{Interval: 30 * time.Second, First: time.Second, MaxBytes: 100})
		send(t, c, points(1))
		after(10 * time.Second)
		send(t, c, points(2))
		after(time.Minute)
		p.checkPosts(t, "1:1", "40:2")
		c.Close(t.Context())
	})
}

func TestNoMorePointsAreRefusedThanThereAre(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &fakePoster{answer: func(int, string) error { return deliver.Refused(7, errors.New("no")) }}
		c := deliver.Gather(p, deliver.Gathering{MaxBytes: 100})
		for range 2 {
			send(t, c, points(3))
			synctest.Wait()
		}
		if n, why := c.Refused(); n != 6 || why == nil || why.Error() != "no" {
			t.Errorf("got %d points refused for %v, want 6", n, why)
		}
		c.Close(t.Context())
	})
}

// TestWhatIsGatheredWhileTheFarEndGoesIsPosted has both happen at once, many times.
func TestWhatIsGatheredWhileTheFarEndGoesIsPosted(t *testing.T) {
	for range 200 {
		synctest.Test(t, func(t *testing.T) {
			p := &fakePoster{gone: make(chan struct{})}
			c := deliver.Gather(p, deliver.Gathering{MaxBytes: 100})
			synctest.Wait()
			close(p.gone)
			taken := uint64(1)
			if c.Send(t.Context(), points(1)) != nil {
				taken = 0
			}
			synctest.Wait()
			checkAcked(t, c, taken)
			c.Close(t.Context())
		})
	}
}

func TestFlushWaitsForNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &fakePoster{}
		c := deliver.Gather(p, deliver.Gathering{Interval: time.Hour, MaxBytes: 100})
		send(t, c, points(1))
		c.Flush()
		synctest.Wait()
		checkAcked(t, c, 1)
		c.Close(t.Context())
	})
}

func TestAnIdleEndBreaksOnlyWhatIsEmpty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &fakePoster{gone: make(chan struct{})}
		c := deliver.Gather(p, deliver.Gathering{Interval: time.Second, MaxBytes: 100})
		send(t, c, points(1))
		synctest.Wait()
		close(p.gone)
		synctest.Wait()
		select {
		case <-c.Broken():
			t.Error("broken while something was gathered: a Post would have connected")
		default:
		}
		<-c.Broken() // when that was posted
		p.checkPosts(t, "1:1")
		if err := c.Send(t.Context(), points(1)); err == nil {
			t.Error("Send: got nil from a broken Conn")
		}
		if err := c.Close(t.Context()); err != nil {
			t.Errorf("Close: got %v, want nil: nothing was missed", err)
		}
	})
}

func TestTenantsDoNotShareABatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &fakePoster{}
		c := deliver.Gather(p, deliver.Gathering{Interval: time.Hour, MaxBytes: 1000})
		for _, tenant := range []string{"a", "a", "b", "a"} {
			b := points(1)
			b.Tenant = tenant
			send(t, c, b)
		}
		c.Close(t.Context())
		p.checkPosts(t, "0:2", "0:1", "0:1")
	})
}
