package relay_test

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/receive"
	"github.com/plumbago/plumbago/relay"
	"github.com/plumbago/plumbago/route"
)

func TestTheRelaysOwnPointsHaveCarbonsNames(t *testing.T) {
	up, dir := &far{}, t.TempDir()
	r, stop := open(t, relay.Options{
		Receivers: []receive.Options{{Protocol: "line", Address: "tcp://127.0.0.1:0"}},
		Rules:     []route.Rule{{To: []string{"127.0.0.1:2004:a", "[::1]:2004"}}},
		Destinations: []relay.Destination{
			{Name: "127.0.0.1:2004:a", Far: up.make, QueueDir: filepath.Join(dir, "a")},
			{Name: "[::1]:2004", Far: (&far{down: true}).make, QueueDir: filepath.Join(dir, "b")},
		},
		Blacklist: func(name []byte) bool { return string(name) == "bad" },
		Own:       relay.Own{Prefix: "carbon", Host: "vm.example", Instance: "a", Interval: 100 * time.Millisecond},
	})
	send(t, r, "one 1 1\ntwo 2 2\nbad 3 3\n")
	eventually(t, "a report of the points", func() bool {
		return slices.ContainsFunc(up.got(), func(l string) bool { return strings.HasPrefix(l, "carbon.relays.vm_example-a.metricsReceived|3|") })
	})
	stop()
	got := strings.Join(up.got(), "\n")
	for _, want := range []string{
		`destinations\.127_0_0_1:2004:a\.attemptedRelays\|2\|`,
		`destinations\.127_0_0_1:2004:a\.sent\|\d+\|`,
		`destinations\.::1:2004:None\.relayMaxQueueLength\|\d+\|`,
		`activeConnections\|\d+\|`, `blacklistMatches\|1\|`, `whitelistRejects\|0\|`,
		`cpuUsage\|[0-9.]+\|`, `memUsage\|\d+\|`,
	} {
		if !regexp.MustCompile(`(?m)^carbon\.relays\.vm_example-a\.` + want + `\d+$`).MatchString(got) {
			t.Errorf("no point like %s in:\n%s", want, got)
		}
	}
}
