//go:build linux

package installed_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// blocks returns what a page has between fences: the kind and the text of each.
func blocks(t *testing.T, page string) (list [][2]string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../docs", page))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```").FindAllStringSubmatch(string(text), -1) {
		list = append(list, [2]string{m[1], m[2]})
	}
	return list
}

// TestTheInstallPageDoesWhatItSays installs, runs, secures and uninstalls the .deb by
// what the pages have users type.
func TestTheInstallPageDoesWhatItSays(t *testing.T) {
	t.Parallel()
	r := newRoot(t, overlay, t.TempDir())
	r.put("testdata/systemctl", "/usr/local/bin/systemctl")
	r.sh("echo no-triggers >/etc/dpkg/dpkg.cfg.d/of-the-test") // the index of all manual pages takes long
	deb := file(t, "*.deb")
	r.put(deb, "/root/"+filepath.Base(deb))
	_, after, _ := strings.Cut(filepath.Base(deb), "-1_")
	here := strings.NewReplacer("plumbago_NEW_amd64.deb", filepath.Base(deb), "amd64.deb", after)
	for _, b := range blocks(t, "install.md") {
		kind, script := b[0], here.Replace(b[1])
		if kind != "sh" || elsewhere(script) {
			continue
		}
		if strings.Contains(script, "dpkg --remove") {
			checkInstalled(t, r)
			checkSecured(t, r)
			checkUpgrade(t, r, filepath.Base(deb))
			stop(t, r)
		}
		out := r.sh(script)
		switch {
		case strings.Contains(script, "plumbago send"):
			if !regexp.MustCompile(`(?m)^carbon +1 `).MatchString(out) {
				t.Errorf("%s\ngot\n%s\nwant one point that waits for carbon", script, out)
			}
		case strings.Contains(script, "dpkg --remove"):
			r.sh("test -e /etc/plumbago/plumbago.yml && test -d /var/lib/plumbago/queue* && ! test -e /usr/bin/plumbago")
		}
	}
	r.sh("! test -e /etc/plumbago && ! test -e /var/lib/plumbago && id plumbago")
}

// elsewhere tells of commands on the page that cannot be run in such a root.
func elsewhere(script string) bool {
	return slices.ContainsFunc([]string{
		"sha256sum ", // TestTheDigestsAreThoseOfTheFiles
		"rpm ",       // TestTheRPMInstalls
		"podman ",    // needs an engine; TestTheImageRuns runs the image without
		"kubectl ",   // needs a cluster
	}, func(command string) bool { return strings.HasPrefix(script, command) })
}

// TestTheDigestsAreThoseOfTheFiles checks them by the command of the page.
func TestTheDigestsAreThoseOfTheFiles(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("sh", "-e", "-c", blocks(t, "install.md")[0][1])
	cmd.Dir = dist
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), ".deb: OK\n") {
		t.Errorf("%s: %v\n%s", cmd.Args, err, out)
	}
}

// checkInstalled looks at what a package leaves where.
func checkInstalled(t *testing.T, r *root) {
	t.Helper()
	r.sh("test $(id -u plumbago) -gt 0 && test $(id -u plumbago) -lt 1000")
	if out := r.sh("dpkg --verify plumbago"); out != "" && !strings.Contains(out, "plumbago.yml") {
		t.Errorf("dpkg --verify: %s", out)
	}
	if out := r.sh("ps -o user= -p $(cat /var/lib/plumbago/plumbago.pid)"); strings.TrimSpace(out) != "plumbago" {
		t.Errorf("it runs as %q, want plumbago", out)
	}
	if out, err := r.try("systemd-analyze", "verify", "plumbago.service", "plumbago.socket"); err != nil || strings.Contains(out, "plumbago.s") {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
	if out := r.sh("man -w plumbago plumbago.yml"); strings.Count(out, "/usr/share/man/") != 2 {
		t.Errorf("man -w: got %q, want both pages", out)
	}
	r.sh("bash -n /usr/share/bash-completion/completions/plumbago")
	if out, err := r.try("su", "-s", "/bin/sh", "nobody", "-c", "cat /etc/plumbago/plumbago.yml || ls /var/lib/plumbago"); err == nil {
		t.Errorf("nobody reads the configuration or the queues: %s", out)
	}
}

// checkSecured runs the page about that.
func checkSecured(t *testing.T, r *root) {
	t.Helper()
	var said string
	for _, b := range blocks(t, "secure.md") {
		if b[0] == "text" && strings.Contains(said, " root:plumbago\n") && said != b[1] {
			t.Errorf("got\n%s\nwant, as the page says,\n%s", said, b[1])
		}
		if said = ""; b[0] == "sh" {
			said = r.sh(b[1])
		}
	}
	out := r.sh("systemd-analyze security --no-pager --offline=yes /usr/lib/systemd/system/plumbago.service")
	m := regexp.MustCompile(`Overall exposure level for plumbago.service: ([0-9.]+)`).FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("no exposure in %s", out)
	}
	if level, err := strconv.ParseFloat(m[1], 64); err != nil || level > 2.5 {
		t.Errorf("got an exposure of %s, want 2.5 at most", m[1])
	}
}

// checkUpgrade installs the package over itself: what the administrator has changed stays.
func checkUpgrade(t *testing.T, r *root, deb string) {
	t.Helper()
	r.sh(`echo '# mine' >>/etc/plumbago/plumbago.yml
dpkg -i ` + deb + `
tail -n1 /etc/plumbago/plumbago.yml | grep -qx '# mine'
plumbago queue ls --config /etc/plumbago/plumbago.yml | grep -q '^carbon'`)
}

// stop asks the gateway to stop, and waits until it has.
func stop(t *testing.T, r *root) {
	t.Helper()
	r.sh(`kill $(cat /var/lib/plumbago/plumbago.pid)
for try in $(seq 100); do grep -q msg=stopped /run/gateway.log && exit 0; sleep 0.1; done
cat /run/gateway.log; exit 1`)
}

func TestTheRPMInstalls(t *testing.T) {
	t.Parallel()
	r := newRoot(t, overlay, t.TempDir())
	rpm := file(t, "*.rpm")
	r.put(rpm, "/root/plumbago.rpm")
	const rpmTool = "rpm --force-debian "
	r.sh(rpmTool + `-i --nodeps plumbago.rpm
` + rpmTool + `-q plumbago
test "$(stat -c '%a %U:%G' /etc/plumbago/plumbago.yml /var/lib/plumbago | tr '\n' ' ')" = '640 root:plumbago 700 plumbago:plumbago '
setpriv --reuid plumbago --regid plumbago --clear-groups plumbago check /etc/plumbago/plumbago.yml
echo '# mine' >>/etc/plumbago/plumbago.yml
mkdir /var/lib/plumbago/of-mine
` + rpmTool + `-e --nodeps plumbago
! test -e /usr/bin/plumbago
test -d /var/lib/plumbago/of-mine
grep -q '# mine' /etc/plumbago/plumbago.yml.rpmsave`)
}
