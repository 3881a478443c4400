package blueflood_test

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plumbago/plumbago/deliver/blueflood"
	"github.com/plumbago/plumbago/deliver/blueflood/bluefloodtest"
)

func TestWhatPassesIsSentAgain(t *testing.T) {
	tests := []struct {
		name  string
		fault bluefloodtest.Fault
	}{
		{"202", bluefloodtest.Fault{Status: 202, Times: 3}},
		{"429", bluefloodtest.Fault{Status: 429, Times: 3}},
		{"500", bluefloodtest.Fault{Status: 500, Times: 3}},
		{"503", bluefloodtest.Fault{Status: 503, Times: 3}},
		{"403, until a person has acted", bluefloodtest.Fault{Status: 403, Times: 3}},
		{"404", bluefloodtest.Fault{Status: 404, Times: 3}},
		{"415", bluefloodtest.Fault{Status: 415, Times: 3}},
		{"a redirection", bluefloodtest.Fault{Status: 307, Times: 3}},
		{"resets", bluefloodtest.Fault{Reset: true, Times: 3}},
		{"silence", bluefloodtest.Fault{Silent: true, Times: 2}},
		{"slowness", bluefloodtest.Fault{Slow: 50 * time.Millisecond, Times: 10}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			far := newFar()
			far.Misbehave(tt.fault)
			r := newRig(t, far, blueflood.Options{Timeout: 300 * time.Millisecond})
			r.give("a", 5, 20) // and nothing more comes
			r.Wait("all given back", func() bool { return r.Source.Progress().Released == 5 })
			r.Finish(0)
			checkStored(t, far, "a", 5, 20)
			if got := r.Kept(); got != "" {
				t.Errorf("got %q kept as refused", got)
			}
		})
	}
}

func TestTellsWhatOnlyAPersonCanCure(t *testing.T) {
	tests := []struct {
		status int
		want   string
	}{
		{401, "the far end wants a token (401 Unauthorized): there is no `auth`"},
		{403, "the far end does not let this account in (403 Forbidden): check `auth` and `tenant`"},
		{404, "the far end takes no points there (404 Not Found): check `address` and `tenant`"},
		{415, "the far end takes no points there (415 Unsupported Media Type)"},
		{501, "the far end takes no points there (501 Not Implemented)"},
		{302, "the far end redirects (302 Found): check `address`"},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.status), func(t *testing.T) {
			far := newFar()
			far.Misbehave(bluefloodtest.Fault{Status: tt.status})
			r := newRig(t, far, blueflood.Options{})
			r.give("a", 2, 10)
			r.Wait("several tries", func() bool { return far.Requests() > 3 })
			r.Wait("it is known to be down", func() bool { return !r.Worker.State().Connected })
			if got := r.Worker.State().LastError; !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if log := r.Log.String(); strings.Count(log, "level=ERROR") != 1 {
				t.Errorf("got log %q, want one error", log)
			}
			far.Misbehave(bluefloodtest.Fault{})
			r.Finish(0)
			checkStored(t, far, "a", 2, 10)
		})
	}
}

func TestAFailedBatchIsProbedWithOnePoint(t *testing.T) {
	far := newFar()
	far.Misbehave(bluefloodtest.Fault{Status: 503})
	var sizes []int
	counting := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sizes = append(sizes, int(r.ContentLength))
		far.ServeHTTP(w, r)
	})
	r := newRig(t, counting, blueflood.Options{})
	r.give("a", 1, 500)
	r.Wait("several tries", func() bool { return far.Answers(503) > 5 })
	if s := r.Worker.State(); s.Connected {
		t.Errorf("got %+v, want it down: the far end takes nothing", s)
	}
	far.Misbehave(bluefloodtest.Fault{})
	r.Finish(0)
	checkStored(t, far, "a", 1, 500)
	for i, size := range sizes[1:5] {
		if size > 200 {
			t.Errorf("try %d: got %d bytes, want one point", i+1, size)
		}
	}
}

func TestWaitsAsAsked(t *testing.T) {
	far := newFar()
	far.Misbehave(bluefloodtest.Fault{Status: 429, RetryAfter: "1", Times: 1})
	r := newRig(t, far, blueflood.Options{})
	began := time.Now()
	r.give("a", 1, 10)
	r.Finish(0)
	if took := time.Since(began); took < time.Second {
		t.Errorf("got all after %v, want what Retry-After asks for", took)
	}
}

func TestRefusedPointsAreCountedAndKept(t *testing.T) {
	far := newFar()
	far.Misbehave(bluefloodtest.Fault{Refuse: "bad"})
	r := newRig(t, far, blueflood.Options{Past: century})
	r.give("good", 3, 20)
	r.Source.Add("a.bad 1 1700000000", "a.fine 2 1700000000", "a.old 3 5", "a.inf inf 1700000000", "a.far 4 1800000000")
	r.give("more", 3, 20)
	r.Finish(4)
	checkStored(t, far, "good", 3, 20)
	checkStored(t, far, "more", 3, 20)
	if far.Value("12345", "a.fine", 1700000000000) != "2" {
		t.Error("the point between those that were refused is missing")
	}
	const refused = "plumbago_blueflood_refused_points_total"
	for reason, want := range map[string]float64{
		"their_name": 1, "their_time": 1, "value": 1, "too_far_ahead": 1, "too_old": 0, "their_other": 0,
	} {
		r.CheckMetric(refused, "reason", reason, want)
	}
	r.CheckMetric("plumbago_deliver_refused_points_total", "dest", "far", 4)
	for _, want := range []string{
		" metricName: is refused on demand\na.bad 1 1700000000\n",
		" collectionTime: Out of bounds. Cannot be more than 259200000 milliseconds into the past. Cannot be more than 600000 milliseconds into the future\na.old 3 5\n",
		" the value is none that JSON has: not a number, or beyond the range of a double\na.inf inf 1700000000\n",
		" too far ahead: the far end takes nothing more than 10m0s in the future\na.far 4 1800000000\n",
	} {
		if got := r.Kept(); !strings.Contains(got, want) {
			t.Errorf("got %q kept, want %q in it", got, want)
		}
	}
	r.CheckLog(`level=WARN msg="points refused" dest=far points=`)
}

func TestWhatIsTooOldCostsNoRequest(t *testing.T) {
	far := newFar()
	r := newRig(t, far, blueflood.Options{})
	r.Source.Add("a 1 5", "b 2 1699740799")
	r.Finish(2)
	if n := far.Requests(); n != 0 {
		t.Errorf("got %d requests, want none", n)
	}
	r.CheckMetric("plumbago_blueflood_refused_points_total", "reason", "too_old", 2)
}

func TestABatchThatIsRefusedByName(t *testing.T) {
	far := newFar()
	far.Misbehave(bluefloodtest.Fault{Refuse: "bad"})
	r := newRig(t, far, blueflood.Options{Interval: 50 * time.Millisecond})
	r.give("bad", 2, 20)
	r.Finish(40)
	if far.Answers(400) != 1 || far.Requests() != 1 {
		t.Errorf("got %d answers 400 of %d, want one: it named all points", far.Answers(400), far.Requests())
	}
}

func TestMoreRefusalsThanCanBeHeard(t *testing.T) {
	far := newFar()
	far.Misbehave(bluefloodtest.Fault{Refuse: "bad"})
	r := newRig(t, far, blueflood.Options{Interval: 100 * time.Millisecond})
	r.give("bad", 1, 4000)
	r.give("good", 1, 1000)
	r.Finish(4000)
	checkStored(t, far, "good", 1, 1000)
	if n := far.Requests(); n > 40 {
		t.Errorf("got %d requests, want few: halves until the answer can be heard", n)
	}
}

func TestHalves(t *testing.T) {
	const many = 64
	tests := []struct {
		name    string
		far     func(far *bluefloodtest.Server) http.Handler
		dropped int
		most    int // requests
	}{
		{"413 of what is too large", func(far *bluefloodtest.Server) http.Handler {
			far.Misbehave(bluefloodtest.Fault{MaxBody: 2000})
			return far
		}, 0, 15},
		{"417", answerIf(417, "", func(_ string, size int) bool { return size > 2000 }), 0, 15},
		{"400 that names nothing", answerIf(400, "Cannot parse content", func(body string, _ int) bool { return strings.Contains(body, ".17\"") }), 1, 14},
		{"500 of what it cannot parse", answerIf(500, "Failed parsing content", func(body string, _ int) bool { return strings.Contains(body, ".17\"") }), 1, 14},
		{"400 of everything", answerIf(400, "no", func(string, int) bool { return true }), many, 2*many - 1},
		{"413 of everything", answerIf(413, "", func(string, int) bool { return true }), many, 2*many - 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			far := newFar()
			var requests atomic.Int64
			h := tt.far(far)
			r := newRig(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				requests.Add(1)
				h.ServeHTTP(w, r)
			}), blueflood.Options{})
			r.give("a", 1, many)
			r.Finish(tt.dropped)
			if far.Points() != many-tt.dropped || int(requests.Load()) > tt.most {
				t.Errorf("got %d points stored by %d requests, want %d by %d at most", far.Points(), requests.Load(), many-tt.dropped, tt.most)
			}
			if got := strings.Count(r.Kept(), "\na."); got != tt.dropped {
				t.Errorf("got %d points kept, want %d:\n%s", got, tt.dropped, r.Kept())
			}
		})
	}
}

// answerIf makes a far end that answers so if something is true of a body.
func answerIf(status int, message string, is func(body string, size int) bool) func(*bluefloodtest.Server) http.Handler {
	return func(far *bluefloodtest.Server) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			z, err := gzip.NewReader(r.Body)
			if err != nil {
				return
			}
			body, _ := io.ReadAll(z)
			if !is(string(body), len(body)) {
				r.Header.Del("Content-Encoding")
				r.Body = io.NopCloser(strings.NewReader(string(body)))
				far.ServeHTTP(w, r)
				return
			}
			w.WriteHeader(status)
			if message != "" {
				json.NewEncoder(w).Encode(map[string]any{"errors": []any{map[string]any{"metricName": "", "source": nil, "timestamp": nil, "message": message}}})
			}
		})
	}
}

func TestOddAnswers(t *testing.T) {
	tests := []struct {
		name, answer string
		dropped      int
	}{
		{"no body", "", 0},
		{"a page", "<html><title>hello</title>", 0},
		{"no list", `{"errors":null}`, 0},
		{"another's point", `{"errors":[{"metricName":"x.y","timestamp":1700000000000,"source":"metricName","message":"no"}]}`, 0},
		{"another's tenant", `{"errors":[{"tenantId":"6","metricName":"a.0.3","timestamp":1700000000000,"source":"metricName","message":"no"}]}`, 0},
		{"another time", `{"errors":[{"metricName":"a.0.3","timestamp":1700000000001,"source":"metricName","message":"no"}]}`, 0},
		{"no time", `{"errors":[{"metricName":"a.0.3","timestamp":null,"source":null,"message":"no"}]}`, 1},
		{"two faults of a point", `{"errors":[{"metricName":"a.0.3","timestamp":1700000000000,"source":"unit","message":"no"},{"metricName":"a.0.3","timestamp":1.7e12,"source":"ttlInSeconds","message":"no"}]}`, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(http.StatusMultiStatus)
				io.WriteString(w, tt.answer)
			}), blueflood.Options{})
			r.give("a", 1, 10)
			r.Finish(tt.dropped)
			if tt.dropped == 0 {
				r.CheckLog("does not say which: they count as delivered")
			}
		})
	}
}

func TestManyTenants(t *testing.T) {
	far := newFar()
	far.Misbehave(bluefloodtest.Fault{Refuse: "bad"})
	r := newRig(t, far, blueflood.Options{Tenants: true, Prefix: "p", Interval: 50 * time.Millisecond})
	r.Source.Add("t1.a.b 1 1700000000", "t2.a.b 2 1700000000", "t1.bad 1 1700000000", "t2.c 3 1700000000", "nobody 4 1700000000")
	r.Finish(2)
	for _, want := range []struct{ tenant, name, value string }{{"t1", "p.a.b", "1"}, {"t2", "p.a.b", "2"}, {"t2", "p.c", "3"}, {"t1", "p.bad", ""}} {
		if got := far.Value(want.tenant, want.name, now.UnixMilli()); got != want.value {
			t.Errorf("%s %s: got %q, want %q", want.tenant, want.name, got, want.value)
		}
	}
	r.CheckMetric("plumbago_blueflood_refused_points_total", "reason", "no_tenant", 1)
}

// TestTheIdentityHoldsThroughFaults delivers while the far end misbehaves at random,
// and accounts for each point.
func TestTheIdentityHoldsThroughFaults(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	far := newFar()
	far.Users, far.TokenLife = map[string]string{"demo": secret}, century
	r := newRig(t, far, blueflood.Options{
		Timeout: 200 * time.Millisecond, Past: century, MaxBody: 2048, Auth: &blueflood.Auth{User: "demo", Key: secret},
	})
	faults := []bluefloodtest.Fault{
		{Status: 202}, {Status: 401}, {Status: 403}, {Status: 429}, {Status: 500}, {Status: 503},
		{Reset: true}, {Silent: true}, {Slow: 30 * time.Millisecond}, {MaxBody: 700},
	}
	bad := 0
	for block := range 60 {
		lines := make([]string, 1+random.IntN(40))
		for i := range lines {
			lines[i] = fmt.Sprintf("a.%d.%d %d 1700000000", block, i, i)
			switch random.IntN(10) {
			case 0:
				lines[i] = fmt.Sprintf("a.%d.%d.old %d 5", block, i, i) // the far end's refusal
				bad++
			case 1:
				lines[i] = fmt.Sprintf("a.%d.%d.nan nan 1700000000", block, i) // our own
				bad++
			}
		}
		r.Source.Add(lines...)
		f := faults[random.IntN(len(faults))]
		f.Times = 1 + random.IntN(3)
		if far.Misbehave(f); random.IntN(5) == 0 {
			far.ForgetTokens()
		}
		time.Sleep(time.Duration(random.IntN(20)) * time.Millisecond)
	}
	far.Misbehave(bluefloodtest.Fault{})
	r.Finish(bad)
	if got := strings.Count(r.Kept(), "\na."); got != bad {
		t.Errorf("got %d points kept, want %d", got, bad)
	}
	r.CheckMetric("plumbago_deliver_refused_points_total", "dest", "far", float64(bad))
}
