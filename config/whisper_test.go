package config_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/plumbago/plumbago/config"
)

var whisperErrors = []errorCase{
	{"what files have not", receiver + `deliver:
  - {name: local, type: whisper, address: 'tcp://h:1', protocol: line, replay_margin: 1s, timeout: 1s, tls: {}}
  - {name: carbon, type: carbon, address: 'tcp://h:1', protocol: line, dir: /a, schemas: /b, aggregation: /c, max_creates: 1, cache: 1MiB, lock: true, interval: 1s}
`,
		[]string{
			`3:43: address: is for types carbon, hostedgraphite, blueflood and remote_write only; leave it out`,
			`3:66: protocol: is for tcp, tls and udp only; leave it out`,
			`3:87: replay_margin: is for tcp and tls only; leave it out`,
			`3:100: timeout: is for https only; leave it out`,
			`3:109: tls: is for addresses that begin with tls:// or https:// only; leave it out`,
			`4:77: dir: is for type whisper only; leave it out`,
			`4:90: schemas: is for type whisper only; leave it out`,
			`4:107: aggregation: is for type whisper only; leave it out`,
			`4:124: max_creates: is for type whisper only; leave it out`,
			`4:134: cache: is for type whisper only; leave it out`,
			`4:146: lock: is for type whisper only; leave it out`,
			`4:162: interval: is for https and types slack, nats and whisper only; leave it out`,
		}},
	{"values of files", receiver + `deliver:
  - {name: a, type: whisper, max_creates: 0, cache: 1KiB, lock: maybe, interval: 2h}
  - {name: b, type: whisper}
  - {name: c, type: whisper, dir: /var/lib/plumbago/whisper/}
`,
		[]string{
			`3:43: max_creates: want 1 or more, got "0"`,
			`3:53: cache: want 1MiB or more, got "1KiB"`,
			`3:65: lock: want true or false, got the text "maybe"`,
			`3:82: interval: want 1h or less, got "2h"`,
			`4:5: dir: the destination in line 3 writes there; give this one another folder`,
			`5:35: dir: the destination in line 3 writes there; give this one another folder`,
		}},
}

func TestFilesAreStoredWithTheRest(t *testing.T) {
	c := mustParse(t, "data_dir: /d\n"+receiver+`deliver:
  - {name: a, type: whisper}
  - {name: b, type: whisper, dir: /w, schemas: /s, aggregation: /a, max_creates: 5, cache: 2MiB, lock: true, interval: 5s}
`, config.Lookup{})
	type files struct {
		Dir, Schemas, Aggregation string
		MaxCreates                int
		Cache                     config.Size
		Lock                      bool
		Interval                  time.Duration
	}
	want := []files{
		{"/d/whisper", "", "", 1000, 64 << 20, false, time.Minute},
		{"/w", "/s", "/a", 5, 2 << 20, true, 5 * time.Second},
	}
	for i, d := range c.Deliver {
		got := files{d.Dir, d.Schemas, d.Aggregation, d.MaxCreates, d.Cache, d.Lock, d.Interval}
		if diff := cmp.Diff(want[i], got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", d.Name, diff)
		}
	}
}
