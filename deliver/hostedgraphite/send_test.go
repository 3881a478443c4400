package hostedgraphite_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/deliver/delivertest"
	"github.com/plumbago/plumbago/deliver/hostedgraphite"
	"github.com/plumbago/plumbago/metric"
)

func TestSendsLinesAsTheyAre(t *testing.T) {
	tests := []struct {
		name, path string
		plain      bool
		want       string // path
		encoding   string
	}{
		{"host alone", "", false, "/api/v1/sink", "gzip"},
		{"host with a slash", "/", true, "/api/v1/sink", ""},
		{"path", "/other/sink", false, "/other/sink", "gzip"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSink(t, nil)
			conn := dial(t, newDestination(t, hostedgraphite.Options{URL: s.URL + tt.path, Plain: tt.plain}))
			if err := conn.Send(t.Context(), batch("a.b 1.50 1700000000", "c;t=1 2 1700000000.25")); err != nil {
				t.Fatal(err)
			}
			if got := conn.Acked(); got != 1 {
				t.Errorf("got %d batches acknowledged, want 1", got)
			}
			s.checkTaken(t, "a.b 1.50 1700000000", "c;t=1 2 1700000000.25")
			r := s.requests[0]
			basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(secret+":"))
			got := []string{r.Method, r.URL.String(), r.Header.Get("Authorization"), r.Header.Get("Content-Type"), r.Header.Get("Content-Encoding")}
			if want := []string{"POST", tt.want, basic, "text/plain", tt.encoding}; !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestSendKeepsToTheSizeOfARequest(t *testing.T) {
	s := newSink(t, nil)
	conn := dial(t, newDestination(t, hostedgraphite.Options{URL: s.URL, MaxBatch: 25}))
	long := "long" + strings.Repeat("g", 30) + " 1 1"
	all := []string{"a 1 1700000000", "b 1 1", "c 1 1", "d 1 1", "e 1 1", "f 1 1", long, "h 1 1"}
	if err := conn.Send(t.Context(), batch(all...)); err != nil {
		t.Fatal(err)
	}
	s.checkTaken(t, all...)
	if got := s.asked(); got != 4 {
		t.Errorf("got %d requests, want 4: of 2, 4, 1 and 1 lines", got)
	}
	if got := conn.Acked(); got != 1 {
		t.Errorf("got %d batches acknowledged, want 1", got)
	}
}

func TestCountsWhatIsRefusedInSeveralRequests(t *testing.T) {
	s := newSink(t, sayIf(anyBad, 400, "no"))
	path := filepath.Join(t.TempDir(), "refused")
	source := delivertest.NewSource()
	d := newDestination(t, hostedgraphite.Options{URL: s.URL, MaxBatch: 40, RefusalsPath: path})
	source.Add("a 1 1", "bad.1 1 1", "b 1 1", "c 1 1", "d 1 1", "e 1 1", "bad.2 1 1", "bad.3 1 1", "f 1 1")
	source.CloseInput()
	if err := deliver.New(d, source, deliver.Options{Name: "far"}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p := source.Progress(); p.Dropped != 1 || p.Refused != 3 {
		t.Errorf("got %+v, want 3 points of one block refused", p)
	}
	s.checkTaken(t, "a 1 1", "b 1 1", "c 1 1", "d 1 1", "e 1 1", "f 1 1")
	if got, want := refusals(t, path), []string{"# 400 no", "bad.1 1 1", "# 400 no", "bad.2 1 1", "bad.3 1 1"}; !slices.Equal(got, want) {
		t.Errorf("got %q kept, want %q", got, want)
	}
}

func TestSetsAsideWhatIsRefused(t *testing.T) {
	good := func(n int) (lines []string) {
		for i := range n {
			lines = append(lines, fmt.Sprintf("good.%d 1 1", i))
		}
		return lines
	}
	with := func(lines []string, at int, more ...string) []string {
		return slices.Insert(slices.Clone(lines), at, more...)
	}
	tests := []struct {
		name     string
		answer   func(http.ResponseWriter, []string)
		lines    []string
		refused  []string
		requests int // at most
	}{
		{"one line, 400", sayIf(anyBad, 400, "no such value"), with(good(63), 40, "bad.1 x 1"), []string{"# 400 no such value", "bad.1 x 1"}, 13 * 2},
		{"one line, 422", sayIf(anyBad, 422, "no"), with(good(3), 3, "bad.1 x 1"), []string{"# 422 no", "bad.1 x 1"}, 5 * 2},
		{"neighbours", sayIf(anyBad, 400, "no"), with(good(6), 3, "bad.1 x 1", "bad.2 x 1"), []string{"# 400 no", "bad.1 x 1", "bad.2 x 1"}, 13 * 2},
		{"all", sayIf(allBad, 400, "nothing parses"), []string{"bad.1 x 1", "bad.2 x 1", "bad.3 x 1"}, []string{"# 400 nothing parses", "bad.1 x 1", "bad.2 x 1", "bad.3 x 1"}, 5 * 2},
		{"some, and the far end drops them itself", sayIf(allBad, 400, "nothing parses"), with(good(2), 1, "bad.1 x 1"), nil, 1},
		{"a body too large, but no line", sayIf(longer(60), 413, ""), good(40), nil, 31},
		{"a line too long", sayIf(longer(60), 413, "<html><TITLE>Too\n Large</title>"), with(good(2), 1, "bad."+strings.Repeat("d", 60)+" 1 1"), []string{"# 413 Too Large", "bad." + strings.Repeat("d", 60) + " 1 1"}, 5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSink(t, tt.answer)
			path := filepath.Join(t.TempDir(), "refused", "far")
			conn := dial(t, newDestination(t, hostedgraphite.Options{URL: s.URL, RefusalsPath: path}))
			err := conn.Send(t.Context(), batch(tt.lines...))
			if (err != nil) != (tt.refused != nil) || deliver.IsPermanent(err) {
				t.Errorf("got %v, want an error only of what was refused", err)
			}
			want := slices.DeleteFunc(slices.Clone(tt.lines), func(l string) bool { return slices.Contains(tt.refused, l) })
			s.checkTaken(t, want...)
			if got := s.asked(); got > tt.requests {
				t.Errorf("got %d requests, want at most %d", got, tt.requests)
			}
			if got := refusals(t, path); !slices.Equal(got, tt.refused) {
				t.Errorf("got %q kept, want %q", got, tt.refused)
			}
			if err := conn.Send(t.Context(), batch("good.after 1 1")); err != nil || conn.Acked() != 2 {
				t.Errorf("got %v and %d batches acknowledged, want the connection as good as before", err, conn.Acked())
			}
		})
	}
}

// refusals reads a file of refused points, without the times.
func refusals(t *testing.T, path string) (lines []string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "# ") {
			line = "# " + line[len("# 2026-11-21T08:00:00Z "):]
		}
		lines = append(lines, line)
	}
	return lines
}

// TestATemporaryErrorGivesUpNothing has a far end fail in the middle of a search for
// what it refuses.
func TestATemporaryErrorGivesUpNothing(t *testing.T) {
	n := 0
	s := newSink(t, func(w http.ResponseWriter, lines []string) {
		if n++; n == 5 {
			say(503, "busy")(w, lines)
			return
		}
		sayIf(anyBad, 400, "no")(w, lines)
	})
	path := filepath.Join(t.TempDir(), "far")
	d := newDestination(t, hostedgraphite.Options{URL: s.URL, RefusalsPath: path, Plain: true})
	all := batch("bad.1 x 1", "a 1 1", "b 1 1", "bad.2 x 1", "c 1 1")
	conn := dial(t, d)
	if err := conn.Send(t.Context(), all); err == nil || deliver.IsPermanent(err) || !strings.Contains(err.Error(), "503 busy") {
		t.Errorf("got %v, want a temporary error", err)
	}
	if got := conn.Acked(); got != 0 || refusals(t, path) != nil {
		t.Errorf("got %d batches acknowledged and %q kept, want neither", got, refusals(t, path))
	}
	if err := conn.Close(t.Context()); err == nil {
		t.Error("Close: got nil, want why points may be missing")
	}
	s.behave(sayIf(anyBad, 400, "no"))
	conn = dial(t, d)
	s.checkTaken(t, "a 1 1", "b 1 1") // the second is the point in question
	s.forget()
	if err := conn.Send(t.Context(), all); err == nil {
		t.Error("got nil, want 2 points refused")
	}
	s.checkTaken(t, "a 1 1", "b 1 1", "c 1 1")
}

// TestABatchOfManyRequestsGetsOn has a far end that takes two requests in a row and
// then none, as one does that limits them.
func TestABatchOfManyRequestsGetsOn(t *testing.T) {
	n := 0
	s := newSink(t, func(w http.ResponseWriter, lines []string) {
		switch n++; {
		case n%3 == 0:
			say(429, "slowly")(w, lines)
		default:
			sayIf(anyBad, 400, "no")(w, lines)
		}
	})
	path := filepath.Join(t.TempDir(), "far")
	d := newDestination(t, hostedgraphite.Options{URL: s.URL, RefusalsPath: path, Plain: true, MaxBatch: 6})
	all := batch("a 1 1", "bad 1 1", "c 1 1", "d 1 1", "e 1 1", "f 1 1", "g 1 1", "h 1 1")
	other := batch("a 1 1", "bad 1 1", "o 1 1")
	for tries := 0; ; tries++ {
		if tries == 20 {
			t.Fatalf("got on no further than %q", s.taken())
		}
		conn, err := d.Dial(t.Context())
		if err != nil {
			continue
		}
		conn.(deliver.Flusher).Flush()
		err = (&answered{Conn: conn}).Send(t.Context(), all)
		conn.Close(t.Context())
		if points := deliver.RefusedBy(err); points == 1 {
			break
		} else if err == nil || points > 0 {
			t.Fatalf("got %v, want one point refused", err)
		}
	}
	if got := strings.Count(strings.Join(refusals(t, path), "\n"), "bad 1 1"); got != 1 {
		t.Errorf("got the refused point %d times in the file, want once", got)
	}
	s.behave(sayIf(anyBad, 400, "no"))
	s.forget()
	conn := dial(t, d)
	for range 2 { // what was begun with before is none of other batches' affair
		if err := conn.Send(t.Context(), other); deliver.RefusedBy(err) != 1 {
			t.Errorf("got %v, want one point refused", err)
		}
	}
	s.checkTaken(t, "a 1 1", "o 1 1", "a 1 1", "o 1 1")
}

// TestFarEndWithoutCompression is a sink that reads bodies as they come: it finds no
// points in what is compressed.
func TestFarEndWithoutCompression(t *testing.T) {
	for _, code := range []int{400, 415} {
		var took []string
		encoded := 0
		far := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Content-Encoding") != "" {
				encoded++
				http.Error(w, "what is this?", code)
				return
			}
			body, _ := bodyOf(r)
			lines := strings.Split(strings.TrimSuffix(body, "\n"), "\n")
			if anyBad(lines) {
				http.Error(w, "no", 400)
				return
			}
			took = append(took, lines...)
		}))
		d := newDestination(t, hostedgraphite.Options{URL: far.URL})
		conn := dial(t, d)
		if err := conn.Send(t.Context(), batch("bad.1 1 1")); err == nil {
			t.Errorf("%d: got nil, want the point refused: it is bad in either form", code)
		}
		for i := range 3 {
			if err := conn.Send(t.Context(), batch(fmt.Sprint("a ", i, " 1"))); err != nil {
				t.Errorf("%d: %v", code, err)
			}
		}
		conn.Close(t.Context())
		if err := dial(t, d).Send(t.Context(), batch("a 3 1")); err != nil {
			t.Errorf("%d: on a new connection: %v", code, err)
		}
		if want := []string{"a 0 1", "a 1 1", "a 2 1", "a 3 1"}; !slices.Equal(took, want) || encoded != 2 {
			t.Errorf("%d: got %q taken and %d tries to compress, want %q and 2", code, took, encoded, want)
		}
		far.Close()
	}
}

func TestCompressionThatWasTakenIsNotDoubted(t *testing.T) {
	s := newSink(t, nil)
	conn := dial(t, newDestination(t, hostedgraphite.Options{URL: s.URL}))
	if err := conn.Send(t.Context(), batch("a 1 1")); err != nil {
		t.Fatal(err)
	}
	s.behave(say(400, "no"))
	if err := conn.Send(t.Context(), batch("b 1 1")); err == nil {
		t.Error("got nil, want the point refused")
	}
	if got := s.asked(); got != 2 || s.requests[1].Header.Get("Content-Encoding") != "gzip" {
		t.Errorf("got %d requests, want 2, compressed", got)
	}
}

func TestSendKeepsToItsTime(t *testing.T) {
	hang := make(chan struct{})
	far := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang }))
	defer far.Close()
	defer close(hang)
	conn := dial(t, newDestination(t, hostedgraphite.Options{URL: far.URL, Timeout: 50 * time.Millisecond}))
	if err := conn.Send(t.Context(), batch("a 1 1")); err == nil || deliver.IsPermanent(err) || !strings.Contains(err.Error(), "50ms") {
		t.Errorf("got %v, want that there was no answer within 50ms", err)
	}
	conn = dial(t, newDestination(t, hostedgraphite.Options{URL: far.URL}))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := conn.Send(ctx, batch("a 1 1")); err == nil || deliver.IsPermanent(err) {
		t.Errorf("got %v, want the context's end", err)
	}
}

func BenchmarkSend(b *testing.B) {
	for _, plain := range []bool{false, true} {
		b.Run(fmt.Sprint("plain=", plain), func(b *testing.B) {
			far := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(http.StatusAccepted)
			}))
			defer far.Close()
			d, err := hostedgraphite.New(hostedgraphite.Options{URL: far.URL, Key: secret, Plain: plain})
			if err != nil {
				b.Fatal(err)
			}
			conn, err := d.Dial(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			defer conn.Close(b.Context())
			block := metric.Batch{}
			for len(block.Lines) < 64<<10 {
				n := block.Points
				block.Lines = fmt.Appendf(block.Lines, "servers.host-%04d.cpu.core-%02d.user %v 1700000000\n", n/16, n%16, float64(n)*3.25)
				block.Points++
			}
			b.SetBytes(int64(len(block.Lines)))
			b.ReportAllocs()
			for b.Loop() {
				if err := conn.Send(b.Context(), block); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*block.Points), "ns/point")
		})
	}
}
