package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/plumbago/plumbago/config"
	"pgregory.net/rapid"
)

// written is a configuration that differs from the defaults in every kind of value.
func written() *config.Config {
	c := config.New("/var/lib/it's here")
	c.Queue.MaxBytes, c.Queue.Sync = 3<<30, config.Sync{Mode: config.SyncAlways}
	udp := config.NewReceiver("line", "udp://127.0.0.1:2003")
	udp.UDPSockets = 2
	tcp := config.NewReceiver("pickle", "tcp://[::1]:2004")
	tcp.IdleTimeout, tcp.MaxFrame = time.Hour, 2<<20
	c.Receive = []config.Receiver{udp, tcp}
	one := c.NewDestination("one", "tcp://a:1", "line")
	one.Instance, one.Prefix = "x: y", "${env:KEY}"
	two := c.NewDestination("no", "tcp://a:2", "pickle")
	two.Queue.MaxAge, two.Queue.ReplayRate = 90*time.Second, config.Unlimited
	c.Deliver = []config.Destination{one, two}
	c.Route = []config.Rule{
		{Match: `^it's \d+\.[^.]+$`, To: []string{"one"}, Continue: true},
		{To: []string{"one", "no"}, By: "carbon_ch", Replicas: 2},
		{Match: "${x}", To: []string{"one", "no"}, By: "jump", Replicas: 1, Diverse: true},
		{To: []string{"no"}},
	}
	c.Admin.Listen = "tcp://127.0.0.1:8090"
	c.Log.Format = "json"
	return c
}

func TestWriteIsReadAgain(t *testing.T) {
	var b strings.Builder
	comments := config.Comments{"": {"the\nfile"}, "route": {"rules"}, "route[1]": {"a\x00ring"}, "deliver[1]": {"no"}}
	if err := config.Write(&b, written(), comments); err != nil {
		t.Fatal(err)
	}
	want := written()
	want.Deliver[0].Prefix = "key"
	got := mustParse(t, b.String(), config.Lookup{Env: func(string) (string, bool) { return "key", true }})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s\n%s", diff, b.String())
	}
	for _, line := range []string{
		"# the\n# file\n", "# rules\nroute:\n", "  # a\ufffdring\n  - {to: [one, 'no'], by: carbon_ch, replicas: 2, diverse: false}\n",
		"  - {protocol: pickle, listen: 'tcp://[::1]:2004', max_frame: 2MiB, idle_timeout: 1h}\n",
	} {
		if !strings.Contains(b.String(), line) {
			t.Errorf("got\n%s\nwant in it\n%s", b.String(), line)
		}
	}
}

func TestWriteNoSecret(t *testing.T) {
	c := written()
	c.Deliver[0].Prefix = "hunter2"
	var b strings.Builder
	err := config.Write(&b, c, nil)
	if err == nil || strings.Contains(b.String()+err.Error(), "hunter2") {
		t.Errorf("got %v and\n%s\nwant an error, and no secret", err, b.String())
	}
}

// Any text at all comes back as it was.
func TestWriteAnyText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.OneOf(rapid.Rune(), rapid.SampledFrom([]rune("${}'\"\\#: ,[]&*!|>%@`\n\t\x00~-")))).Draw(t, "text")
		if text == "" {
			return
		}
		c := written()
		c.DataDir = text
		c.Deliver[0].Prefix = ""
		var b strings.Builder
		if err := config.Write(&b, c, nil); err != nil {
			t.Fatal(err)
		}
		got, err := config.Parse("test.yml", []byte(b.String()), config.Lookup{})
		if err != nil {
			t.Fatalf("%v\n%s", err, b.String())
		}
		if got.DataDir != text {
			t.Errorf("got %q, want %q, by\n%s", got.DataDir, text, b.String())
		}
	})
}
