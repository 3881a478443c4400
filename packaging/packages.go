package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// maintainer is who answers for the packages.
const maintainer = "The maintainers of plumbago <maintainers@plumbago.invalid>"

// packages makes the .deb and the .rpm.
func (w *workshop) packages(s system, bill []byte) error {
	nfpm := filepath.Join(w.aside, "nfpm")
	if _, err := os.Stat(nfpm); err != nil {
		if _, err := w.output(nil, "go", "build", "-C", w.path("packaging/tools"), "-o", nfpm, "github.com/goreleaser/nfpm/v2/cmd/nfpm"); err != nil {
			return err
		}
	}
	dir, err := w.layOut(s, bill)
	if err != nil {
		return err
	}
	for _, kind := range []string{"deb", "rpm"} {
		cmd := exec.Command(nfpm, "package", "--config", "nfpm.yaml", "--packager", kind, "--target", w.out)
		cmd.Dir = dir
		cmd.Env = w.environ("ARCH="+s.packageArch(), "VERSION="+w.packaged(), "MAINTAINER="+maintainer)
		if said, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: nfpm: %w\n%s", kind, err, said)
		}
	}
	return nil
}

// layOut puts what a package has into a folder, all with the date of the source.
func (w *workshop) layOut(s system, bill []byte) (dir string, err error) {
	dir, p := filepath.Join(w.aside, "package-"+s.arch), w.papers
	if err := os.CopyFS(dir, os.DirFS(w.path("packaging/linux"))); err != nil {
		return dir, err
	}
	for name, from := range map[string]string{
		"plumbago": w.binaries[s], "copyright": w.path("packaging/copyright"),
		"plumbago.rules.yml": w.path("contrib/prometheus/plumbago.rules.yml"), "plumbago.json": w.path("contrib/grafana/plumbago.json"),
	} {
		text, err := os.ReadFile(from)
		if err != nil {
			return dir, err
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return dir, err
		}
	}
	for name, text := range map[string][]byte{
		"plumbago.1.gz": zipped(p.man), "plumbago.yml.5.gz": zipped(p.manYML),
		"plumbago.bash": p.bash, "plumbago.zsh": p.zsh, "plumbago.fish": p.fish,
		"third-party.gz": zipped(p.thirdParty), "changelog.gz": zipped(p.changes), "changelog.Debian.gz": zipped(w.debianChanges()),
		"sbom.cdx.json": bill,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return dir, err
		}
	}
	return dir, nil
}

// debianChanges is the changelog of the package itself.
func (w *workshop) debianChanges() []byte {
	return fmt.Appendf(nil, "plumbago (%s-1) stable; urgency=medium\n\n  * Version %s: see changelog.gz.\n\n -- %s  %s\n",
		w.packaged(), w.version, maintainer, w.date.Format("Mon, 02 Jan 2006 15:04:05 -0700"))
}
