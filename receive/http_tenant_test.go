package receive_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/receive"
	"github.com/plumbago/plumbago/tenant"
)

const (
	uuidKey  = "12345678-5555-2222-aaaa-661ff1afb5c1"
	otherKey = "another~key?ÿ>"
	wrongKey = "12345678-5555-2222-aaaa-661ff1afb5c2"
)

// ownedVault is a sink that stores, and notes whose the points are.
type ownedVault struct {
	*vault
	mu     sync.Mutex
	owners []string
}

func (o *ownedVault) Store(ctx context.Context, b metric.Batch) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.owners = append(o.owners, b.Tenant)
	return o.vault.Store(ctx, b)
}

func book(t testing.TB, o tenant.Options) *tenant.Book {
	t.Helper()
	b, err := tenant.NewBook(o, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// acme is a book of two tenants with a key each.
func acme(t testing.TB, l tenant.Limits) *tenant.Book {
	return book(t, tenant.Options{Tenants: []tenant.Tenant{
		{Name: "acme", Keys: []string{uuidKey}, As: tenant.Plain, Limits: l},
		{Name: "other", Keys: []string{otherKey}, As: tenant.Prefix},
	}})
}

func tenantOptions(j *journal, b *tenant.Book) receive.Options {
	o := httpOptions(j)
	o.Tenants = b
	return o
}

func TestKeys(t *testing.T) {
	std, bare := base64.StdEncoding.EncodeToString, base64.RawStdEncoding.EncodeToString
	for _, tc := range []struct{ name, authorization, owner string }{
		{"a user with a colon", "Basic " + std([]byte(uuidKey+":")), "acme"},
		{"a user without", "Basic " + std([]byte(uuidKey)), "acme"},
		{"a user and any password", "Basic " + std([]byte(uuidKey+":x:y")), "acme"},
		{"a password alone", "Basic " + std([]byte(":"+uuidKey)), "acme"},
		{"upper case", "Basic " + std([]byte(strings.ToUpper(uuidKey)+":")), "acme"},
		{"no padding", "basic " + bare([]byte(uuidKey)), "acme"},
		{"blanks", "BASIC  " + std([]byte(uuidKey+":")) + " ", "acme"},
		{"the alphabet of URLs", "Basic " + base64.URLEncoding.EncodeToString([]byte(otherKey)), "other"},
		{"the standard one", "Basic " + std([]byte(otherKey)), "other"},
		{"Bearer", "Bearer " + uuidKey, "acme"},
		{"bearer in another case", "bEARER " + strings.ToUpper(uuidKey), "acme"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			sink := &ownedVault{vault: newVault()}
			c := connect(t, listen(t, tenantOptions(newJournal(), acme(t, tenant.Limits{})), sink))
			checkCode(t, c.ask(t, post("Authorization: "+tc.authorization+"\r\n", "a 1 2\n"+uuidKey+".b 3 4")), 202)
			if len(sink.owners) == 0 || sink.owners[0] != tc.owner {
				t.Errorf("got points of %q, want of %s", sink.owners, tc.owner)
			}
			if tc.owner == "acme" && sink.text() != "a 1 2\nb 3 4\n" {
				t.Errorf("got %q, want the own key gone", sink.text())
			}
		})
	}
}

func TestWrongKeysAllGetTheSameAnswer(t *testing.T) {
	sink, j := newVault(), newJournal()
	c := connect(t, listen(t, tenantOptions(j, acme(t, tenant.Limits{})), sink))
	for _, headers := range []string{"", basic(wrongKey), basic(wrongKey + ":"), basic(""), basic(":"), basic(uuidKey[1:]), basic("x:" + uuidKey), "Authorization: Basic\r\n",
		"Authorization: Basic !!!\r\n", "Authorization: Bearer\r\n", "Authorization: Bearer " + wrongKey + "\r\n", "Authorization: Digest " + uuidKey + "\r\n",
		"Authorization: " + uuidKey + "\r\n", "Authorization: Bearer " + strings.Repeat("x", 5000) + "\r\n"} {
		r := c.ask(t, post(headers, uuidKey+".a 1 2"))
		checkCode(t, r, 401)
		want := "the API key is not known"
		if headers == "" {
			want = "an API key is needed: as the user of Basic authorization, or as a Bearer token"
		}
		if r.Header.Get("WWW-Authenticate") != `Basic realm="plumbago"` || r.body != `{"error":"`+want+`"}`+"\n" {
			t.Errorf("%q: got %v %.200q, want %q", headers, r.Header, r.body, want)
		}
	}
	if sink.calls != 0 || j.metric(t, "http_requests_total", "code=401") != 14 {
		t.Errorf("got %q stored, want nothing, and all counted", sink.text())
	}
}

func TestAWrongKeyIsRefusedBeforeTheBodyIsSent(t *testing.T) {
	c := connect(t, listen(t, tenantOptions(newJournal(), acme(t, tenant.Limits{})), newVault()))
	checkCode(t, c.ask(t, "POST /api/v1/sink HTTP/1.1\r\nHost: x\r\n"+basic(wrongKey)+"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n"), 401)
}

func TestKeysAreInNoLogAndNoMetric(t *testing.T) {
	j := newJournal()
	c := connect(t, listen(t, tenantOptions(j, acme(t, tenant.Limits{})), newVault()))
	for _, key := range []string{uuidKey, wrongKey} {
		for _, body := range []string{key + ".a x 2", key, "a 1 2 " + key, `[{"name":"` + key + `.a","value":1}]`} {
			for _, kind := range []string{"text/plain", "application/json", "application/x-pickle"} {
				r := c.ask(t, post("Content-Type: "+kind+"\r\n"+basic(key)+"X-Key: "+key+"\r\n", body))
				if strings.Contains(r.body, key) {
					t.Errorf("got the answer %q", r.body)
				}
			}
		}
	}
	_, _ = c.Write([]byte("BAD " + uuidKey + "\r\n\r\n"))
	_, _ = bufio.NewReader(c).ReadString('\n')
	families, err := j.Gather()
	if err != nil {
		t.Fatal(err)
	}
	said := j.logged()
	for _, f := range families {
		said += f.String()
	}
	if strings.Contains(said, uuidKey) || strings.Contains(said, wrongKey) || !strings.Contains(said, "input rejected") {
		t.Errorf("a key is told of, or nothing is: %s", said)
	}
}

func TestWithoutTenantsNobodyIsAsked(t *testing.T) {
	v := newVault()
	c := connect(t, listen(t, httpOptions(newJournal()), v))
	checkCode(t, c.ask(t, post(basic("whatever"), "a 1 2")), 202)
	checkCode(t, c.ask(t, post("Authorization: x\r\n", "a 1 2")), 202)
}

func TestSendersThatAreKnownNeedNoKey(t *testing.T) {
	allowed := book(t, tenant.Options{Tenants: []tenant.Tenant{{Name: "acme", Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, As: tenant.Plain}}})
	for _, tc := range []struct {
		name   string
		change func(*receive.Options)
	}{
		{"by address", func(o *receive.Options) { o.Tenants = allowed }},
		{"by listener", func(o *receive.Options) { o.Tenant = "acme" }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			sink := &ownedVault{vault: newVault()}
			o := tenantOptions(newJournal(), acme(t, tenant.Limits{}))
			tc.change(&o)
			c := connect(t, listen(t, o, sink))
			checkCode(t, c.ask(t, post("", "a 1 2")), 202)
			checkCode(t, c.ask(t, post(basic(wrongKey), "a 1 2")), 401)
			if len(sink.owners) != 1 || sink.owners[0] != "acme" {
				t.Errorf("got points of %q, want one batch of acme's", sink.owners)
			}
		})
	}
}

// TestAProxyTellsWhoSends: the address in a trusted proxy's header counts.
func TestAProxyTellsWhoSends(t *testing.T) {
	sink, j := newVault(), newJournal()
	o := tenantOptions(j, book(t, tenant.Options{Tenants: []tenant.Tenant{{Name: "acme", Allow: []netip.Prefix{netip.MustParsePrefix("192.0.2.7/32")}, As: tenant.Plain}}}))
	o.ProxyFrom = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	l := listen(t, o, sink)
	checkCode(t, connect(t, l).ask(t, "PROXY TCP4 192.0.2.7 192.0.2.1 1000 80\r\n"+post("", "a 1 2\nbad")), 202)
	checkCode(t, connect(t, l).ask(t, "PROXY TCP4 192.0.2.8 192.0.2.1 1000 80\r\n"+post("", "a 1 2")), 401)
	checkCode(t, connect(t, l).ask(t, post("", "a 1 2")), 401)
	if !strings.Contains(j.logged(), "peer=192.0.2.7:1000") {
		t.Errorf("got %q, want the sender's address", j.logged())
	}
	bad := connect(t, l)
	send(t, bad, "PROXY TCP4 nobody\r\n")
	closedByPeer(t, bad)
	eventually(t, "counted", func() bool { return j.metric(t, "connections_closed_total", "reason=not_proxy") == 1 })
}

func TestOverALimit(t *testing.T) {
	const four = "a 1 2\nb 1 2\nc 1 2\nd 1 2"
	for _, tc := range []struct {
		name   string
		limits tenant.Limits
		codes  [3]int
		points int
	}{
		{"points a second", tenant.Limits{PointsPerSecond: .5, Burst: 4}, [3]int{202, 429, 429}, 4},
		{"live metrics", tenant.Limits{LiveMetrics: 2}, [3]int{202, 202, 202}, 6},
		{"points of a metric", tenant.Limits{PerMetric: .001}, [3]int{202, 429, 429}, 4},
		{"a dry run", tenant.Limits{PointsPerSecond: .5, Burst: 4, DryRun: true}, [3]int{202, 202, 202}, 12},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := newVault()
			c := connect(t, listen(t, tenantOptions(newJournal(), acme(t, tc.limits)), v))
			for _, want := range tc.codes {
				r := c.ask(t, post(basic(uuidKey), four))
				checkCode(t, r, want)
				if after := r.Header.Get("Retry-After"); want == 429 && (after == "" || after == "0" || !strings.Contains(r.body, "over ")) {
					t.Errorf("got Retry-After %q and %q", after, r.body)
				}
			}
			if v.count() != tc.points {
				t.Errorf("got %d points, want %d", v.count(), tc.points)
			}
		})
	}
}

func TestRetryAfterIsRoundedUp(t *testing.T) {
	c := connect(t, listen(t, tenantOptions(newJournal(), acme(t, tenant.Limits{PointsPerSecond: 2, Burst: 5})), newVault()))
	checkCode(t, c.ask(t, post(basic(uuidKey), "a 1 2\nb 1 2\nc 1 2\nd 1 2\ne 1 2")), 202)
	r := c.ask(t, post(basic(uuidKey), "a 1 2\nb 1 2\nc 1 2\nd 1 2\ne 1 2"))
	checkCode(t, r, 429)
	if got := r.Header.Get("Retry-After"); got != "3" {
		t.Errorf("got Retry-After %q, want 3 for 2.5 s", got)
	}
}

func TestPointsThatMayNotPassAreExplained(t *testing.T) {
	c := connect(t, listen(t, tenantOptions(newJournal(), acme(t, tenant.Limits{MaxLine: 10})), newVault()))
	checkTold(t, c.ask(t, post(basic(uuidKey), "name.that.is.long 1 2\nbad")),
		`{"error":"none of the points may pass: line_length","points":1,"rejected":1,"lines":[{"line":2,"reason":"fields"}]}`)
}
