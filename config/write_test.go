package config_test

import (
	"fmt"
	"net/netip"
	"slices"
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
		c := written()
		c.DataDir = anyText.Draw(t, "text")
		c.Deliver[0].Prefix = ""
		checkWritten(t, c, c)
	})
}

var anyText = rapid.StringOfN(rapid.OneOf(rapid.Rune(), rapid.SampledFrom([]rune("${}'\"\\#: ,[]&*!|>%@`\n\t\x00~-"))), 1, -1, -1)

// checkWritten checks that c is read back as want.
func checkWritten(t *rapid.T, c, want *config.Config) {
	var b strings.Builder
	if err := config.Write(&b, c, nil); err != nil {
		t.Fatal(err)
	}
	got, err := config.Parse("test.yml", []byte(b.String()), config.Lookup{Env: keyOf})
	if err != nil {
		t.Fatalf("%v\n%s", err, b.String())
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(samePrefix)); diff != "" {
		t.Errorf("(-want +got):\n%s\n%s", diff, b.String())
	}
}

// Any tenants, listeners and destinations come back as they were.
func TestWriteAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyConfig(t)
		want := *c
		want.Tenants, want.Deliver = slices.Clone(c.Tenants), slices.Clone(c.Deliver)
		for i := range want.Tenants {
			want.Tenants[i].Keys = slices.Clone(want.Tenants[i].Keys)
			for j, key := range want.Tenants[i].Keys {
				want.Tenants[i].Keys[j] = meant(key)
			}
		}
		for i, d := range want.Deliver {
			want.Deliver[i].Key, want.Deliver[i].Prefix = meant(d.Key), meant(d.Prefix)
			a := &want.Deliver[i].Auth
			a.Key, a.Password, a.ApplicationCredential.Secret = meant(a.Key), meant(a.Password), meant(a.ApplicationCredential.Secret)
		}
		checkWritten(t, c, &want)
	})
}

// meant is what a reference to a secret stands for.
func meant(s config.Secret) config.Secret {
	name, ok := strings.CutPrefix(strings.TrimSuffix(s.Reveal(), "}"), "${env:")
	if !ok {
		return s
	}
	text, _ := keyOf(name)
	return config.Secret(text)
}

// anyConfig draws a configuration in which nothing is wrong.
func anyConfig(t *rapid.T) *config.Config {
	c := config.New(config.DefaultDataDir)
	c.UnknownTenant = rapid.SampledFrom([]string{"drop", "reject", "quarantine"}).Draw(t, "unknown")
	c.Quarantine = "d0" // where the second listener's names put something
	for i := range rapid.IntRange(1, 3).Draw(t, "tenants") {
		c.Tenants = append(c.Tenants, anyTenant(t, i))
	}
	c.Receive = []config.Receiver{config.NewReceiver("http", "tls://:1"), config.NewReceiver("line", "tcp://:2")}
	c.Receive[0].TLS = config.ServerTLS{Cert: anyText.Draw(t, "cert"), Key: anyText.Draw(t, "key"), ClientCA: anyText.Draw(t, "ca"),
		ClientAuth: oneOf(t, "", "require", "request"), MinVersion: config.Version(oneOf(t, "", "1.2", "1.3"))}
	c.Receive[0].ProxyFrom, c.Receive[0].Tenant = anyAddresses(t, 9), c.Tenants[0].Name
	c.Receive[0].MaxBody = config.Size(rapid.IntRange(64, 1<<30).Draw(t, "body"))
	c.Receive[1].Names = &config.Names{Characters: "quarantine", Dots: "pass", MaxLength: 1 << 10, Length: "pass", Tags: "pass", Age: "pass"}
	for i := range rapid.IntRange(1, 4).Draw(t, "destinations") {
		c.Deliver = append(c.Deliver, anyDestination(t, c, fmt.Sprintf("d%d", i)))
	}
	c.Route = []config.Rule{{Tenants: []string{c.Tenants[0].Name}, To: []string{"d0"}}, {To: []string{"d0"}, By: "jump", Replicas: 1, Diverse: true}}
	return c
}

func oneOf(t *rapid.T, list ...string) string {
	return rapid.SampledFrom(list).Draw(t, list[len(list)-1])
}

func anyTenant(t *rapid.T, i int) config.Tenant {
	tenant := config.Tenant{
		Name: fmt.Sprintf("t%d", i), As: oneOf(t, "prefix", "tag", "none"), Allow: anyAddresses(t, i),
		Limits: config.Limits{LiveWindow: 5 * time.Minute},
	}
	if rapid.Bool().Draw(t, "keys") {
		tenant.Keys = []config.Secret{config.Secret(fmt.Sprintf("${env:A%d}", i)), config.Secret(fmt.Sprintf("${env:B%d}", i))}
		tenant.Certificates = []string{fmt.Sprintf("%d%s", i, anyText.Draw(t, "certificate"))}
	}
	if rapid.Bool().Draw(t, "limits") {
		tenant.Limits = config.Limits{
			PointsPerSecond: rapid.Float64Range(0.001, 1e9).Draw(t, "rate"), Burst: rapid.IntRange(0, 1e9).Draw(t, "burst"),
			LiveMetrics: rapid.IntRange(1, 1e9).Draw(t, "live"), LiveWindow: time.Duration(rapid.IntRange(1, 99).Draw(t, "window")) * time.Second,
			PerMetric: rapid.Float64Range(0.001, 1e9).Draw(t, "metric"), MaxLine: 1 << 10, MaxTags: rapid.IntRange(1, 99).Draw(t, "tags"),
			DryRun: rapid.Bool().Draw(t, "dry"),
		}
	}
	if rapid.Bool().Draw(t, "names") {
		tenant.Names = anyNames(t)
	}
	return tenant
}

func anyNames(t *rapid.T) *config.Names {
	action := func() string { return oneOf(t, "pass", "fix", "quarantine", "drop") }
	return &config.Names{
		Allowed: oneOf(t, `a-z_`, `a-zA-Z0-9_.'"\d:-`, "^#"), Characters: "fix", Dots: action(), MaxLength: 99, Length: "drop", Tags: action(),
		MaxAge: 36 * time.Hour, MaxAhead: time.Duration(rapid.IntRange(0, 5).Draw(t, "ahead")) * time.Minute, Age: "fix",
	}
}

// anyAddresses draws addresses in a range of their own for each i.
func anyAddresses(t *rapid.T, i int) []netip.Prefix {
	four := netip.AddrFrom4([4]byte{10, byte(i), 0, 0})
	six := netip.MustParseAddr(fmt.Sprintf("2001:db8:%x::", i))
	return []netip.Prefix{
		netip.PrefixFrom(four, rapid.IntRange(16, 32).Draw(t, "bits")), netip.PrefixFrom(six, rapid.IntRange(48, 128).Draw(t, "bits")),
	}
}

func anyDestination(t *rapid.T, c *config.Config, name string) config.Destination {
	d := c.NewDestination(name, oneOf(t, "tls://h:1", "tls://[::1]:2"), oneOf(t, "line", "pickle", "protobuf"))
	d.TenantAs = oneOf(t, "", "prefix", "tag", "none")
	switch oneOf(t, "carbon", "hostedgraphite", "blueflood") {
	case "hostedgraphite":
		d.Type, d.Protocol, d.Key = "hostedgraphite", "", "${env:KEY}"
		if d.Address = oneOf(t, "https://h/a", "https://h:1", "tls://h:1"); d.Address == "tls://h:1" {
			d.Protocol = oneOf(t, "line", "pickle")
		} else {
			d.Interval = time.Duration(rapid.IntRange(1, 999).Draw(t, "interval")) * time.Millisecond
			d.Timeout, d.Batch = time.Duration(rapid.IntRange(1, 99).Draw(t, "timeout"))*time.Second, config.Size(rapid.IntRange(4096, 1<<20).Draw(t, "batch"))
			d.Compress = rapid.Bool().Draw(t, "compress")
		}
	case "blueflood":
		flood(t, &d)
	default:
		d.Prefix = config.Secret(oneOf(t, "", "${env:PREFIX}"))
	}
	if rapid.Bool().Draw(t, "tls") {
		d.TLS = config.ClientTLS{CA: anyText.Draw(t, "ca"), ServerName: anyText.Draw(t, "server"), Cert: anyText.Draw(t, "cert"), Key: anyText.Draw(t, "key"),
			MinVersion: config.Version(oneOf(t, "", "1.2", "1.3")), InsecureSkipVerify: rapid.Bool().Draw(t, "insecure")}
	}
	return d
}

func flood(t *rapid.T, d *config.Destination) {
	seconds := func(what string) time.Duration {
		return time.Duration(rapid.IntRange(1, 99).Draw(t, what)) * time.Second
	}
	d.Type, d.Address, d.Protocol, d.Tenant = "blueflood", "https://h:1", "", "t"
	d.PerTenant, d.OverwriteTime = rapid.Bool().Draw(t, "per tenant"), rapid.Bool().Draw(t, "overwrite")
	d.TTL, d.Past, d.Ahead, d.Interval = seconds("ttl"), seconds("past"), seconds("ahead"), seconds("interval")
	d.Batch = config.Size(rapid.IntRange(4096, 1<<20).Draw(t, "batch"))
	switch oneOf(t, "", "key", "password", "credential") {
	case "key":
		d.Auth = config.Auth{URL: "https://h/v2.0", User: "u", Key: "${env:KEY}"}
	case "password":
		d.Auth = config.Auth{URL: "https://h", Version: config.Version(oneOf(t, "", "2.0", "3")), User: "u", Password: "${env:KEY}", Project: "p", Domain: "d"}
	case "credential":
		d.Auth = config.Auth{URL: "https://h", ApplicationCredential: config.ApplicationCredential{ID: "i", Secret: "${env:KEY}"}}
	}
}

// What is as by default is left out, inside of sections too.
func TestWriteLeavesDefaultsOut(t *testing.T) {
	c := config.New(config.DefaultDataDir)
	c.Receive = []config.Receiver{config.NewReceiver("http", "tls://:1")}
	c.Receive[0].TLS = config.ServerTLS{Cert: "/c", Key: "/k"}
	c.Receive[0].Names = &config.Names{Characters: "pass", Dots: "fix", MaxLength: 1 << 10, Length: "pass", Tags: "pass", Age: "pass"}
	c.Tenants = []config.Tenant{{Name: "acme", Keys: []config.Secret{"${env:KEY}"}, As: "prefix", Limits: config.Limits{PointsPerSecond: 2e6, LiveWindow: 5 * time.Minute}}}
	d := c.NewDestination("hosted", "tls://h:1", "line")
	d.Type, d.Key = "hostedgraphite", "${env:KEY}"
	c.Deliver = []config.Destination{d}
	c.Route = []config.Rule{{Tenants: []string{"acme"}, To: []string{"hosted"}}}
	var b strings.Builder
	if err := config.Write(&b, c, nil); err != nil {
		t.Fatal(err)
	}
	want := `receive:
  - {protocol: http, listen: 'tls://:1', tls: {cert: /c, key: /k}, names: {dots: fix}}
tenants:
  - {name: acme, keys: ['${env:KEY}'], limits: {points_per_second: 2000000}}
deliver:
  - {name: hosted, type: hostedgraphite, address: 'tls://h:1', key: '${env:KEY}'}
route:
  - {tenants: [acme], to: [hosted]}
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("file (-want +got):\n%s", diff)
	}
}

func TestWriteNoTenantsKey(t *testing.T) {
	c := written()
	c.Tenants = []config.Tenant{{Name: "acme", Keys: []config.Secret{"${env:KEY}", "hunter22"}}}
	var b strings.Builder
	err := config.Write(&b, c, nil)
	if err == nil || strings.Contains(b.String()+err.Error(), "hunter2") {
		t.Errorf("got %v and\n%s\nwant an error, and no secret", err, b.String())
	}
}
