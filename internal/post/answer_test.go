package post_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/plumbago/plumbago/internal/post"
)

func zipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(text))
	w.Close()
	return b.String()
}

func TestReadAnswer(t *testing.T) {
	z := zipped("hello")
	bomb := zipped(strings.Repeat("\x00", 64<<20))
	tests := []struct {
		name, text string
		status     int
		body       string
		kept       bool
		err        string
	}{
		{"sized", ok, 200, "ok", true, ""},
		{"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 200, "ok", true, ""},
		{"to the end", "HTTP/1.1 200 OK\r\n\r\nok", 200, "ok", false, ""},
		{"HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "ok", false, ""},
		{"no content", "HTTP/1.1 204 No Content\r\n\r\n", 204, "", true, ""},
		{"announced", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ok, 200, "ok", true, ""},
		{"another protocol", "HTTP/1.1 101 Switching Protocols\r\n\r\n", 101, "", false, ""},
		{"gzip", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + z, 200, "hello", false, ""},
		{"gzip of nothing", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n", 200, "", true, ""},
		{"gzip that explodes", "HTTP/1.1 400 No\r\nContent-Encoding: gzip\r\n\r\n" + bomb, 400, strings.Repeat("\x00", 256<<10), false, ""},
		{"gzip that goes nowhere", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + strings.Repeat(zipped(""), 1<<16), 0, "", false, "broke off"},
		{"half a gzip", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + z[:15], 0, "", false, "broke off"},
		{"no gzip", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nhello", 0, "", false, "broke off"},
		{"half a body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok", 0, "", false, "broke off"},
		{"half a refusal", "HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\n\r\nno", 413, "no", false, ""},
		{"half a head", "HTTP/1.1 200 OK\r\nContent-Le", 0, "", false, "broke off"},
		{"no HTTP", "220 mail.example ready\r\n", 0, "", false, "does not answer in HTTP"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, kept, err := post.ReadAnswer([]byte(tt.text))
			if tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) || tt.err == "" && err != nil {
				t.Fatalf("got error %v, want %q in it", err, tt.err)
			}
			if a.Status != tt.status || string(a.Body) != tt.body || kept != tt.kept {
				t.Errorf("got %d, %d bytes, kept: %v, want %d, %d, %v", a.Status, len(a.Body), kept, tt.status, len(tt.body), tt.kept)
			}
			if a.Header.Get("Content-Encoding") != "" && len(a.Body) > 0 {
				t.Error("got Content-Encoding of a body that is decoded")
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	at := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	tests := []struct {
		name, text, date string
		want             time.Duration
	}{
		{"nothing", "", "", 0},
		{"seconds", "120", "", 2 * time.Minute},
		{"zero", "0", "", 0},
		{"a year", "31536000", "", 24 * time.Hour},
		{"very many", "99999999999999999999", "", 0},
		{"below zero", "-5", "", 0},
		{"a word", "soon", "", 0},
		{"a date by the server's clock", "Wed, 21 Oct 2015 07:28:30 GMT", "Wed, 21 Oct 2015 07:28:00 GMT", 30 * time.Second},
		{"a date by ours", at(time.Hour), "", time.Hour},
		{"a date that has passed", at(-time.Hour), "", 0},
		{"a date that is far", at(1000 * time.Hour), "", 24 * time.Hour},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			head := "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\nRetry-After: " + tt.text + "\r\n"
			if tt.date != "" {
				head += "Date: " + tt.date + "\r\n"
			}
			a, _, err := post.ReadAnswer([]byte(head + "\r\n"))
			if off := tt.want - a.RetryAfter; err != nil || off < 0 || off > 2*time.Second {
				t.Errorf("got %v and %v, want %v", a.RetryAfter, err, tt.want)
			}
		})
	}
}

// FuzzAnswer holds what is taken of answers to its bounds.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		ok, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX: y\r\n\r\n",
		"HTTP/1.1 100 Continue\r\n\r\n" + ok, "HTTP/1.0 500 \r\nRetry-After: 5\r\n\r\n", "220 mail.example\r\n",
		"HTTP/1.1 400 No\r\nContent-Encoding: gzip\r\n\r\n" + zipped("hello"),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		a, kept, err := post.ReadAnswer(text)
		switch {
		case err != nil && kept:
			t.Errorf("got a connection that is kept after %v", err)
		case err == nil && (a.Status == 0 || a.Header == nil):
			t.Errorf("got %+v without an error", a)
		case len(a.Body) > 256<<10 || a.RetryAfter < 0 || a.RetryAfter > 24*time.Hour:
			t.Errorf("got %d bytes and %v, want them in their bounds", len(a.Body), a.RetryAfter)
		}
	})
}
