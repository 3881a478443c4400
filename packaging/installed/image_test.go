//go:build linux

package installed_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

type blob struct {
	Digest string
	Size   int
}

// image is a layout, read as its specification says.
type image struct {
	files  map[string][]byte
	layers []blob
	config struct {
		User            string
		Entrypoint, Cmd []string
		Volumes         map[string]any
		Labels          map[string]string
		Healthcheck     struct{ Test []string }
	}
}

// readImage follows the layout from its index, and holds each blob against its name.
func readImage(t *testing.T, name string) *image {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	i := &image{files: map[string][]byte{}}
	for r := tar.NewReader(f); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if i.files[h.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	var index struct{ Manifests []blob }
	i.decode(t, i.files["index.json"], &index)
	if len(index.Manifests) != 1 {
		t.Fatalf("got %d manifests, want 1", len(index.Manifests))
	}
	var manifest struct {
		Config blob
		Layers []blob
	}
	i.decode(t, i.blob(t, index.Manifests[0]), &manifest)
	i.layers = manifest.Layers
	var config struct {
		Config json.RawMessage
		RootFS struct {
			DiffIDs []string `json:"diff_ids"`
		}
	}
	i.decode(t, i.blob(t, manifest.Config), &config)
	i.decode(t, config.Config, &i.config)
	if got := fmt.Sprintf("sha256:%x", sha256.Sum256(i.unpacked(t))); len(config.RootFS.DiffIDs) != 1 || config.RootFS.DiffIDs[0] != got {
		t.Errorf("got a layer %s, want %q", got, config.RootFS.DiffIDs)
	}
	return i
}

func (i *image) decode(t *testing.T, text []byte, to any) {
	t.Helper()
	if err := json.Unmarshal(text, to); err != nil {
		t.Fatalf("%v in %q", err, text)
	}
}

func (i *image) blob(t *testing.T, b blob) []byte {
	t.Helper()
	text := i.files["blobs/"+strings.Replace(b.Digest, ":", "/", 1)]
	if got := fmt.Sprintf("sha256:%x", sha256.Sum256(text)); got != b.Digest || len(text) != b.Size {
		t.Fatalf("got a blob of %d bytes, %s, want %+v", len(text), got, b)
	}
	return text
}

// unpacked is the layer as a tar file.
func (i *image) unpacked(t *testing.T) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(i.blob(t, i.layers[0])))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// extract puts the layer's files into a folder and returns who owns them, and may do what.
func (i *image) extract(t *testing.T, dir string) map[string]string {
	t.Helper()
	rights := map[string]string{}
	for r := tar.NewReader(bytes.NewReader(i.unpacked(t))); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return rights
		}
		if err != nil {
			t.Fatal(err)
		}
		rights[h.Name] = fmt.Sprintf("%o %d", h.Mode, h.Uid)
		name := filepath.Join(dir, h.Name)
		if h.Typeflag == tar.TypeDir {
			err = os.Mkdir(name, 0o755)
		} else {
			var text []byte
			if text, err = io.ReadAll(r); err == nil {
				err = os.WriteFile(name, text, h.FileInfo().Mode())
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestTheImageRuns runs the image's command as its user, in its files alone, which
// cannot be written to, and asks for its health as an engine does.
func TestTheImageRuns(t *testing.T) {
	t.Parallel()
	i := readImage(t, file(t, "*.image.tar"))
	dir := t.TempDir()
	rights := i.extract(t, dir)
	if rights["var/lib/plumbago/"] != "700 65532" || rights["usr/bin/plumbago"] != "755 0" {
		t.Errorf("got rights %v", rights)
	}
	if _, ok := i.config.Volumes["/var/lib/plumbago"]; !ok || i.config.Labels["org.opencontainers.image.version"] != version {
		t.Errorf("got %+v, want a volume for the queues, and the version %s", i.config, version)
	}
	if pem, err := os.ReadFile(filepath.Join(dir, "etc/ssl/certs/ca-certificates.crt")); err != nil || !x509.NewCertPool().AppendCertsFromPEM(pem) || bytes.Count(pem, []byte("BEGIN")) < 80 {
		t.Errorf("the authorities: %v, %d bytes", err, len(pem))
	}
	r := newRoot(t, container, dir)
	user := "--userspec=" + i.config.User
	gateway := r.command(append(append([]string{user}, i.config.Entrypoint...), i.config.Cmd...)...)
	var said bytes.Buffer
	gateway.Stdout, gateway.Stderr = &said, &said
	if err := gateway.Start(); err != nil {
		t.Fatal(err)
	}
	healthy := func() (string, error) { return r.try(append([]string{user}, i.config.Healthcheck.Test[1:]...)...) }
	var out string
	var err error
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if out, err = healthy(); err == nil {
			break
		}
	}
	if err != nil {
		t.Errorf("health: %v: %s", err, out)
	}
	r.must(user, "/usr/bin/plumbago", "send", "--to", "tcp://127.0.0.1:2003", "a.b", "1")
	if out, err := r.try(user, "/usr/bin/plumbago", "slack", "init"); err != nil {
		t.Errorf("another command: %v %s", err, out)
	}
	gateway.Process.Signal(syscall.SIGTERM)
	if err := gateway.Wait(); err != nil {
		t.Errorf("the gateway: %v\n%s", err, &said)
	}
	if _, err := healthy(); err == nil {
		t.Error("healthy, and stopped")
	}
}
