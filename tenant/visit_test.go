package tenant_test

import (
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"unsafe"

	"github.com/plumbago/plumbago/tenant"
)

const (
	acmeKey   = "ab12cd34-5555-1444-a661-acme1acf5a1b"
	globexKey = "99887766-5555-1444-a661-globex1acf5a"
	otherKey  = "Initech/Key+1=="
)

func sum(key string) string { return fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(key))) }

func prefixes(texts ...string) (all []netip.Prefix) {
	for _, text := range texts {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

// three tenants that can be known in every way.
func three() tenant.Options {
	return tenant.Options{Tenants: []tenant.Tenant{
		{Name: "acme", Keys: []string{acmeKey}, Allow: prefixes("10.0.0.0/8", "2001:db8::/32"), Certificates: []string{"acme.example"}},
		{Name: "globex", Keys: []string{sum(globexKey)}, Allow: prefixes("10.9.0.0/16", "10.9.9.9/32"), Certificates: []string{"ops@globex.example", "spiffe://globex/edge"}},
		{Name: "initech", Keys: []string{otherKey, keyOf(7)}, Certificates: []string{"initech"}},
	}}
}

func certificate(edit func(*x509.Certificate)) *x509.Certificate {
	c := &x509.Certificate{Subject: pkix.Name{CommonName: "somebody"}}
	edit(c)
	return c
}

func TestWhosePointsAre(t *testing.T) {
	cn := func(name string) *x509.Certificate {
		return certificate(func(c *x509.Certificate) { c.Subject.CommonName = name })
	}
	uri := certificate(func(c *x509.Certificate) { c.URIs = []*url.URL{{Scheme: "spiffe", Host: "globex", Path: "/edge"}} })
	for _, c := range []struct {
		name   string
		sender tenant.Sender
		from   string // the sender's address
		shown  string // the key that it authenticates with
		line   string
		want   string
	}{
		{name: "nothing", line: "a.b", want: ""},
		{name: "a key in front", line: acmeKey + ".a.b", want: "acme: acme.a.b"},
		{name: "a key in upper case", line: strings.ToUpper(acmeKey) + ".a.b", want: "acme: acme.a.b"},
		{name: "a key known by its digest", line: globexKey + ".a.b", want: "globex: globex.a.b"},
		{name: "a key of letters in both cases", line: otherKey + ".a.b", want: "initech: initech.a.b"},
		{name: "that in lower case", line: strings.ToLower(otherKey) + ".a.b", want: "initech: initech.a.b"},
		{name: "a second key", line: keyOf(7) + ".a.b", want: "initech: initech.a.b"},
		{name: "a key that is a bit longer", line: acmeKey + "0.a.b", want: ""},
		{name: "a key that is a bit shorter", line: acmeKey[1:] + ".a.b", want: ""},
		{name: "a key behind", line: "a." + acmeKey + ".b", want: ""},
		{name: "a key and tags", line: acmeKey + ".a.b;c=d", want: "acme: acme.a.b;c=d"},
		{name: "a key without a name", line: acmeKey + ".", want: ""},
		{name: "a key without a dot", line: acmeKey, want: ""},
		{name: "a key with tags alone", line: acmeKey + ".;a=b", want: ""},
		{name: "a key without a dot, with tags", line: acmeKey + ";a=b.c", want: ""},

		{name: "a key that another's begins with", line: otherKey + "x.a", want: ""},
		{name: "a key without a name, from a known address", from: "10.1.1.1", line: acmeKey, want: ""},
		{name: "address", from: "10.1.1.1", line: "a.b", want: "acme: acme.a.b"},
		{name: "address, a first node as long as a key", from: "10.1.1.1", line: "ab12cd34-5555.b", want: "acme: acme.ab12cd34-5555.b"},
		{name: "address, one node", from: "10.1.1.1", line: "a", want: "acme: acme.a"},
		{name: "address in a longer prefix", from: "10.9.1.1", line: "a.b", want: "globex: globex.a.b"},
		{name: "address in the longest prefix", from: "10.9.9.9", line: "a.b", want: "globex: globex.a.b"},
		{name: "address in IPv6", from: "2001:db8::1", line: "a.b", want: "acme: acme.a.b"},
		{name: "address in IPv6 with a zone", from: "2001:db8::1%eth0", line: "a.b", want: "acme: acme.a.b"},
		{name: "IPv4 in IPv6", from: "::ffff:10.1.1.1", line: "a.b", want: "acme: acme.a.b"},
		{name: "unknown address", from: "192.0.2.1", line: "a.b", want: ""},

		{name: "listener", sender: tenant.Sender{Tenant: "initech"}, line: "a.b", want: "initech: initech.a.b"},
		{name: "listener of none", sender: tenant.Sender{Tenant: "hooli"}, line: "a.b", want: ""},

		{name: "common name", sender: tenant.Sender{Certificate: cn("initech")}, line: "a.b", want: "initech: initech.a.b"},
		{name: "unknown common name", sender: tenant.Sender{Certificate: cn("")}, line: "a.b", want: ""},
		{name: "DNS name", sender: tenant.Sender{Certificate: certificate(func(c *x509.Certificate) { c.DNSNames = []string{"x", "acme.example"} })},
			line: "a.b", want: "acme: acme.a.b"},
		{name: "mail address", sender: tenant.Sender{Certificate: certificate(func(c *x509.Certificate) { c.EmailAddresses = []string{"ops@globex.example"} })},
			line: "a.b", want: "globex: globex.a.b"},
		{name: "URI", sender: tenant.Sender{Certificate: uri}, line: "a.b", want: "globex: globex.a.b"},

		{name: "HTTP", shown: strings.ToUpper(acmeKey), line: "a.b", want: "acme: acme.a.b"},
		{name: "HTTP, key in front too", shown: acmeKey, line: acmeKey + ".a.b", want: "acme: acme.a.b"},

		{name: "a key comes before HTTP", shown: acmeKey, line: globexKey + ".a.b", want: "globex: globex.a.b"},
		{name: "HTTP comes before a certificate", shown: acmeKey, sender: tenant.Sender{Certificate: cn("initech")}, line: "a.b", want: "acme: acme.a.b"},
		{name: "a certificate comes before the address", from: "10.1.1.1", sender: tenant.Sender{Certificate: cn("initech")}, line: "a.b", want: "initech: initech.a.b"},
		{name: "the address comes before the listener", from: "10.1.1.1", sender: tenant.Sender{Tenant: "initech"}, line: "a.b", want: "acme: acme.a.b"},
		{name: "an unknown certificate leaves the address", from: "10.1.1.1", sender: tenant.Sender{Certificate: cn("x")}, line: "a.b", want: "acme: acme.a.b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.from != "" {
				c.sender.Address = netip.MustParseAddr(c.from)
			}
			v := newBook(t, three()).Visit(c.sender)
			if c.shown != "" && !v.Authenticate([]byte(c.shown)) {
				t.Error("the key is not known")
			}
			for range 2 { // the second time it is remembered
				if got, _, err := admit(t, v, c.line); got.String() != c.want || err != nil {
					t.Errorf("got %q and error %v, want %q", got, err, c.want)
				}
			}
		})
	}
}

func TestAuthenticate(t *testing.T) {
	v := newBook(t, three()).Visit(tenant.Sender{})
	for _, c := range []struct {
		key  string
		want bool
	}{
		{acmeKey, true}, {"", false}, {acmeKey[1:], false}, {globexKey, true}, {strings.Repeat("x", 300), false},
		{strings.ToUpper(globexKey), true}, {"1234567", false},
	} {
		if got := v.Authenticate([]byte(c.key)); got != c.want || v.Known() != c.want {
			t.Errorf("Authenticate: got %v, then known %v, want %v", got, v.Known(), c.want)
		}
	}
}

func TestDigestsAreOfAnyLetterCase(t *testing.T) {
	const key = "Mixed-Case-Key"
	for _, digested := range []string{key, strings.ToLower(key), strings.ToUpper(key)} {
		b := newBook(t, tenant.Options{Tenants: []tenant.Tenant{{Name: "acme", Keys: []string{sum(digested)}}}})
		if got, _, _ := admit(t, b.Visit(tenant.Sender{}), key+".a"); got.String() != "acme: acme.a" {
			t.Errorf("the digest of %q: got %q", digested, got)
		}
		if !b.Visit(tenant.Sender{}).Authenticate([]byte(key)) {
			t.Errorf("the digest of %q: the key is not known", digested)
		}
	}
}

func TestLongKeys(t *testing.T) {
	for _, n := range []int{8, 9, 15, 16, 17, 64, 71, 72, 73, 200, 255} {
		key := strings.Repeat("k", n-1) + "1"
		b := newBook(t, tenant.Options{Tenants: []tenant.Tenant{{Name: "acme", Keys: []string{key}}}})
		v := b.Visit(tenant.Sender{})
		got, _, _ := admit(t, v, key+".a", key+"x.a", key+".b", "k"+key+".a", key+".c", key[1:]+".a")
		if got.String() != "acme: acme.a acme.b acme.c" {
			t.Errorf("a key of %d bytes: got %q", n, got)
		}
	}
}

// TestKeysThatAreAlike has keys that begin alike, or are in what follows another.
func TestKeysThatAreAlike(t *testing.T) {
	b := newBook(t, tenant.Options{Tenants: []tenant.Tenant{{Name: "acme", Keys: []string{"same-beginning"}}, {Name: "globex", Keys: []string{"same-beginning-1", "same-beginning-2"}}}})
	v := b.Visit(tenant.Sender{})
	got, _, _ := admit(t, v, "same-beginning.a", "same-beginning-1.b", "same-beginning.;c=d", "same-beginning-2.e", "same-beginning.f", "same-beginning. 1 2", "same-beginningx.g", "same-beginning-3.h", "same-beginning-1.i")
	if want := "acme: acme.a acme.f; globex: globex.b globex.e globex.i"; got.String() != want {
		t.Errorf("got %q, want %q", got, want)
	}
	got, out, _ := admit(t, v, "same-beginning.a", "same-beginning.;b=c", "same-beginning.")
	if got.String() != "acme: acme.a" || out.Reason != "name" {
		t.Errorf("got %q, %+v, want names that are empty behind a key refused", got, out)
	}
}

func TestMove(t *testing.T) {
	v := newBook(t, three()).Visit(tenant.Sender{})
	for _, c := range []struct{ from, want string }{
		{"10.0.0.1", "acme: acme.a"}, {"192.0.2.1", ""}, {"10.9.0.1", "globex: globex.a"}, {"10.9.0.1", "globex: globex.a"},
	} {
		v.Move(netip.MustParseAddr(c.from))
		if got, _, _ := admit(t, v, "a"); got.String() != c.want || v.Known() != (c.want != "") {
			t.Errorf("from %s: got %q and known %v, want %q", c.from, got, v.Known(), c.want)
		}
	}
}

func TestVisitIsSmall(t *testing.T) {
	if size := unsafe.Sizeof(tenant.Visit{}); size > 300 {
		t.Errorf("got %d bytes, want at most 300", size)
	}
}
