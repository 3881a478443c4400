package e2e_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestASecretPrefixIsSentAndShownNowhere(t *testing.T) {
	const key = "0b5e7a11-5ec2-4e7c-b0a7"
	for _, protocol := range []string{"line", "pickle"} {
		t.Run(protocol, func(t *testing.T) {
			far := newSink(t, protocol)
			g := startGateway(t, destinations(fmt.Sprintf(
				`{name: hosted, type: carbon, address: "tcp://%s", protocol: %s, prefix: "${env:HOSTED_KEY}"}`, far.address, protocol)),
				"HOSTED_KEY="+key)
			sendLines(t, g.line, "a.b 1 1700000000\nc;host=x 2 1700000000\n")
			far.await(5*time.Second, key+".a.b 1 1700000000")
			far.await(5*time.Second, key+".c;host=x 2 1700000000")

			sendLines(t, g.line, "bad line\n")
			far.down() // errors of a destination are where keys slip out
			sendLines(t, g.line, "a.b 3 1700000000\n")
			eventually(t, 5*time.Second, "a point waiting", func() bool { return g.metrics().account("hosted").waiting > 0 })
			shown := g.page("/status") + g.page("/metrics")
			check, err := plumbago(t.TempDir(), "check", g.config).CombinedOutput()
			if err == nil {
				t.Error("check without the variable: no error")
			}
			g.stop()
			checkHidden(t, key, map[string]string{"the log": g.said(), "the admin pages": shown, "check": string(check), "queue cat": queueCat(t, g.data, "--data-dir", g.data)})
		})
	}
}

func checkHidden(t *testing.T, key string, shown map[string]string) {
	t.Helper()
	for where, text := range shown {
		if strings.Contains(text, key) {
			t.Errorf("the key is shown by %s:\n%s", where, text)
		}
		if text == "" {
			t.Errorf("%s is empty", where)
		}
	}
}
