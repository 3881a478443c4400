package e2e_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// resident is how much memory the process holds, in MiB.
func (p *process) resident() int {
	p.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		p.t.Fatal(err)
	}
	_, behind, _ := strings.Cut(string(text), "VmRSS:")
	kib, err := strconv.Atoi(strings.Fields(behind)[0])
	if err != nil {
		p.t.Fatal(err)
	}
	return kib >> 10
}

// checkServes fails the test unless a good client is served soon, by every door.
func (e *edge) checkServes(t *testing.T, far *sink, name string) {
	t.Helper()
	began := time.Now()
	sendLines(t, e.line, fmt.Sprintf("%s.%s.plain 1 1700000000\n", seedKey, name))
	c, err := dialTLS(t, e.tlsLine, e.ca.Trust())
	if err != nil {
		t.Fatalf("a good client is refused: %v", err)
	}
	fmt.Fprintf(c, "%s.%s.tls 1 1700000000\n", seedKey, name)
	if status, answer := e.curl(t, name+".http 1 1700000000", "-u", seedKey+":", e.sinkURL()); status != "202" {
		t.Errorf("a good client is answered %s %q, want 202", status, answer)
	}
	for _, way := range []string{"plain", "tls", "http"} {
		far.await(5*time.Second, fmt.Sprintf("acme.%s.%s 1 1700000000", name, way))
	}
	t.Logf("good clients served in %v, %d MiB resident", time.Since(began), e.resident())
}

// hold opens connections that send a piece of something and then nothing.
func hold(t *testing.T, address string, n int, piece []byte) {
	t.Helper()
	for range n {
		c, err := net.DialTimeout("tcp", address, 5*time.Second)
		if err != nil {
			t.Fatalf("connect to %s: %v", address, err)
		}
		t.Cleanup(func() { c.Close() })
		c.Write(piece)
	}
}

func bomb(size int) string {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	line := bytes.Repeat([]byte("a 1 1700000000\n"), 1<<12)
	for done := 0; done < size; done += len(line) {
		w.Write(line)
	}
	w.Close()
	return b.String()
}

func TestHostileClientsHurtNobody(t *testing.T) {
	far := newSink(t, "line")
	e := startEdge(t, acme+to(far))
	e.checkServes(t, far, "before")

	t.Run("slow clients by the thousand", func(t *testing.T) {
		hold(t, e.line, 1000, []byte(seedKey+".half.a.li"))
		hold(t, e.pickle, 500, []byte{0, 0, 4, 0, 0x80, 2})
		hold(t, e.tlsLine, 500, []byte{0x16, 3, 1, 2, 0, 1})
		hold(t, e.http, 500, []byte("POST /api/v1/sink HTTP/1.1\r\nHost: x\r\nAuthorization: Basic "))
		hold(t, e.http, 500, []byte("POST /api/v1/sink HTTP/1.1\r\nHost: x\r\n"+basic(seedKey)+"\r\nContent-Length: 10000000\r\n\r\na 1 17000"))
		e.checkServes(t, far, "slow")
	})
	t.Run("gzip bombs", func(t *testing.T) {
		body := bomb(1 << 30)
		for range 8 {
			status, _ := e.curl(t, body, "-H", "Content-Encoding: gzip", "-u", seedKey+":", e.sinkURL())
			if status != "413" {
				t.Errorf("got %s, want 413", status)
			}
		}
		e.checkServes(t, far, "bombs")
	})
	t.Run("header floods", func(t *testing.T) {
		for range 50 {
			c := dial(t, e.http)
			c.SetDeadline(time.Now().Add(10 * time.Second))
			fmt.Fprint(c, "GET / HTTP/1.1\r\n")
			for n := 0; n < 20_000; n++ {
				if _, err := fmt.Fprintf(c, "X-%d: %s\r\n", n, strings.Repeat("x", 100)); err != nil {
					break
				}
			}
			c.Close()
		}
		e.checkServes(t, far, "headers")
	})
	t.Run("unknown keys, 10,000 a second", func(t *testing.T) {
		began := time.Now()
		c := dial(t, e.line)
		for n := range 50_000 {
			fmt.Fprintf(c, "%08x-5ec2-4e7c-b0a7-661ff1afb5c1.web.hits %d 1700000000\n", n, n)
		}
		eventually(t, 10*time.Second, "all unknown keys counted", func() bool {
			return e.metrics().sum("plumbago_tenant_dropped_points_total", `reason="unknown_tenant"`) >= 50_000
		})
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("50,000 unknown keys took %v, want less than 5 s", took)
		}
		e.checkServes(t, far, "unknown")
	})
	if mib := e.resident(); mib > 400 {
		t.Errorf("%d MiB resident, want less than 400", mib)
	}
	e.checkNoKey(seedKey, "-5ec2-4e7c-b0a7-661ff1afb5c1")
}
