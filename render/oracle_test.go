package render_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/render"
)

// oracleNow is the time at which all that is compared is asked for: a Thursday
// morning in October, 53 minutes and 37 seconds past eight.
const oracleNow = 1760000017

// asked is a question for both.
type asked struct {
	Method string      `json:"method"`
	Path   string      `json:"path"`
	Values [][2]string `json:"values"`
}

func get(path string, pairs ...string) asked {
	q := asked{Method: "GET", Path: path, Values: [][2]string{}}
	for i := 0; i < len(pairs); i += 2 {
		q.Values = append(q.Values, [2]string{pairs[i], pairs[i+1]})
	}
	return q
}

func (q asked) form() url.Values {
	form := url.Values{}
	for _, pair := range q.Values {
		form.Add(pair[0], pair[1])
	}
	return form
}

// request is the question as net/http has it.
func (q asked) request() *http.Request {
	if q.Method == "POST" {
		r := httptest.NewRequest("POST", q.Path, strings.NewReader(q.form().Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return r
	}
	return httptest.NewRequest(q.Method, q.Path+"?"+q.form().Encode(), nil)
}

type answered struct {
	Status int    `json:"status"`
	Body   string `json:"body"`
}

// ask asks a Handler.
func ask(h http.Handler, q asked) answered {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, q.request())
	return answered{w.Code, w.Body.String()}
}

// oracle is Debian's graphite-web over a folder of Whisper files.
type oracle struct {
	t    *testing.T
	in   io.Writer
	out  *bufio.Reader
	errs *strings.Builder
}

// both starts an oracle, and a Handler over the same files.
func both(t *testing.T) (*oracle, http.Handler) {
	t.Helper()
	const python = "/usr/bin/python3" // Debian's own, as its packages need
	if err := exec.Command(python, "-c", "import graphite.settings, whisper").Run(); err != nil {
		t.Fatalf("Debian's graphite-web and python3-whisper are needed (run e2e/install-peers.sh, or go test -short): %v", err)
	}
	folder := t.TempDir()
	cmd := exec.Command(python, "testdata/oracle.py", folder, strconv.Itoa(oracleNow))
	o := &oracle{t: t, errs: &strings.Builder{}}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = o.errs
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); cmd.Wait() })
	o.in, o.out = in, bufio.NewReaderSize(out, 1<<20)
	if line := o.line(); line != "ready\n" {
		t.Fatalf("the oracle begins with %q, want ready", line)
	}
	return o, openHandler(t, filepath.Join(folder, "whisper"))
}

func openHandler(t *testing.T, folder string) http.Handler {
	t.Helper()
	store, err := openDisk(folder)
	if err != nil {
		t.Fatal(err)
	}
	return render.New(store, render.Options{Now: func() time.Time { return time.Unix(oracleNow, 0) }})
}

func (o *oracle) line() string {
	o.t.Helper()
	line, err := o.out.ReadString('\n')
	if err != nil {
		o.t.Fatalf("the oracle ends: %v\n%s", err, o.errs)
	}
	return line
}

func (o *oracle) ask(q asked) (a answered) {
	o.t.Helper()
	question, err := json.Marshal(q)
	if err != nil {
		o.t.Fatal(err)
	}
	if _, err := fmt.Fprintf(o.in, "%s\n", question); err != nil {
		o.t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(o.line()), &a); err != nil {
		o.t.Fatal(err)
	}
	return a
}
