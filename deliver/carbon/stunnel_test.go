package carbon_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/internal/certs"
	"github.com/plumbago/plumbago/internal/certs/certstest"
	"github.com/plumbago/plumbago/internal/logtest"
)

// TestStunnelBeforeACarbon sends through what many have before their carbon.
func TestStunnelBeforeACarbon(t *testing.T) {
	a := certstest.New(t, "ca")
	far := listen(t, "tcp4")
	points := make(chan string, 100)
	go func() {
		if c, err := far.Accept(); err == nil {
			defer c.Close()
			serveLines(c, func(p string) { points <- p })
		}
	}()
	conn := dialStunnel(t, startStunnel(t, a, far.Addr().String()), certs.Client{CAFile: a.CA})
	send(t, conn, 3)
	awaitAcked(t, conn, 3)
	for range 3 {
		select {
		case got := <-points:
			if got+"\n" != string(point.Lines) {
				t.Errorf("got %q, want %q", got, point.Lines)
			}
		case <-time.After(5 * time.Second):
			t.Fatal("a point did not arrive")
		}
	}
	if err := conn.Close(context.Background()); err != nil {
		t.Errorf("Close: got %v, want nil", err)
	}
}

// startStunnel starts a stunnel before a far end and returns its address.
func startStunnel(t *testing.T, a *certstest.Issuer, far string) (address string) {
	t.Helper()
	program, err := exec.LookPath("stunnel4")
	if err != nil {
		t.Skip("no stunnel4")
	}
	free := listen(t, "tcp4")
	address = free.Addr().String()
	free.Close()
	cert, key := a.Issue("stunnel")
	file := filepath.Join(t.TempDir(), "stunnel.conf")
	config := fmt.Sprintf("foreground = yes\npid =\n[carbon]\naccept = %s\nconnect = %s\ncert = %s\nkey = %s\n", address, far, cert, key)
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	said := &logtest.Journal{}
	c := exec.Command(program, file)
	c.Stdout, c.Stderr = said, said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Process.Kill()
		c.Wait()
		if t.Failed() {
			t.Log(said)
		}
	})
	return address
}

// dialStunnel dials until stunnel listens.
func dialStunnel(t *testing.T, address string, o certs.Client) (conn deliver.Conn) {
	t.Helper()
	var err error
	for range 200 {
		if conn, err = dialTLS(t, address, o); err == nil {
			return conn
		}
		if _, refused := err.(*net.OpError); !refused {
			break
		}
		time.Sleep(25 * time.Millisecond)
	}
	t.Fatal(err)
	return nil
}
