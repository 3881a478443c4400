package admin_test

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestUPlotIsAsItsLockSays: `make assets` brings what the lock says.
func TestUPlotIsAsItsLockSays(t *testing.T) {
	lock, err := os.Open("uplot.lock")
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	wanted, got := map[string]string{}, map[string]string{}
	for lines := bufio.NewScanner(lock); lines.Scan(); {
		if f := strings.Fields(lines.Text()); len(f) == 3 && f[0] == "sha256" {
			wanted[f[2]] = f[1]
		}
	}
	files, err := os.ReadDir("page/uplot")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		sum := sha256.Sum256([]byte(read(t, "page/uplot/"+f.Name())))
		got[f.Name()] = hex.EncodeToString(sum[:])
	}
	if diff := cmp.Diff(wanted, got); diff != "" || len(got) != 3 {
		t.Errorf("files of uPlot (-lock +here):\n%s", diff)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// ours are the page's own files.
func ours(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := fs.WalkDir(os.DirFS("."), "page", func(name string, f fs.DirEntry, err error) error {
		if err == nil && !f.IsDir() && !strings.Contains(name, "/uplot/") {
			files[name] = read(t, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestPageNeedsNothingElse: what the page refers to is there, and comes from here.
func TestPageNeedsNothingElse(t *testing.T) {
	reference := regexp.MustCompile(`(?:from |import )"([^"]+)"|(?:src|href)="([^"?#]+)"`)
	refers := 0
	for name, text := range ours(t) {
		for _, m := range reference.FindAllStringSubmatch(text, -1) {
			to := path.Join(path.Dir(name), m[1]+m[2])
			if name == "page/index.html" {
				to = m[2] // which is served above the others
			}
			if _, err := os.Stat(to); err != nil && to != "status" && to != "metrics" {
				t.Errorf("%s refers to %s, which is not there", name, to)
			}
			refers++
		}
		if at := regexp.MustCompile(`https?://[^w]|@import|url\(`).FindString(text); at != "" {
			t.Errorf("%s has %q in it: the page takes nothing from elsewhere", name, at)
		}
	}
	if refers < 40 {
		t.Errorf("got %d references, want those of all modules", refers)
	}
}

// TestPageMakesTextOnlyText: nothing in it can turn text into elements or into code.
func TestPageMakesTextOnlyText(t *testing.T) {
	for name, text := range ours(t) {
		for _, bad := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "setAttribute(\"style\"", "srcdoc"} {
			if strings.Contains(text, bad) {
				t.Errorf("%s has %q in it", name, bad)
			}
		}
	}
	html := read(t, "page/index.html")
	if at := regexp.MustCompile(`<style|style="|\son\w+="|<script>`).FindString(html); at != "" {
		t.Errorf("index.html has %q in it, which its policy forbids", at)
	}
}

// askRaw asks for a page without the client's own unpacking.
func askRaw(t *testing.T, url string, header ...string) (*http.Response, []byte) {
	t.Helper()
	r, err := http.NewRequest("GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := (&http.Transport{DisableCompression: true}).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, body
}

func TestAssetsAreGuarded(t *testing.T) {
	url := serve(t, &gateway{})
	tests := []struct{ path, kind string }{
		{"/", "text/html; charset=utf-8"},
		{"/?view=status&target=a", "text/html; charset=utf-8"},
		{"/page/main.js", "text/javascript; charset=utf-8"},
		{"/page/style/base.css", "text/css; charset=utf-8"},
		{"/page/icon.svg", "image/svg+xml"},
		{"/page/uplot/LICENSE", "text/plain; charset=utf-8"},
		{"/status", "application/json"},
	}
	for _, test := range tests {
		answer, _ := askRaw(t, url+test.path)
		if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != test.kind {
			t.Errorf("%s: got %d %q, want %q", test.path, answer.StatusCode, answer.Header.Get("Content-Type"), test.kind)
		}
		policy := answer.Header.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src 'self' data:", "frame-ancestors 'none'"} {
			if !slices.Contains(strings.Split(policy, "; "), want) {
				t.Errorf("%s: got the policy %q, want %q in it", test.path, policy, want)
			}
		}
		if strings.Contains(policy, "unsafe") || answer.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: got %q and %q, want nothing unsafe", test.path, policy, answer.Header)
		}
	}
	for _, missing := range []string{"/page/nothing.js", "/page/", "/page/../server.go", "/page/style", "/index.html"} {
		if answer, _ := askRaw(t, url+missing); answer.StatusCode == http.StatusOK {
			t.Errorf("%s: got 200, want nothing there", missing)
		}
	}
}

func TestAssetsAreKeptAndPacked(t *testing.T) {
	const name = "/page/uplot/uPlot.esm.js"
	url := serve(t, &gateway{}) + name
	want := read(t, strings.TrimPrefix(name, "/"))
	plain, body := askRaw(t, url)
	if string(body) != want || plain.Header.Get("Content-Encoding") != "" {
		t.Errorf("got %d bytes, want the file as it is", len(body))
	}
	packed, body := askRaw(t, url, "Accept-Encoding", "br, gzip;q=1.0, *")
	unpacking, err := gzip.NewReader(strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	if unpacked, err := io.ReadAll(unpacking); err != nil || string(unpacked) != want || len(body) > len(want)/2 {
		t.Errorf("got %d bytes packed (%v), want less than half of %d", len(body), err, len(want))
	}
	if plain.Header.Get("ETag") == packed.Header.Get("ETag") || packed.Header.Get("Vary") != "Accept-Encoding" {
		t.Errorf("got one tag %s for both forms, and Vary %q", plain.Header.Get("ETag"), packed.Header.Get("Vary"))
	}
	if refused, _ := askRaw(t, url, "Accept-Encoding", "gzip;q=0"); refused.Header.Get("Content-Encoding") != "" {
		t.Errorf("got it packed, want it plain for who takes no gzip")
	}
	for form, tag := range map[string]string{"identity": plain.Header.Get("ETag"), "gzip": packed.Header.Get("ETag")} {
		again, body := askRaw(t, url, "Accept-Encoding", form, "If-None-Match", tag)
		if again.StatusCode != http.StatusNotModified || len(body) > 0 || again.Header.Get("ETag") != tag {
			t.Errorf("%s: got %d and %d bytes, want 304 and none", form, again.StatusCode, len(body))
		}
	}
	if other, _ := askRaw(t, url, "If-None-Match", `"other"`); other.StatusCode != http.StatusOK {
		t.Errorf("got %d for another tag, want 200", other.StatusCode)
	}
}
