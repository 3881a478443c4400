package e2e_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// graphiteWeb is Debian's graphite-web over a folder of Whisper files.
type graphiteWeb struct {
	t   *testing.T
	in  *json.Encoder
	out *json.Decoder
}

// startGraphiteWeb runs one that answers as if it were now.
func startGraphiteWeb(t *testing.T, files string, now int64) graphiteWeb {
	t.Helper()
	oracle, err := filepath.Abs("../render/testdata/oracle.py")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/usr/bin/python3", oracle, t.TempDir(), fmt.Sprint(now), files) // Debian's own python3, as its packages need
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	said := &output{}
	cmd.Stderr = said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); cmd.Wait() })
	lines := bufio.NewReader(out)
	if line, err := lines.ReadString('\n'); line != "ready\n" {
		t.Fatalf("graphite-web begins with %q, %v, want ready:\n%s", line, err, said.tail(4<<10))
	}
	return graphiteWeb{t, json.NewEncoder(in), json.NewDecoder(lines)}
}

// ask returns the answer to a question, such as "/render".
func (w graphiteWeb) ask(path string, values url.Values) string {
	w.t.Helper()
	pairs := [][2]string{}
	for name, list := range values {
		for _, v := range list {
			pairs = append(pairs, [2]string{name, v})
		}
	}
	if err := w.in.Encode(map[string]any{"method": "GET", "path": path, "values": pairs}); err != nil {
		w.t.Fatalf("ask graphite-web: %v", err)
	}
	var answer struct {
		Status int
		Body   string
	}
	if err := w.out.Decode(&answer); err != nil {
		w.t.Fatalf("graphite-web's answer: %v", err)
	}
	if answer.Status != 200 {
		w.t.Fatalf("graphite-web answers %s?%s with status %d: %s", path, values.Encode(), answer.Status, answer.Body)
	}
	return answer.Body
}
