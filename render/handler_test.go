package render_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/render"
	"github.com/prometheus/client_golang/prometheus"
)

func functionNames(t *testing.T, h http.Handler) []string {
	t.Helper()
	var all map[string]struct {
		Name, Function, Description, Group string
		Params                             []struct{ Name, Type string }
	}
	if err := json.Unmarshal([]byte(strings.ReplaceAll(ask(h, get("/functions")).Body, "1e9999", "0")), &all); err != nil {
		t.Fatal(err)
	}
	for name, f := range all {
		if f.Name != name || f.Description == "" || f.Group == "" || !strings.HasPrefix(f.Function, name+"(") {
			t.Errorf("got %+v for %s, want it to say what it is", f, name)
		}
	}
	return slices.Sorted(maps.Keys(all))
}

func TestFunctionsAreListed(t *testing.T) {
	h := at(small(), render.Limits{})
	if n := len(functionNames(t, h)); n < 100 {
		t.Errorf("got %d functions, want at least 100", n)
	}
	var f struct {
		Function string
		Params   []struct {
			Name, Type string
			Required   bool
			Default    any
			Multiple   bool
			Options    []string
		}
	}
	if err := json.Unmarshal([]byte(ask(h, get("/functions/summarize")).Body), &f); err != nil {
		t.Fatal(err)
	}
	if want := "summarize(seriesList, intervalString, func='sum', alignToFrom=false)"; f.Function != want {
		t.Errorf("got %s, want %s", f.Function, want)
	}
	if p := f.Params[2]; p.Type != "aggFunc" || p.Default != "sum" || p.Required || !slices.Contains(p.Options, "max") {
		t.Errorf("got %+v, want a way of aggregating", p)
	}
	if a := ask(h, get("/functions/nothing")); a.Status != 404 {
		t.Errorf("got status %d, want 404", a.Status)
	}
	if a := ask(h, get("/functions", "grouped", "1", "group", "Alias")); !strings.HasPrefix(a.Body, `{"Alias":{"alias":{`) {
		t.Errorf("got %.100s, want the group with its functions", a.Body)
	}
	if a := ask(h, get("/functions", "group", "Graph")); !strings.Contains(a.Body, `"dashed":`) || strings.Contains(a.Body, `"scale":`) {
		t.Errorf("got %.100s, want the functions of the group only", a.Body)
	}
}

// TestGrafana replays what Grafana's data source for Graphite asks.
func TestGrafana(t *testing.T) {
	mux := http.NewServeMux()
	h := at(small(), render.Limits{})
	for _, p := range render.Patterns() {
		mux.Handle(p, h)
	}
	post := func(path string, pairs ...string) asked {
		q := get(path, pairs...)
		q.Method = "POST"
		return q
	}
	for _, tt := range []struct {
		name string
		ask  asked
		want string
	}{
		{"version", get("/version"), "1.1.8"},
		{"the test of a data source", post("/render", "target", "constantLine(100)", "from", "-5min", "until", "now", "format", "json", "maxDataPoints", "100"),
			`[{"target": "100.0", "tags": {"name": "100.0"}, "datapoints": [[100.0, 900], [100.0, 1050], [100.0, 1200]]}]`},
		{"functions", get("/functions"), `"movingAverage":{"name":"movingAverage"`},
		{"a metric segment", post("/metrics/find", "query", "web.*", "from", "899", "until", "1200"),
			`[{"text":"a","id":"web.a","allowChildren":1,"expandable":1,"leaf":0},{"text":"b","id":"web.b"`},
		{"a variable", get("/metrics/find", "query", "web.a.*"), `{"text":"hits","id":"web.a.hits","allowChildren":0,"expandable":0,"leaf":1}`},
		{"a variable that expands", get("/metrics/expand", "query", "web.*.count", "from", "899", "until", "1200"), `{"results":["web.a.count"]}`},
		{"a query", post("/render", "target", "aliasByNode(web.a.hits, 1)", "target", "web.b.hits", "from", "899", "until", "1200", "format", "json", "maxDataPoints", "600"),
			`"target": "a", "tags": {"name": "web.a.hits"}, "datapoints": [[1.0, 900], [2.0, 960]`},
		{"tags", get("/tags/autoComplete/tags", "expr", "name=disk", "tagPrefix", "h", "limit", "100"), `["host"]`},
		{"all tags", get("/tags"), `[{"tag":"host"},{"tag":"mount"},{"tag":"name"}]`},
		{"values", get("/tags/autoComplete/values", "tag", "host", "expr", "mount=root"), `["a","b"]`},
		{"annotations by tags", get("/events/get_data", "from", "-1h", "until", "now", "tags", "deploy"), `[]`},
		{"annotations by a query", post("/render", "target", "drawAsInfinite(web.a.hits)", "from", "899", "until", "1200", "format", "json", "maxDataPoints", "100"), "drawAsInfinite(web.a.hits)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if a := ask(mux, tt.ask); a.Status != 200 || !strings.Contains(a.Body, tt.want) {
				t.Errorf("got status %d, %.300s, want 200 and %s in it", a.Status, a.Body, tt.want)
			}
		})
	}
}

func TestQuestionsOfAllForms(t *testing.T) {
	h := at(small(), render.Limits{})
	want := ask(h, get("/render", "target", "web.a.hits", "from", "899")).Body
	for _, tt := range []struct {
		name    string
		request *http.Request
	}{
		{"a slash at the end", httptest.NewRequest("GET", "/render/?target=web.a.hits&from=899", nil)},
		{"brackets", httptest.NewRequest("GET", "/render?target[]=web.a.hits&from=899", nil)},
		{"a form", post("/render", "application/x-www-form-urlencoded", "target=web.a.hits&from=899")},
		{"a form over the address", post("/render?from=-1h", "application/x-www-form-urlencoded", "target=web.a.hits&from=899")},
		{"a form in parts", post("/render", "multipart/form-data; boundary=x",
			"--x\r\nContent-Disposition: form-data; name=\"target\"\r\n\r\nweb.a.hits\r\n--x\r\nContent-Disposition: form-data; name=\"from\"\r\n\r\n899\r\n--x--\r\n")},
		{"ends swapped", httptest.NewRequest("GET", "/render?target=web.a.hits&from=now&until=899", nil)},
		{"an empty target", httptest.NewRequest("GET", "/render?target=web.a.hits&target=&target=%20&from=899", nil)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, tt.request)
			if w.Code != 200 || w.Body.String() != want {
				t.Errorf("got status %d, %s, want %s", w.Code, w.Body, want)
			}
			if kind := w.Header().Get("Content-Type"); kind != "application/json" {
				t.Errorf("got %s, want JSON", kind)
			}
		})
	}
}

func post(path, kind, body string) *http.Request {
	r := httptest.NewRequest("POST", path, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	return r
}

func TestQuestionsThatAreRefused(t *testing.T) {
	h := at(small(), render.Limits{})
	for _, tt := range []struct {
		name    string
		request *http.Request
		status  int
		want    string
	}{
		{"no such format", httptest.NewRequest("GET", "/render?target=a&format=png", nil), 400, `the format "png" is none of`},
		{"no time", httptest.NewRequest("GET", "/render?target=a&from=now", nil), 400, "from and until are the same"},
		{"a bad time", httptest.NewRequest("GET", "/render?target=a&from=-1x", nil), 400, `the time "-1x": an offset is a number and a unit`},
		{"a bad factor", httptest.NewRequest("GET", "/render?target=a&xFilesFactor=x", nil), 400, "xFilesFactor"},
		{"a bad form", post("/render", "application/x-www-form-urlencoded", "target=%"), 400, "the form cannot be read"},
		{"a bad form in parts", post("/render", "multipart/form-data", "--x\r\n"), 400, "the form cannot be read"},
		{"a bad address", httptest.NewRequest("GET", "/render?target=%25%", nil), 400, "the address cannot be read"},
		{"a condition in JSON", httptest.NewRequest("GET", "/tags/findSeries?expr=a", nil), 400, `{"error":`},
		{"another method", httptest.NewRequest("DELETE", "/render?target=a", nil), 405, ""},
		{"another path", httptest.NewRequest("GET", "/metrics/other", nil), 404, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, tt.request)
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
				t.Errorf("got status %d, %.200s, want %d and %q in it", w.Code, w.Body, tt.status, tt.want)
			}
		})
	}
}

func TestStoreThatFails(t *testing.T) {
	m := small()
	m.fails = errors.New("open /secret/place: input/output error")
	var log bytes.Buffer
	h := render.New(m, render.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	for _, q := range []asked{
		get("/render", "target", "web.a.hits"), get("/metrics/find", "query", "web.*"), get("/metrics/expand", "query", "*"),
		get("/metrics/index.json"), get("/tags"), get("/tags/host"), get("/tags/findSeries", "expr", "host=a"),
		get("/tags/autoComplete/tags"), get("/tags/autoComplete/values", "tag", "host"),
	} {
		log.Reset()
		a := ask(h, q)
		if a.Status != 500 || strings.Contains(a.Body, "secret") {
			t.Errorf("%s: got status %d, %s, want 500 and nothing of the place", q.Path, a.Status, a.Body)
		}
		if !strings.Contains(log.String(), "input/output error") {
			t.Errorf("%s: got %q in the log, want the error", q.Path, log.String())
		}
	}
}

// slow is a store whose Fetch waits until it is told to go on.
type slow struct {
	*memory
	entered chan struct{}
	goOn    chan struct{}
}

func (s *slow) Fetch(ctx context.Context, names []string, r render.Range) ([]render.Series, error) {
	s.entered <- struct{}{}
	select {
	case <-s.goOn:
		return s.memory.Fetch(ctx, names, r)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func TestOnlySomeQuestionsAtATime(t *testing.T) {
	s := &slow{small(), make(chan struct{}), make(chan struct{})}
	h := at(s, render.Limits{AtOnce: 1})
	answers := make(chan int, 1)
	go func() { answers <- ask(h, get("/render", "target", "web.a.hits", "from", "899")).Status }()
	<-s.entered
	waiting, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	for _, q := range []asked{
		get("/render", "target", "web.b.hits"), get("/metrics/index.json"), get("/tags"), get("/tags/host"),
		get("/tags/findSeries", "expr", "host=a"), get("/tags/autoComplete/tags"), get("/tags/autoComplete/values", "tag", "host"),
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, q.request().WithContext(waiting))
		if w.Code != http.StatusServiceUnavailable {
			t.Errorf("%s: got status %d while another question is answered, want 503", q.Path, w.Code)
		}
	}
	close(s.goOn)
	if got := <-answers; got != 200 {
		t.Errorf("got status %d for the first, want 200", got)
	}
}

// slowSearch is a store whose Find waits until it is told to go on.
type slowSearch struct {
	*memory
	entered, goOn chan struct{}
}

func (s *slowSearch) Find(ctx context.Context, pattern string, limit int) ([]render.Node, error) {
	s.entered <- struct{}{}
	<-s.goOn
	return s.memory.Find(ctx, pattern, limit)
}

func TestOnlySomeSearchesAtATime(t *testing.T) {
	s := &slowSearch{small(), make(chan struct{}), make(chan struct{})}
	h := at(s, render.Limits{Searches: 1})
	answers := make(chan int, 1)
	go func() { answers <- ask(h, get("/metrics/find", "query", "web.*")).Status }()
	<-s.entered
	waiting, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	for _, q := range []asked{get("/metrics/find", "query", "web.*"), get("/metrics/expand", "query", "*"), get("/metrics/search", "query", "web")} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, q.request().WithContext(waiting))
		if w.Code != http.StatusServiceUnavailable {
			t.Errorf("%s: got status %d while another search is answered, want 503", q.Path, w.Code)
		}
	}
	close(s.goOn)
	if got := <-answers; got != 200 {
		t.Errorf("got status %d for the first, want 200", got)
	}
}

func TestQuestionThatTakesTooLong(t *testing.T) {
	s := &slow{small(), make(chan struct{}, 1), nil}
	a := ask(at(s, render.Limits{Time: 20 * time.Millisecond}), get("/render", "target", "web.a.hits", "from", "899"))
	if a.Status != http.StatusServiceUnavailable || !strings.Contains(a.Body, "took too long") {
		t.Errorf("got status %d, %s, want 503", a.Status, a.Body)
	}
}

func TestAskerWhoGoesAway(t *testing.T) {
	s := &slow{small(), make(chan struct{}), make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-s.entered; cancel() }()
	w := httptest.NewRecorder()
	at(s, render.Limits{}).ServeHTTP(w, get("/render", "target", "web.a.hits").request().WithContext(ctx))
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("got status %d, want 503", w.Code)
	}
}

func TestQuestionsAreCounted(t *testing.T) {
	r := prometheus.NewRegistry()
	for range 2 { // a second Handler shares what the first has registered
		h := render.New(small(), render.Options{Metrics: r})
		ask(h, get("/render", "target", "web.a.hits"))
		ask(h, get("/render", "target", "nothingKnown()"))
	}
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == "plumbago_render_answers_total" {
				got[m.GetLabel()[0].GetValue()+" "+m.GetLabel()[1].GetValue()] = m.GetCounter().GetValue()
			}
		}
	}
	if want := map[string]float64{"/render 200": 2, "/render 400": 2}; !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestManyAtOnce(t *testing.T) {
	h := at(small(), render.Limits{})
	want := ask(h, get("/render", "target", "sumSeries(web.*.hits)", "target", "scale(web.a.hits,2)", "from", "899")).Body
	answers := make(chan string)
	for range 8 {
		go func() {
			answers <- ask(h, get("/render", "target", "sumSeries(web.*.hits)", "target", "scale(web.a.hits,2)", "from", "899")).Body
		}()
	}
	for range 8 {
		if got := <-answers; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestWriterThatFails(t *testing.T) {
	h := at(small(), render.Limits{})
	w := &broken{}
	h.ServeHTTP(w, get("/render", "target", "web.a.hits").request())
	if w.complaints > 0 {
		t.Errorf("got %d statuses after the answer began, want none", w.complaints)
	}
}

// broken takes nothing.
type broken struct{ complaints int }

func (*broken) Header() http.Header         { return http.Header{} }
func (*broken) Write(p []byte) (int, error) { return 0, io.ErrClosedPipe }
func (b *broken) WriteHeader(int)           { b.complaints++ }
