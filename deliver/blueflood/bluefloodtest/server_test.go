package bluefloodtest_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/deliver/blueflood/bluefloodtest"
)

var now = time.Unix(1700000000, 0)

func serve(t *testing.T, s *bluefloodtest.Server) string {
	s.Now = func() time.Time { return now }
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	return h.URL
}

// call makes a request and returns its answer and body.
func call(t *testing.T, method, url, body string, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(text)
}

// TestIngest holds the fake to the rules of Blueflood.
func TestIngest(t *testing.T) {
	const good = `{"metricName":"a.b","metricValue":1.5,"collectionTime":1700000000000,"ttlInSeconds":60}`
	with := func(old, new string) string { return "[" + strings.ReplaceAll(good, old, new) + "]" }
	tests := []struct {
		name, body string
		multi      bool
		status     int
		errors     []string // source: the beginning of the message
	}{
		{"good", "[" + good + "]", false, 200, nil},
		{"good, with a unit", with("1.5,", `1.5,"unit":"percent",`), false, 200, nil},
		{"time as a fraction", with("1700000000000", "1700000000000.7"), false, 200, nil},
		{"good among bad", "[" + good + `,{}]`, false, 207, []string{"metricName: may not", "collectionTime: Out of", "ttlInSeconds: must be"}},
		{"several faults", `[{}]`, false, 400, []string{"metricName: may not", "collectionTime: Out of", "ttlInSeconds: must be"}},
		{"empty name", with("a.b", ""), false, 400, []string{"metricName: may not be empty"}},
		{"text for a value", with("1.5", `"1.5"`), false, 400, []string{"metricValue: metric value must be numeric"}},
		{"bool for a value", with("1.5", "true"), false, 400, []string{"metricValue: metric value must be numeric"}},
		{"null for a value", with("1.5", "null"), false, 400, []string{": No valid metrics"}},
		{"null for a value beside a good one", "[" + good + "," + strings.Trim(with("1.5", "null"), "[]") + "]", false, 200, nil},
		{"value beyond a double", with("1.5", "1e400"), false, 500, []string{": Failed parsing content"}},
		{"value not a number", with("1.5", "NaN"), false, 400, []string{": Cannot parse content"}},
		{"as old as can be", with("1700000000000", "1699740800000"), false, 200, nil},
		{"too old", with("1700000000000", "1699740799999"), false, 400, []string{"collectionTime: Out of bounds. Cannot be more than 259200000 milliseconds into the past. Cannot be more than 600000 milliseconds into the future"}},
		{"as far ahead as can be", with("1700000000000", "1700000600000"), false, 200, nil},
		{"too far ahead", with("1700000000000", "1700000600001"), false, 400, []string{"collectionTime: Out of bounds"}},
		{"no ttl", with(`,"ttlInSeconds":60`, ""), false, 400, []string{"ttlInSeconds: must be between 1 and 2147483647"}},
		{"ttl of nothing", with(":60", ":0"), false, 400, []string{"ttlInSeconds: must be between 1 and 2147483647"}},
		{"the longest ttl", with(":60", ":2147483646"), false, 200, nil},
		{"one second more", with(":60", ":2147483647"), false, 400, []string{": Invalid data TTL supplied"}},
		{"a ttl that is no int", with(":60", ":2147483648"), false, 400, []string{": Cannot parse content"}},
		{"another key", with("{", `{"x":1,`), false, 400, []string{": Cannot parse content"}},
		{"a key in other case", with("metricName", "metricname"), false, 400, []string{": Cannot parse content"}},
		{"tenant where there is none", with("{", `{"tenantId":"6",`), false, 400, []string{": Cannot parse content"}},
		{"tenant", with("{", `{"tenantId":"6",`), true, 200, nil},
		{"no tenant", "[" + good + "]", true, 400, []string{"tenantId: may not be empty"}},
		{"nothing", "[]", false, 400, []string{": No valid metrics"}},
		{"no array", good, false, 400, []string{": Cannot parse content"}},
		{"no JSON", "[" + good, false, 400, []string{": Cannot parse content"}},
		{"no body", "", false, 400, []string{": Cannot parse content"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := &bluefloodtest.Server{}
			path := "/v2.0/12345/ingest"
			if tt.multi {
				path += "/multi"
			}
			answer, body := call(t, "POST", serve(t, s)+path, tt.body)
			if answer.StatusCode != tt.status || answer.Header.Get("Content-Type") != "" {
				t.Errorf("got %d with type %q, want %d without", answer.StatusCode, answer.Header.Get("Content-Type"), tt.status)
			}
			checkErrors(t, body, tt.errors)
			if stored := s.Points(); stored != 1 && tt.status < 300 || stored != 0 && tt.status >= 400 {
				t.Errorf("got %d points stored", stored)
			}
		})
	}
}

func checkErrors(t *testing.T, body string, want []string) {
	t.Helper()
	var got struct {
		Errors []struct {
			TenantID, MetricName, Source, Message string
			Timestamp                             *int64
		}
	}
	if body != "" && json.Unmarshal([]byte(body), &got) != nil {
		t.Fatalf("got body %q, want JSON", body)
	}
	if len(got.Errors) != len(want) {
		t.Fatalf("got %s, want %q", body, want)
	}
	for i, e := range got.Errors {
		if text := e.Source + ": " + e.Message; !strings.HasPrefix(text, want[i]) || (e.Timestamp == nil) != (e.Source == "") {
			t.Errorf("got %+v, want %q", e, want[i])
		}
	}
}

func TestRoutes(t *testing.T) {
	tests := []struct {
		method, path string
		header       []string
		status       int
		allow        string
	}{
		{"GET", "/v2.0", nil, 200, ""},
		{"POST", "/v2.0", nil, 405, "GET"},
		{"GET", "/v2.0/12345/ingest", nil, 405, "POST"},
		{"POST", "/v2.0/12345/ingest/", nil, 404, ""},
		{"POST", "/v2.0/12345/other", nil, 404, ""},
		{"POST", "/v2.0//ingest", nil, 404, ""},
		{"POST", "/", nil, 404, ""},
		{"BREW", "/v2.0/12345/ingest", nil, 501, ""},
		{"POST", "/v2.0/12345/ingest", []string{"Content-Type", "text/plain"}, 415, ""},
		{"POST", "/v2.0/12345/ingest", []string{"Content-Type", "application/json; charset=utf-8"}, 400, ""},
		{"POST", "/v2.0/12345/ingest", []string{"Accept", "text/html"}, 415, ""},
		{"POST", "/v2.0/12345/ingest", []string{"Accept", "text/html, */*"}, 400, ""},
	}
	for _, tt := range tests {
		answer, body := call(t, tt.method, serve(t, &bluefloodtest.Server{})+tt.path, "", tt.header...)
		if answer.StatusCode != tt.status || answer.Header.Get("Allow") != tt.allow {
			t.Errorf("%s %s: got %d, Allow %q, %s; want %d, %q", tt.method, tt.path, answer.StatusCode, answer.Header.Get("Allow"), body, tt.status, tt.allow)
		}
	}
}

func TestBodies(t *testing.T) {
	s := &bluefloodtest.Server{}
	url := serve(t, s) + "/v2.0/12345/ingest"
	body := `[{"metricName":"a","metricValue":1,"collectionTime":1700000000000,"ttlInSeconds":60}` + strings.Repeat(" ", bluefloodtest.MaxBody)
	fits := body[:bluefloodtest.MaxBody-1] + "]"
	for name, tt := range map[string]struct{ body, encoding string }{
		"plain": {fits, ""}, "gzip": {zipped(fits), "gzip"},
	} {
		if answer, text := call(t, "POST", url, tt.body, "Content-Encoding", tt.encoding); answer.StatusCode != 200 {
			t.Errorf("%s: got %d, %s, want 200", name, answer.StatusCode, text)
		}
	}
	if answer, _ := call(t, "POST", url, body, "Expect", "100-continue"); answer.StatusCode != 417 {
		t.Errorf("got %d for a large body that was announced, want 417", answer.StatusCode)
	}
	for name, tt := range map[string]struct{ body, encoding string }{
		"plain": {body, ""}, "gzip": {zipped(body), "gzip"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		r, _ := http.NewRequestWithContext(ctx, "POST", url, strings.NewReader(tt.body))
		r.Header.Set("Content-Encoding", tt.encoding)
		if answer, err := http.DefaultTransport.RoundTrip(r); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: got %v, %v for a body that is too large, want no answer at all", name, answer, err)
		}
		cancel()
	}
}

func zipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, text)
	w.Close()
	return b.String()
}

func TestFaultsByHand(t *testing.T) {
	s := &bluefloodtest.Server{Users: map[string]string{"demo": "k-123"}}
	base := serve(t, s)
	_, body := call(t, "POST", base+"/v2.0/tokens", `{"auth":{"RAX-KSKEY:apiKeyCredentials":{"username":"demo","apiKey":"k-123"}}}`)
	var login struct {
		Access struct{ Token struct{ ID string } }
	}
	if err := json.Unmarshal([]byte(body), &login); err != nil || login.Access.Token.ID == "" {
		t.Fatalf("got %s, want a token", body)
	}
	ingest := func() *http.Response {
		answer, _ := call(t, "POST", base+"/v2.0/12345/ingest", "[]", "X-Auth-Token", login.Access.Token.ID)
		return answer
	}
	call(t, "POST", base+"/fault?status=429&retry_after=5&times=2", "")
	for _, want := range []int{429, 429, 400} {
		if got := ingest(); got.StatusCode != want || (got.Header.Get("Retry-After") == "5") != (want == 429) {
			t.Errorf("got %d, Retry-After %q, want %d", got.StatusCode, got.Header.Get("Retry-After"), want)
		}
	}
	call(t, "POST", base+"/fault?stale=true", "")
	if got := ingest(); got.StatusCode != 401 {
		t.Errorf("got %d, want 401 for a stale token", got.StatusCode)
	}
	if answer, _ := call(t, "POST", base+"/fault?slow=never", ""); answer.StatusCode != 422 {
		t.Errorf("got %d, want that the fault is no fault", answer.StatusCode)
	}
}

func TestViews(t *testing.T) {
	base := serve(t, &bluefloodtest.Server{})
	call(t, "POST", base+"/v2.0/1/ingest", `[{"metricName":"a.b","metricValue":1.5,"collectionTime":1700000000000,"ttlInSeconds":60}]`)
	const want = `{"metadata":{"count":1,"limit":null,"marker":null,"next_href":null},"unit":"unknown","values":[{"timestamp":1700000000000,"numPoints":1,"average":1.5}]}`
	if _, body := call(t, "GET", base+"/v2.0/1/views/a.b?from=1&to=1700000000000&resolution=FULL", ""); strings.TrimSpace(body) != want {
		t.Errorf("got %s, want %s", body, want)
	}
	if _, body := call(t, "GET", base+"/v2.0/2/views/a.b?from=1&to=2&points=5", ""); !strings.Contains(body, `"values":[]`) {
		t.Errorf("got %s, want no values", body)
	}
	if answer, _ := call(t, "GET", base+"/v2.0/1/views/a.b?from=2&to=1", ""); answer.StatusCode != 400 {
		t.Errorf("got %d for a view without a resolution, want 400", answer.StatusCode)
	}
}
