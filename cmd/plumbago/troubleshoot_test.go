package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/plumbago/plumbago/metric"
)

// TestTroubleshootPage: each reason is explained, and each message of the log that is
// explained is one.
func TestTroubleshootPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/troubleshoot.md")
	if err != nil {
		t.Fatal(err)
	}
	reasons, messages, ok := bytes.Cut(page, []byte("## What the log says"))
	if !ok {
		t.Fatal("docs/troubleshoot.md lacks what the log says")
	}
	for _, r := range metric.Reasons {
		if !regexp.MustCompile("(?m)^\\| `" + string(r) + "` \\| .").Match(reasons) {
			t.Errorf("docs/troubleshoot.md does not explain the reason %q", r)
		}
	}
	code := moduleCode(t)
	found := regexp.MustCompile("(?m)^\\| `([^`]+)` \\| (?:warn|error) ").FindAllSubmatch(messages, -1)
	if len(found) < 15 {
		t.Errorf("got %d messages, want the important ones", len(found))
	}
	for _, m := range found {
		if !strings.Contains(code, `"`+string(m[1])+`"`) {
			t.Errorf("docs/troubleshoot.md explains the message %q, which nothing logs", m[1])
		}
	}
}

// moduleCode is the module's code without tests.
func moduleCode(t *testing.T) string {
	var all strings.Builder
	err := filepath.WalkDir("../..", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		all.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}
