package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
)

// The layout in contrib/cluster is one that runs.
func TestTheClusterFilesAreGood(t *testing.T) {
	t.Setenv("NATS_PASSWORD", "hunter2-of-the-bus")
	t.Setenv("WORKER", "2 of 4")
	for name, want := range map[string]string{
		"edge.yml":   "deliver  bus        nats at PLUMBAGO at nats-1.example.net:4222",
		"worker.yml": "receive  nats       from PLUMBAGO at nats-1.example.net:4222",
	} {
		var out, said bytes.Buffer
		err := run(t.Context(), []string{"check", filepath.Join("../../contrib/cluster", name)}, strings.NewReader(""), &out, &said)
		if err != nil || said.Len() > 0 {
			t.Errorf("%s: got %v and %q", name, err, said.String())
		}
		if got := strings.Join(strings.Fields(out.String()), " "); !strings.Contains(got, strings.Join(strings.Fields(want), " ")) {
			t.Errorf("%s: got %s, want %q in it", name, out.String(), want)
		}
		if strings.Contains(out.String(), "hunter2") {
			t.Errorf("%s: the password is shown: %s", name, out.String())
		}
	}
}
