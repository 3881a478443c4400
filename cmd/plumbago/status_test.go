package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/plumbago/plumbago/internal/certs/certstest"
)

// said is a gateway's answer to /status.
const said = `{"time":1700000100.5,"started":1700000000,"accepting":true,"received":1000,"dropped":{"no_route":7,"blacklisted":8},
"receivers":[{"name":"line+tcp://:2003","address":"[::]:2003","source":false,"connections":2,"points":1015,"rejected":{"value":3},"samples":[]}],
"rules":[],"pools":[],
"destinations":[
 {"name":"carbon","address":"tcp://10.0.0.1:2003","kind":"carbon by line","removed":false,"connected":true,"since":1700000001,"last_error":"was down","waiting":0,"confirming":5,"delivered":980,"dropped":{},"bytes":0,"disk_error":""},
 {"name":"far","address":"tcp://10.0.0.2:2003","removed":true,"connected":false,"since":1700000040,"last_error":"connection refused","waiting":12,"confirming":0,"delivered":3,"dropped":{"queue_full":1},"bytes":2048,"oldest":1700000040,"disk_error":"no space left"}],
"tenants":[{"name":"acme","points":{"line":3,"http":4},"dropped":{"live_metrics":2},"live_metrics":9,"limits":{}}]}`

const shown = `accepting points, up 1m41s, 1000 points routed, went nowhere: 8 blacklisted, 7 no_route

RECEIVER          ADDRESS    CONNECTIONS  POINTS  REJECTED
line+tcp://:2003  [::]:2003  2            1015    3 value

DESTINATION  ADDRESS              STATE              WAITING  OLDEST  BYTES  DELIVERED  DROPPED
carbon       tcp://10.0.0.1:2003  connected 1m40s    0        -       0B     985        -
far          tcp://10.0.0.2:2003  removed, down 1m1s  12       1m1s    2KiB   3          1 queue_full

TENANT  POINTS  LIVE METRICS  DROPPED
acme    7       9             2 live_metrics

far: no space left

far: connection refused
`

// answering serves text at a path of a socket in a data folder, which it returns.
func answering(t *testing.T, path, text string) string {
	t.Helper()
	dir := t.TempDir()
	l, err := net.Listen("unix", socketIn(dir))
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) })
	server := &http.Server{Handler: mux}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	return dir
}

// spaces makes columns of any width one blank wide.
func spaces(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	return strings.Join(lines, "\n")
}

func TestStatusIsATable(t *testing.T) {
	dir := answering(t, "/status", said)
	var out, errs bytes.Buffer
	if err := run(t.Context(), []string{"status", "--data-dir", dir}, nil, &out, &errs); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(spaces(shown), spaces(out.String())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	out.Reset()
	if err := run(t.Context(), []string{"status", "--json", "--data-dir", dir}, nil, &out, &errs); err != nil || out.String() != said {
		t.Errorf("--json: got %v %s, want what the gateway says", err, out.String())
	}
}

// TestTheGatewayIsAskedWithItsToken where there is no socket.
func TestTheGatewayIsAskedWithItsToken(t *testing.T) {
	const token = "hunter2-0123456789"
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan string, 1)
	server := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked <- r.Header.Get("Authorization") })}
	go server.Serve(l)
	defer server.Close()
	file := filepath.Join(t.TempDir(), "p.yml")
	text := "data_dir: " + filepath.Dir(file) + "\nreceive: [{protocol: line, listen: 'tcp://127.0.0.1:0'}]\n" +
		"deliver: [{name: a, type: carbon, address: 'tcp://127.0.0.1:1', protocol: line}]\n" +
		"admin: {listen: 'tcp://" + l.Addr().String() + "', token: " + token + "}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := run(ctx, []string{"health", "--config", file}, nil, &out, &errs); err != nil {
		t.Fatal(err)
	}
	if got := <-asked; got != "Bearer "+token {
		t.Errorf("got %q, want the token", got)
	}
	if strings.Contains(out.String()+errs.String(), token) {
		t.Error("the token is shown")
	}
}

func TestExpiryIsThatOfTheCertificateInTheFile(t *testing.T) {
	end := time.Now().Add(48 * time.Hour).Truncate(time.Second)
	cert, key := certstest.New(t, "authority").Issue("localhost", func(c *x509.Certificate) { c.NotAfter = end })
	if at, err := expiry(cert); err != nil || !at.Equal(end) {
		t.Errorf("got %v and %v, want %v", at, err, end)
	}
	for _, file := range []string{key, filepath.Join(t.TempDir(), "none")} {
		if at, err := expiry(file); err == nil {
			t.Errorf("%s: got %v, want an error", filepath.Base(file), at)
		}
	}
}
