package hostedgraphite_test

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/metric"
)

// sink is a far end whose answers the test decides.
type sink struct {
	*httptest.Server

	mu       sync.Mutex
	answer   func(w http.ResponseWriter, lines []string) // nil: all are taken
	hangUp   bool                                        // after each answer
	requests []*http.Request
	took     []string
}

func newSink(t *testing.T, answer func(http.ResponseWriter, []string)) *sink {
	s := &sink{answer: answer}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := bodyOf(r)
	if err != nil {
		return
	}
	lines := strings.Split(strings.TrimSuffix(body, "\n"), "\n")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r)
	out := httptest.NewRecorder()
	out.Code = http.StatusAccepted
	if s.answer != nil {
		s.answer(out, lines)
	}
	if out.Code < 300 {
		s.took = append(s.took, lines...)
	}
	if s.hangUp {
		hangUp(w, out.Result())
		return
	}
	maps.Copy(w.Header(), out.Header())
	w.WriteHeader(out.Code)
	w.Write(out.Body.Bytes())
}

// hangUp answers and closes the connection, which the answer does not announce.
func hangUp(w http.ResponseWriter, answer *http.Response) {
	answer.ContentLength = max(answer.ContentLength, 0)
	c, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	answer.Write(c)
	c.Close()
}

// behave has the sink answer in another way from now on.
func (s *sink) behave(answer func(http.ResponseWriter, []string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

// hangUpAlways has the sink close after each answer from now on.
func (s *sink) hangUpAlways() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hangUp = true
}

func (s *sink) taken() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.took)
}

// forget forgets what was taken.
func (s *sink) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.took = nil
}

func (s *sink) asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.requests)
}

func (s *sink) checkTaken(t *testing.T, want ...string) {
	t.Helper()
	if got := s.taken(); !slices.Equal(got, want) {
		t.Errorf("got %q taken, want %q", got, want)
	}
}

// say answers with a status, a text and headers as pairs.
func say(code int, text string, header ...string) func(http.ResponseWriter, []string) {
	return func(w http.ResponseWriter, _ []string) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		http.Error(w, text, code)
	}
}

// sayIf answers so if bad is true of the lines.
func sayIf(bad func([]string) bool, code int, text string) func(http.ResponseWriter, []string) {
	return func(w http.ResponseWriter, lines []string) {
		if bad(lines) {
			http.Error(w, text, code)
		}
	}
}

func isBad(line string) bool { return strings.HasPrefix(line, "bad") }

func anyBad(lines []string) bool { return slices.ContainsFunc(lines, isBad) }

func allBad(lines []string) bool {
	return !slices.ContainsFunc(lines, func(l string) bool { return !isBad(l) })
}

func longer(than int) func([]string) bool {
	return func(lines []string) bool { return len(strings.Join(lines, "\n"))+1 > than }
}

func batch(lines ...string) metric.Batch {
	return metric.Batch{Lines: []byte(strings.Join(lines, "\n") + "\n"), Points: len(lines)}
}

// answered is a Conn that gathers nothing: its Send returns when the far end has
// answered, with what that means.
type answered struct {
	deliver.Conn
	sent, refused uint64
}

func (a *answered) Send(ctx context.Context, b metric.Batch) error {
	if err := a.Conn.Send(ctx, b); err != nil {
		return err
	}
	a.sent++
	for a.Acked() < a.sent {
		select {
		case <-a.Broken():
			if a.Acked() < a.sent {
				return a.Close(ctx)
			}
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
	refused, why := a.Conn.(deliver.Refuser).Refused()
	now := refused - a.refused
	a.refused = refused
	return deliver.Refused(int(now), why)
}

func dial(t testing.TB, d deliver.Destination) deliver.Conn {
	t.Helper()
	conn, err := d.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	conn.(deliver.Flusher).Flush()
	t.Cleanup(func() { conn.Close(context.Background()) })
	return &answered{Conn: conn}
}
