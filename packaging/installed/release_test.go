//go:build linux

package installed_test

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// TestTheSameSourceGivesTheSameBytes makes everything again, of a copy of the source
// in another folder.
func TestTheSameSourceGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	elsewhere, again := filepath.Join(t.TempDir(), "of another name"), t.TempDir()
	copySource(t, elsewhere)
	if err := made(elsewhere, again); err != nil {
		t.Fatal(err)
	}
	want, got := read(t, filepath.Join(dist, "SHA256SUMS")), read(t, filepath.Join(again, "SHA256SUMS"))
	if got != want || strings.Count(got, "\n") != 5 {
		t.Errorf("got\n%s\nwant the same five files as before:\n%s", got, want)
	}
}

func copySource(t *testing.T, to string) {
	t.Helper()
	list := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = "../.."
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	for name := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
		text, err := os.ReadFile(filepath.Join("../..", name))
		if errors.Is(err, os.ErrNotExist) {
			continue // deleted, and not committed
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(to, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// unpack takes a file out of the archive for this machine.
func unpack(t *testing.T, name string) []byte {
	t.Helper()
	f, err := os.Open(file(t, "*.tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, base, _ := strings.Cut(h.Name, "/"); base == name {
			text, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			return text
		}
	}
}

// binary is the one in the archive.
func binary(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "plumbago")
	if err := os.WriteFile(name, unpack(t, "plumbago"), 0o755); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestTheArchiveHasWhatItNeeds(t *testing.T) {
	t.Parallel()
	out, err := exec.Command(binary(t), "version").CombinedOutput()
	if err != nil || string(out) != "plumbago "+version+"\n" {
		t.Errorf("got %q, %v, want the version %s", out, err, version)
	}
	third := string(unpack(t, "THIRD-PARTY"))
	for _, module := range []string{"github.com/alecthomas/kong", "github.com/prometheus/client_golang", "golang.org/x/sys", "go its standard library"} {
		if !strings.Contains(third, "==== "+module) {
			t.Errorf("no licence of %s", module)
		}
	}
}

func TestTheBillNamesWhatIsInTheBinary(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "version", "-m", binary(t)).Output()
	if err != nil {
		t.Fatal(err)
	}
	bill := read(t, file(t, "*.cdx.json"))
	var b struct {
		BOMFormat, SpecVersion string
		Components             []struct{ Name, Version, PURL string }
	}
	if err := json.Unmarshal([]byte(bill), &b); err != nil || b.BOMFormat != "CycloneDX" || b.SpecVersion != "1.5" {
		t.Fatalf("got %q %q, %v", b.BOMFormat, b.SpecVersion, err)
	}
	modules := map[string]bool{"pkg:golang/std@" + runtime.Version(): true}
	for l := range strings.Lines(string(out)) {
		if part := strings.Fields(l); part[0] == "dep" {
			modules["pkg:golang/"+part[1]+"@"+part[2]] = true
		}
	}
	for _, c := range b.Components {
		if !modules[c.PURL] {
			t.Errorf("the bill has %s, and the binary does not", c.PURL)
		}
		delete(modules, c.PURL)
	}
	if len(modules) > 0 {
		t.Errorf("the bill lacks %v", modules)
	}
	if len(b.Components) < 10 {
		t.Errorf("got %d components, want all", len(b.Components))
	}
}

// TestTheConfigurationsThatAreGivenAreGood checks those of the package, the image and
// the cluster.
func TestTheConfigurationsThatAreGivenAreGood(t *testing.T) {
	t.Parallel()
	plumbago := binary(t)
	for _, name := range []string{"linux/plumbago.yml", "image.yml", "kubernetes/plumbago.yml"} {
		if out, err := exec.Command(plumbago, "check", filepath.Join("..", name)).CombinedOutput(); err != nil || strings.Contains(string(out), "warning") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// workload is what of a StatefulSet matters here.
type workload struct {
	Kind string
	Spec struct {
		Template struct {
			Spec struct {
				SecurityContext struct {
					RunAsNonRoot   bool           `yaml:"runAsNonRoot"`
					RunAsUser      int            `yaml:"runAsUser"`
					SeccompProfile map[string]any `yaml:"seccompProfile"`
				} `yaml:"securityContext"`
				Containers []struct {
					ReadinessProbe  probe `yaml:"readinessProbe"`
					LivenessProbe   probe `yaml:"livenessProbe"`
					SecurityContext struct {
						AllowPrivilegeEscalation *bool               `yaml:"allowPrivilegeEscalation"`
						ReadOnlyRootFilesystem   bool                `yaml:"readOnlyRootFilesystem"`
						Capabilities             map[string][]string `yaml:"capabilities"`
					} `yaml:"securityContext"`
				}
			}
		}
		VolumeClaimTemplates []any `yaml:"volumeClaimTemplates"`
	}
}

type probe struct {
	Exec struct{ Command []string }
}

func TestTheClusterLetsItDoLittle(t *testing.T) {
	t.Parallel()
	var kustomization struct{ Resources []string }
	decodeYAML(t, "kustomization.yaml", &kustomization)
	for _, name := range append(kustomization.Resources, "servicemonitor/kustomization.yaml", "servicemonitor/servicemonitor.yaml") {
		decodeYAML(t, name, new(map[string]any))
	}
	var w workload
	decodeYAML(t, "statefulset.yaml", &w)
	pod := w.Spec.Template.Spec
	if s := pod.SecurityContext; !s.RunAsNonRoot || s.RunAsUser != 65532 || s.SeccompProfile["type"] != "RuntimeDefault" {
		t.Errorf("the pod: got %+v", s)
	}
	if len(pod.Containers) != 1 || len(w.Spec.VolumeClaimTemplates) != 1 {
		t.Fatalf("got %+v, want a container and a volume", w)
	}
	c := pod.Containers[0]
	if s := c.SecurityContext; s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation || !s.ReadOnlyRootFilesystem || strings.Join(s.Capabilities["drop"], "") != "ALL" {
		t.Errorf("the container: got %+v", s)
	}
	if !slices.Contains(c.ReadinessProbe.Exec.Command, "--ready") || !slices.Contains(c.LivenessProbe.Exec.Command, "health") {
		t.Errorf("got the probes %+v and %+v", c.ReadinessProbe, c.LivenessProbe)
	}
}

// decodeYAML reads the documents of a file of the cluster; the first into to.
func decodeYAML(t *testing.T, name string, to any) {
	t.Helper()
	d := yaml.NewDecoder(strings.NewReader(read(t, filepath.Join("../kubernetes", name))))
	if err := d.Decode(to); err != nil {
		t.Errorf("%s: %v", name, err)
	}
	for {
		var next map[string]any
		if err := d.Decode(&next); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
}
