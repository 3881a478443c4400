package e2e_test

import (
	"crypto/tls"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/plumbago/plumbago/internal/certs/certstest"
)

// TestAReloadDuringAnUpgradeIsNotLost asks the process that gives way to reload, when the
// one that follows has read the configuration already: once while it gives way, and
// once when it only takes TLS off for the other.
func TestAReloadDuringAnUpgradeIsNotLost(t *testing.T) {
	t.Parallel()
	far, second, third := newSink(t, "line"), newSink(t, "line"), newSink(t, "line")
	edge := freeAddress(t)
	cert, key := certstest.New(t, "authority").Issue("localhost")
	u := startUpgrading(t, fmt.Sprintf("  - {protocol: line, listen: %q, tls: {cert: %q, key: %q}}\n", "tls://"+edge, cert, key), to(far))
	sealed, err := tls.Dial("tcp", edge, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer sealed.Close()
	fmt.Fprint(sealed, "before 1 1600000000\n")
	far.await(10*time.Second, "before 1 1600000000")

	first := u.pids[0]
	goOver := func(to *sink, from *sink) {
		text, err := os.ReadFile(u.config)
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, u.config, strings.ReplaceAll(string(text), from.address, to.address))
		if err := syscall.Kill(first, syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	u.ask(syscall.SIGUSR2)
	eventually(t, 20*time.Second, "another process prepared", func() bool { return u.output.contains("the new process is prepared") })
	goOver(second, far)
	eventually(t, 20*time.Second, "another process", u.note)
	eventually(t, 20*time.Second, "the reload", func() bool { return u.output.contains("msg=reloaded") })
	sendLines(t, u.line, "after 1 1600000000\n")
	second.await(10*time.Second, "after 1 1600000000")

	goOver(third, second)
	eventually(t, 20*time.Second, "the second reload", func() bool { return strings.Count(u.output.String(), "msg=reloaded") == 2 })
	sendLines(t, u.line, "at.last 1 1600000000\n")
	third.await(10*time.Second, "at.last 1 1600000000")
}
