package receive_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/receive"
)

// compressed is text as a Content-Encoding wants it.
func compressed(t testing.TB, how, text string) string {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	var err error
	switch how {
	case "gzip":
		w = gzip.NewWriter(&b)
	case "zlib":
		w = zlib.NewWriter(&b)
	case "flate":
		w, err = flate.NewWriter(&b, 5)
	case "zstd":
		w, err = zstd.NewWriter(&b, zstd.WithEncoderConcurrency(1))
	default:
		return text
	}
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestCompressedBodies(t *testing.T) {
	var lines strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&lines, "servers.host-%d.cpu.user %d 1700000000\n", i, i*7)
	}
	v := newVault()
	o := httpOptions(newJournal())
	l := listen(t, o, v)
	for _, tc := range []struct{ name, how, encoding string }{
		{"gzip", "gzip", "gzip"}, {"gzip by its old name", "gzip", "X-GZIP"}, {"deflate", "zlib", "deflate"},
		{"deflate without its frame", "flate", "deflate"}, {"zstd", "zstd", "zstd"}, {"nothing", "", " "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := connect(t, l)
			for _, text := range []string{"a 1 2\nb 3 4\n", lines.String(), "c 5 6\n"} {
				v.lines = nil
				checkCode(t, c.ask(t, post("Content-Encoding: "+tc.encoding+"\r\n", compressed(t, tc.how, text))), 202)
				if v.text() != text {
					t.Errorf("got %d bytes, want %d", len(v.text()), len(text))
				}
			}
		})
	}
	if held := receive.Held(l.Listener); held != 0 {
		t.Errorf("got %d bytes held, want none", held)
	}
}

func TestBodiesThatAreNotCompressedAsTheySay(t *testing.T) {
	const text = "a 1 2\nb 3 4\n"
	for _, how := range []string{"gzip", "zlib", "flate", "zstd"} {
		t.Run(how, func(t *testing.T) {
			v, j := newVault(), newJournal()
			c := connect(t, listen(t, httpOptions(j), v))
			encoding := "Content-Encoding: " + strings.NewReplacer("zlib", "deflate", "flate", "deflate").Replace(how) + "\r\n"
			whole := compressed(t, how, text)
			for _, bad := range []string{whole[:len(whole)-1], whole[:len(whole)/2], whole[:1], "\xff\xff" + text} {
				checkCode(t, c.ask(t, post(encoding, bad)), 400)
			}
			if got := j.rejected(t, metric.Body); got != 4 || v.calls != 0 {
				t.Errorf("got %v bodies rejected and %d stored, want 4 and none", got, v.calls)
			}
			checkCode(t, c.ask(t, post(encoding, whole)), 202)
		})
	}
}

// TestAWindowThatIsTooLarge: what a reader has to remember is bounded.
func TestAWindowThatIsTooLarge(t *testing.T) {
	l := listen(t, httpOptions(newJournal()), newVault())
	text := []byte(strings.Repeat("a 1 2\n", 1<<20))
	for window, want := range map[int]int{8 << 20: 202, 16 << 20: 400} {
		var b bytes.Buffer
		w, err := zstd.NewWriter(&b, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(window), zstd.WithEncoderLevel(zstd.SpeedFastest))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write(text)
		_ = w.Close()
		checkCode(t, connect(t, l).ask(t, post("Content-Encoding: zstd\r\n", b.String())), want)
	}
}

func TestUnknownEncodings(t *testing.T) {
	c := connect(t, listen(t, httpOptions(newJournal()), newVault()))
	for _, headers := range []string{"Content-Encoding: br\r\n", "Content-Encoding: gzip, gzip\r\n", "Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n"} {
		r := c.ask(t, post(headers, "a 1 2"))
		checkCode(t, r, 415)
		if !strings.Contains(r.body, "gzip, deflate, zstd") {
			t.Errorf("got %q, want what is supported", r.body)
		}
	}
}

func TestBombsAreCutOff(t *testing.T) {
	const most = 1 << 20
	times := 24 // far more than the memory that may be used
	if raceEnabled {
		times = 3 // compressing takes a hundred times as long
	}
	good, bomb := strings.Repeat("a 1 2\n", most/6), strings.Repeat("\n", times*most)
	for _, how := range []string{"gzip", "zlib", "flate", "zstd"} {
		t.Run(how, func(t *testing.T) {
			j := newJournal()
			o := httpOptions(j)
			o.MaxBody = most
			l := listen(t, o, newVault())
			encoding := "Content-Encoding: " + strings.NewReplacer("zlib", "deflate", "flate", "deflate").Replace(how) + "\r\n"
			before := memory()
			checkCode(t, connect(t, l).ask(t, post(encoding, compressed(t, how, bomb))), 413)
			if grown := memory() - before; grown > 16<<20 {
				t.Errorf("got %d bytes more in use", grown)
			}
			checkCode(t, connect(t, l).ask(t, post(encoding, compressed(t, how, good))), 202)
			if j.rejected(t, metric.Body) != 1 || receive.Held(l.Listener) != 0 {
				t.Errorf("got %v rejected and %d bytes held, want 1 and none", j.rejected(t, metric.Body), receive.Held(l.Listener))
			}
		})
	}
}

// TestLargeBodies: what a body may be has nothing to do with what it claims.
func TestLargeBodies(t *testing.T) {
	v, j := newVault(), newJournal()
	o := httpOptions(j)
	o.MaxBody = 1 << 20
	l := listen(t, o, v)
	line := "a 1 2\n"
	full := strings.Repeat(line, o.MaxBody/len(line))
	full += strings.Repeat("\n", o.MaxBody-len(full))
	checkCode(t, connect(t, l).ask(t, post("", full)), 202)
	full += "\n"
	chunks := fmt.Sprintf("POST /api/v1/sink HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(full), full)
	for _, request := range []string{chunks, "POST /api/v1/sink HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\na 1 2\n"} {
		c := connect(t, l)
		r := c.ask(t, request)
		checkCode(t, r, 413)
		if !r.Close {
			t.Error("the connection is kept, with a body on it that nobody reads")
		}
	}
	if got := j.rejected(t, metric.Body); got != 2 || v.count() != o.MaxBody/len(line) {
		t.Errorf("got %v bodies rejected and %d points, want 2 and %d", got, v.count(), o.MaxBody/len(line))
	}
}

func TestExpectingClientsAreRefusedBeforeTheySend(t *testing.T) {
	o := httpOptions(newJournal())
	o.MaxBody = 100
	l := listen(t, o, newVault())
	c := connect(t, l)
	checkCode(t, c.ask(t, "POST /api/v1/sink HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 101\r\n\r\n"), 413)
	c = connect(t, l)
	checkCode(t, c.ask(t, "POST /api/v1/sink HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"), 100)
	checkCode(t, c.ask(t, "a 1 2"), 202)
}

func TestJSONBodies(t *testing.T) {
	v, j := newVault(), newJournal()
	c := connect(t, listen(t, httpOptions(j), v))
	for _, kind := range []string{"application/json", "Application/JSON; charset=utf-8", "application/vnd.points+json"} {
		v.lines = nil
		r := c.ask(t, post("Content-Type: "+kind+"\r\n", `[{"name":"a","value":1.50,"timestamp":1700000000},["b",2],3]`))
		checkCode(t, r, 202)
		if want := "a 1.50 1700000000\nb 2 1800000000\n"; v.text() != want {
			t.Errorf("got %q, want %q", v.text(), want)
		}
	}
	if got := j.rejected(t, metric.JSON); got != 3 {
		t.Errorf("got %v items rejected, want one a body", got)
	}
	checkTold(t, c.ask(t, post("Content-Type: application/json\r\n", `[["secret",true],{"name":"secret"}]`)),
		`{"error":"there is no point in the body","points":0,"rejected":2,"lines":[{"item":1,"reason":"value"},{"item":2,"reason":"fields"}]}`)
	checkTold(t, c.ask(t, post("Content-Type: application/json\r\n", `[["secret",1],["secret"`)),
		`{"error":"the body cannot be read: json refused at byte 23: an array has no comma or end here"}`)
	checkCode(t, c.ask(t, post("Content-Type: application/json\r\nContent-Encoding: gzip\r\n", compressed(t, "gzip", `[["c",1,2]]`))), 202)
	if !strings.HasSuffix(v.text(), "\nc 1 2\n") || j.rejected(t, metric.JSON) != 4 {
		t.Errorf("got %q and %v rejects, want no point of a bad body, which counts once", v.text(), j.rejected(t, metric.JSON))
	}
}

func TestPickledBodies(t *testing.T) {
	bare := point("a", 0)
	bad := "\x80\x02cos\nsystem\n."
	for _, tc := range []struct{ name, kind, body, want string }{
		{"a pickle", "application/x-pickle", bare, pointLine("a")},
		{"a pickle by its other name", "Application/Python-Pickle", bare, pointLine("a")},
		{"bytes", "application/octet-stream", bare, pointLine("a")},
		{"a frame", "application/x-pickle", frame(bare), pointLine("a")},
		{"bytes of a frame", "application/octet-stream", frame(bare), pointLine("a")},
		{"frames", "application/x-pickle", frame(bare) + frame(point("b", 0)), pointLine("a") + pointLine("b")},
		{"a bad frame between", "application/x-pickle", frame(bare) + frame(bad) + frame(point("b", 0)), pointLine("a") + pointLine("b")},
		{"a frame that breaks off", "application/x-pickle", frame(bare) + frame(bare)[:20], pointLine("a")},
		{"a length that breaks off", "application/x-pickle", frame(bare) + "\x00", pointLine("a")},
		{"frames without end", "application/x-pickle", frame(bare) + strings.Repeat("\x00", 4<<20), pointLine("a")},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v, j := newVault(), newJournal()
			checkCode(t, connect(t, listen(t, httpOptions(j), v)).ask(t, post("Content-Type: "+tc.kind+"\r\n", tc.body)), 202)
			if v.text() != tc.want {
				t.Errorf("got %q, want %q", v.text(), tc.want)
			}
			if got := j.rejected(t, metric.Pickle); got > 101 {
				t.Errorf("got %v pickles refused, want an end after a hundred", got)
			}
		})
	}
}

func TestPickledBodiesThatAreNotTaken(t *testing.T) {
	v, j := newVault(), newJournal()
	o := httpOptions(j)
	o.MaxFrame = 1000
	c := connect(t, listen(t, o, v))
	const pickled = "Content-Type: application/x-pickle\r\n"
	checkTold(t, c.ask(t, post(pickled, "\x80\x02cos\nsystem\n.")),
		`{"error":"there is no point in the body: it names a class or function, and only lists, tuples, dicts, text, bytes and numbers are read","points":0,"rejected":1,"lines":[{"reason":"pickle"}]}`)
	checkTold(t, c.ask(t, post(pickled, "\x80\x02](X\x01\x00\x00\x00aK\x01N\x86\x86e.")),
		`{"error":"there is no point in the body","points":0,"rejected":1,"lines":[{"reason":"value"}]}`)
	checkTold(t, c.ask(t, post(pickled, "a 1 2")),
		`{"error":"there is no point in the body","points":0,"rejected":1,"lines":[{"reason":"unterminated"}]}`)
	checkCode(t, c.ask(t, post(pickled, point("a", 2000))), 413)
	checkCode(t, c.ask(t, post(pickled, frame(point("a", 2000)))), 413)
	if v.calls != 0 || j.rejected(t, metric.Pickle) != 1 || j.rejected(t, metric.TooLong) != 2 {
		t.Errorf("got %d calls, want none, and each body counted", v.calls)
	}
}
