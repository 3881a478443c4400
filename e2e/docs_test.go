package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/plumbago/plumbago/internal/certs/certstest"
)

var fences = regexp.MustCompile("(?ms)^ *```([a-z]+)\n(.*?)^ *```")

// blocks returns what stands in a page between fences of one kind.
func blocks(t *testing.T, page, kind string) (list []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", page))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range fences.FindAllStringSubmatch(string(text), -1) {
		if m[1] == kind {
			list = append(list, m[2])
		}
	}
	return list
}

// TestConfigurationsInTheDocumentsAreGood has every piece of a plumbago.yml checked,
// with what it lacks for a whole one.
func TestConfigurationsInTheDocumentsAreGood(t *testing.T) {
	t.Parallel()
	for _, page := range []string{"README.md", "docs/replace-stunnel.md", "docs/hosted-graphite.md", "docs/front-door.md", "docs/database.md", "docs/secure.md", "docs/blueflood.md", "docs/slack.md",
		"deliver/whisper/README.md", "deliver/carbon/README.md", "deliver/hostedgraphite/README.md", "bus/nats/README.md"} {
		pieces := blocks(t, page, "yaml")
		if len(pieces) == 0 {
			t.Errorf("%s has no block of yaml", page)
		}
		for i, piece := range pieces {
			if strings.Contains(piece, "display_information:") {
				continue // for Slack's own page
			}
			t.Run(fmt.Sprintf("%s-%d", filepath.Base(page), i+1), func(t *testing.T) {
				t.Parallel()
				checkPiece(t, piece)
			})
		}
	}
}

func checkPiece(t *testing.T, piece string) {
	dir := t.TempDir()
	yml := filepath.Join(dir, "plumbago.yml")
	text := whole(withFiles(t, piece))
	writeFile(t, yml, text)
	cmd := plumbago(dir, "check", yml)
	cmd.Env = append(os.Environ(), "HG_KEY="+betaKey, "KEYSTONE_PASSWORD="+betaKey, "CARBON_KEY="+betaKey, "ADMIN_TOKEN="+betaKey)
	if out, err := cmd.CombinedOutput(); err != nil || strings.Contains(string(out), "warning") {
		t.Errorf("check: %v\n%s\n%s", err, out, text)
	}
}

// withFiles has piece name files that are there.
func withFiles(t *testing.T, piece string) string {
	t.Helper()
	ca := certstest.New(t, "Of the Documents")
	p := issue(ca, "graphite.example.net")
	key := filepath.Join(t.TempDir(), "key")
	writeFile(t, key, acmeKey)
	other := filepath.Join(t.TempDir(), "other")
	writeFile(t, other, betaKey)
	token := filepath.Join(t.TempDir(), "token")
	writeFile(t, token, slackToken)
	schemas, aggregation := filepath.Join(t.TempDir(), "storage-schemas.conf"), filepath.Join(t.TempDir(), "storage-aggregation.conf")
	writeFile(t, schemas, storageSchemas)
	writeFile(t, aggregation, "[all]\npattern = .*\naggregationMethod = max\n")
	return strings.NewReplacer(
		"/etc/ssl/certs/ca-certificates.crt", ca.CA, "/etc/plumbago/ca.pem", ca.CA, "/etc/plumbago/ca.crt", ca.CA, "/etc/plumbago/clients.crt", ca.CA,
		"/etc/plumbago/edge.crt", p.cert, "/etc/plumbago/edge.key", p.key, "/etc/plumbago/client.crt", p.cert, "/etc/plumbago/client.key", p.key,
		"/etc/carbon/storage-schemas.conf", schemas, "/etc/carbon/storage-aggregation.conf", aggregation,
		"/etc/plumbago/keys/acme.next", other, "/etc/plumbago/keys/acme", key, "/etc/plumbago/key", key,
		"/etc/plumbago/slack-token", token,
	).Replace(piece)
}

var (
	destinationLists = regexp.MustCompile(`to: \[([a-z, -]+)\]`)
	tenantLists      = regexp.MustCompile(`tenants: \[([a-z, -]+)\]`)
)

// whole adds what a piece of a configuration lacks. A piece that begins with an
// entry of a list is of the section deliver.
func whole(piece string) string {
	if strings.HasPrefix(piece, "  - ") {
		piece = "deliver:\n" + piece
	}
	has := func(section string) bool { return strings.Contains("\n"+piece, "\n"+section+":") }
	var more strings.Builder
	if !has("receive") {
		more.WriteString("receive: [{protocol: line, listen: 'tcp://127.0.0.1:2003'}]\n")
	}
	if !has("tenants") {
		for i, name := range named(tenantLists, piece) {
			fmt.Fprintf(&more, "%s  - {name: %s, keys: [key-of-%s]}\n", strings.Repeat("tenants:\n", max(0, 1-i)), name, name)
		}
	}
	if !has("deliver") {
		to := append(named(destinationLists, piece), "carbon-of-the-test")
		if strings.Contains(piece, ": quarantine") && !has("quarantine") {
			more.WriteString("quarantine: aside-of-the-test\n")
			to = append(to, "aside-of-the-test")
		}
		more.WriteString("deliver:\n")
		for _, name := range to {
			fmt.Fprintf(&more, "  - {name: %s, type: carbon, address: 'tcp://127.0.0.1:2013', protocol: line}\n", name)
		}
	}
	return piece + more.String()
}

// named returns the names in all lists of a kind, each once.
func named(lists *regexp.Regexp, text string) (names []string) {
	for _, m := range lists.FindAllStringSubmatch(text, -1) {
		names = append(names, strings.Split(m[1], ", ")...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
