package remotewrite_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/deliver/remotewrite"
	"github.com/plumbago/plumbago/deliver/remotewrite/remotewritetest"
)

// secret is a token, a password or a header's value.
const secret = "A1b2c3d4-55aa/\"4c6f"

// many makes lines of so many series at a time.
func many(series int, at int64) (lines []string) {
	for i := range series {
		lines = append(lines, fmt.Sprintf("s.%d 1 %d", i, at))
	}
	return lines
}

func TestBadPointsCostNoGoodOnes(t *testing.T) {
	eachVersion(t, func(t *testing.T, far *remotewritetest.Server, o remotewrite.Options) {
		far.Oldest = 500_000
		o.Shards, o.Interval = 1, 50*time.Millisecond
		r := newRig(t, far, o)
		r.Source.Add(many(200, 1000)...)
		r.Wait("the first points", func() bool { return far.Points() == 200 })
		next := many(200, 1001)
		next[20], next[120] = "s.20 1 998", "s.120 7 1000" // out of order, and another value for a time
		r.Source.Add(append(next, "s.20 1 997", "s.20 1 1002", "old 1 499", "new 1 1")...)
		r.Finish(5)
		if far.Points() != 200+198+1 {
			t.Errorf("got %d points, want %d", far.Points(), 200+198+1)
		}
		checkSamples(t, far, "s_20", remotewritetest.Sample{Time: 1_000_000, Value: 1}, remotewritetest.Sample{Time: 1_002_000, Value: 1})
		if o.Version == wireVersion(2) {
			r.checkRefused("unwritten", 5)
			if n := far.Count(http.StatusBadRequest); n != 1 {
				t.Errorf("got %d requests refused, want 1: the far end says how much it wrote", n)
			}
			return
		}
		r.checkRefused("out_of_order", 2)
		r.checkRefused("duplicate", 1)
		r.checkRefused("too_old", 2)
		for _, want := range []string{"s.20 1 997\n", "s.20 1 998\n", "s.120 7 1000\n", "old 1 499\n", "new 1 1\n", " 400 out of bounds\n", " 400 out of order sample\n"} {
			if !strings.Contains(r.Kept(), want) {
				t.Errorf("got %q kept, want %q in it", r.Kept(), want)
			}
		}
		r.CheckLog("points refused")
	})
}

// What is too old is found out with few requests, however much there is of it.
func TestABacklogThatIsTooOldIsSoonDone(t *testing.T) {
	far := &remotewritetest.Server{Oldest: 1 << 40}
	r := newRig(t, far, remotewrite.Options{Shards: 1, Interval: 100 * time.Millisecond})
	for at := range 5 {
		r.Source.Add(many(1000, int64(1000+at))...)
	}
	r.Finish(5000)
	r.checkRefused("too_old", 5000)
	if n := far.Count(http.StatusBadRequest); n > 100 {
		t.Errorf("got %d requests for 5000 points that are too old, want few", n)
	}
}

func TestAllBadToWhoTakesWhatItCan(t *testing.T) {
	far := &remotewritetest.Server{Version: 2}
	r := newRig(t, far, remotewrite.Options{Version: wireVersion(2), Shards: 1})
	r.Source.Add(many(100, 1000)...)
	r.Wait("the first points", func() bool { return far.Points() == 100 })
	r.Source.Add(append(many(100, 999), "good 1 1")...) // by now it is known to take what it can
	r.Wait("the good point, and the others refused", func() bool { return far.Points() == 101 && r.Source.Progress().Refused == 100 })
	before := far.Count(http.StatusBadRequest)
	r.Source.Add(many(100, 998)...)
	r.Finish(200)
	r.checkRefused("unwritten", 200)
	if n := far.Count(http.StatusBadRequest) - before; n != 1 {
		t.Errorf("got %d requests refused, want 1", n)
	}
}

func TestWhatMayPassIsTriedAgain(t *testing.T) {
	for _, fault := range []remotewritetest.Fault{
		{Status: http.StatusTooManyRequests, Times: 3}, {Status: http.StatusInternalServerError, Times: 3},
		{Status: http.StatusServiceUnavailable, Times: 3}, {Status: http.StatusRequestTimeout, Times: 2}, {Reset: true, Times: 3},
	} {
		t.Run(fmt.Sprintf("%+v", fault), func(t *testing.T) {
			eachVersion(t, func(t *testing.T, far *remotewritetest.Server, o remotewrite.Options) {
				far.Misbehave(fault)
				r := newRig(t, far, o)
				r.Source.Add(many(50, 1000)...)
				r.Finish(0)
				if far.Points() != 50 {
					t.Errorf("got %d points, want 50", far.Points())
				}
			})
		})
	}
}

func TestRetryAfterIsKeptTo(t *testing.T) {
	far := &remotewritetest.Server{}
	far.Misbehave(remotewritetest.Fault{Status: http.StatusTooManyRequests, RetryAfter: "1", Times: 1})
	began := time.Now()
	r := newRig(t, far, remotewrite.Options{})
	r.Source.Add("a 1 1")
	r.Finish(0)
	if took := time.Since(began); took < time.Second {
		t.Errorf("tried again after %v, want a second", took)
	}
}

// While one shard cannot get on, what the others have handed over is not sent again:
// the far end would refuse it as out of order.
func TestASettledPartIsNotSentAgain(t *testing.T) {
	far := &remotewritetest.Server{}
	far.Misbehave(remotewritetest.Fault{Status: http.StatusServiceUnavailable, Only: "s_7", Times: 5})
	r := newRig(t, far, remotewrite.Options{Shards: 4, Interval: 50 * time.Millisecond, MaxBatch: 1 << 10})
	r.Source.Add(append(many(100, 1000), many(100, 1001)...)...)
	r.Source.Add(many(100, 1002)...)
	r.Finish(0)
	if far.Points() != 300 {
		t.Errorf("got %d points, want 300", far.Points())
	}
	if n := far.Count(http.StatusBadRequest); n > 0 {
		t.Errorf("got %d requests refused, want none", n)
	}
}

func TestTooLargeRequestsAreSentByHalves(t *testing.T) {
	eachVersion(t, func(t *testing.T, far *remotewritetest.Server, o remotewrite.Options) {
		far.Misbehave(remotewritetest.Fault{MaxBody: 1000})
		o.Shards = 1
		r := newRig(t, far, o)
		var lines []string
		for i := range 500 {
			lines = append(lines, fmt.Sprintf("s.%d;some=%x %d 1000", i, i*7919*7919, i))
		}
		r.Source.Add(lines...)
		r.Finish(0)
		if far.Points() != 500 || far.Count(http.StatusRequestEntityTooLarge) == 0 {
			t.Errorf("got %d points after %d that were too large, want 500", far.Points(), far.Count(http.StatusRequestEntityTooLarge))
		}
	})
}

// Only a person can help, and no point is lost meanwhile.
func TestAPersonIsToldWhatToDo(t *testing.T) {
	for _, tt := range []struct {
		status int
		want   string
	}{
		{http.StatusUnauthorized, "does not let this sender in (401 some text): check `bearer`, `basic` and `tenant`"},
		{http.StatusForbidden, "does not let this sender in (403 some text)"},
		{http.StatusUnsupportedMediaType, "does not take messages of this version (415 some text): check `version`"},
		{http.StatusNotFound, "takes no points there (404 some text): check `address`"},
		{http.StatusMethodNotAllowed, "takes no points there (405 some text)"},
		{http.StatusNotImplemented, "takes no points there (501 some text)"},
		{http.StatusMovedPermanently, "redirects (301"},
	} {
		t.Run(fmt.Sprint(tt.status), func(t *testing.T) {
			t.Parallel()
			far := &remotewritetest.Server{}
			far.Misbehave(remotewritetest.Fault{Status: tt.status, Text: "some text"})
			r := newRig(t, far, remotewrite.Options{})
			r.Source.Add("a 1 1")
			r.Wait("the failure is known", func() bool { return strings.Contains(r.Worker.State().LastError, tt.want) })
			r.CheckLog("level=ERROR")
			far.Misbehave(remotewritetest.Fault{})
			r.Finish(0)
		})
	}
}

func TestAnOldFarEndIsFoundOut(t *testing.T) {
	far := &remotewritetest.Server{OldVersion: true}
	r := newRig(t, far, remotewrite.Options{Version: wireVersion(2)})
	r.Source.Add("a 1 1")
	r.Wait("the failure is known", func() bool { return strings.Contains(r.Worker.State().LastError, "set version: 1.0") })
	if p := r.Source.Progress(); p.Released > 0 || p.Refused > 0 {
		t.Errorf("got %+v, want the point to wait", p)
	}
}

func TestAnOldFarEndThatRefusesIsFoundOut(t *testing.T) {
	far := &remotewritetest.Server{Version: 2}
	far.Misbehave(remotewritetest.Fault{Status: http.StatusBadRequest, Text: "cannot decode"})
	r := newRig(t, far, remotewrite.Options{Version: wireVersion(2)})
	r.Source.Add("a 1 1", "b 1 1")
	r.Wait("the failure is known", func() bool { return strings.Contains(r.Worker.State().LastError, "it may know only 1.0") })
	if p := r.Source.Progress(); p.Refused > 0 {
		t.Errorf("got %+v, want the points to wait", p)
	}
}

// After an answer that is neither yes nor no the far end counts as connected only when
// it takes a message.
func TestAFarEndThatFailsIsNotConnected(t *testing.T) {
	far := &remotewritetest.Server{}
	far.Misbehave(remotewritetest.Fault{Status: http.StatusServiceUnavailable})
	r := newRig(t, far, remotewrite.Options{})
	r.Source.Add(many(10, 1000)...)
	r.Wait("several tries", func() bool { return r.Worker.State().Failures > 5 })
	if s := r.Worker.State(); s.Connected {
		t.Errorf("got %+v, want it not to be connected", s)
	}
	far.Misbehave(remotewritetest.Fault{})
	r.Finish(0)
	if far.Points() != 10 {
		t.Errorf("got %d points, want 10", far.Points())
	}
}

func TestSecretsAreNotShown(t *testing.T) {
	for _, o := range []remotewrite.Options{
		{Access: remotewrite.Access{Bearer: secret}},
		{Access: remotewrite.Access{User: "u", Password: secret}},
		{Access: remotewrite.Access{Headers: []remotewrite.Header{{Name: "X-Key", Value: secret}}}},
	} {
		for _, status := range []int{http.StatusBadRequest, http.StatusServiceUnavailable} {
			far := &remotewritetest.Server{}
			r := newRig(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				text := fmt.Sprint(r.Header, " ", secret)
				if status == http.StatusServiceUnavailable && far.Count(http.StatusServiceUnavailable) >= 3 {
					text = ""
				}
				if text != "" {
					far.Misbehave(remotewritetest.Fault{Status: status, Text: text})
				} else {
					far.Misbehave(remotewritetest.Fault{})
				}
				far.ServeHTTP(w, r)
			}), o)
			r.Source.Add("a 1 1")
			r.Finish(map[int]int{http.StatusBadRequest: 1}[status])
			all := r.Log.String() + r.Kept() + r.Worker.State().LastError
			for _, trace := range []string{secret, "A1b2c3d4", "dTpBMWIyYzNkN"} { // the last is in base64
				if strings.Contains(all, trace) {
					t.Errorf("%q is shown:\n%s", trace, all)
				}
			}
			if !strings.Contains(all, "***") {
				t.Errorf("got\n%s\nwant what the far end said, with *** in it", all)
			}
		}
	}
}
