package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"time"
)

// The files of an image, by the OCI's image specification, version 1.
const (
	typeManifest = "application/vnd.oci.image.manifest.v1+json"
	typeConfig   = "application/vnd.oci.image.config.v1+json"
	typeLayer    = "application/vnd.oci.image.layer.v1.tar+gzip"
	typeIndex    = "application/vnd.oci.image.index.v1+json"
)

// layout gathers the files of an image.
type layout struct{ blobs []entry }

// descriptor names a blob.
type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int               `json:"size"`
	Platform    *platform         `json:"platform,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

type platform struct {
	Architecture string `json:"architecture"`
	OS           string `json:"os"`
	Variant      string `json:"variant,omitempty"`
}

func (s system) platform() *platform {
	p := &platform{Architecture: s.arch, OS: s.os}
	if s.arch == "arm" {
		p.Variant = "v7"
	}
	return p
}

// writeLayout writes an image with one layer: a layout of the OCI, which is also what
// docker load reads.
func writeLayout(w io.Writer, src source, s system, layer []byte) error {
	var l layout
	packed := l.add(typeLayer, zipped(layer))
	config, err := l.addJSON(typeConfig, imageConfig(src, s, layer))
	if err != nil {
		return err
	}
	manifest, err := l.addJSON(typeManifest, map[string]any{
		"schemaVersion": 2, "mediaType": typeManifest, "config": config, "layers": []descriptor{packed}, "annotations": labels(src),
	})
	if err != nil {
		return err
	}
	manifest.Platform = s.platform()
	manifest.Annotations = map[string]string{"org.opencontainers.image.ref.name": src.tag()}
	files, err := l.tops(map[string]any{
		"oci-layout": map[string]string{"imageLayoutVersion": "1.0.0"},
		"index.json": map[string]any{"schemaVersion": 2, "mediaType": typeIndex, "manifests": []descriptor{manifest}},
		"manifest.json": []any{map[string]any{
			"Config": blobName(config), "RepoTags": []string{"plumbago:" + src.tag()}, "Layers": []string{blobName(packed)}}},
	})
	if err != nil {
		return err
	}
	return writeTar(w, src.date, files)
}

// tag is the version as a tag of an image can say it.
func (s source) tag() string { return notOfTags.ReplaceAllString(s.version, "_") }

var notOfTags = regexp.MustCompile(`[^0-9A-Za-z._-]`)

// imageConfig says how to run the image. Healthcheck is read by docker alone.
func imageConfig(src source, s system, layer []byte) map[string]any {
	const file = "/etc/plumbago/plumbago.yml"
	p := s.platform()
	config := map[string]any{
		"created": src.date.Format(time.RFC3339), "architecture": p.Architecture, "os": p.OS,
		"config": map[string]any{
			"User":         fmt.Sprintf("%d:%d", imageUser, imageUser),
			"Entrypoint":   []string{"/usr/bin/plumbago"},
			"Cmd":          []string{"serve", "--config", file},
			"Env":          []string{"PATH=/usr/bin"},
			"WorkingDir":   "/var/lib/plumbago",
			"Volumes":      map[string]any{"/var/lib/plumbago": struct{}{}},
			"ExposedPorts": map[string]any{"2003/tcp": struct{}{}, "2003/udp": struct{}{}, "2004/tcp": struct{}{}, "8090/tcp": struct{}{}},
			"StopSignal":   "SIGTERM",
			"Labels":       labels(src),
			"Healthcheck": map[string]any{
				"Test": []string{"CMD", "/usr/bin/plumbago", "health", "--config", file}, "Interval": 30 * time.Second, "Timeout": 10 * time.Second, "StartPeriod": 30 * time.Second},
		},
		"rootfs":  map[string]any{"type": "layers", "diff_ids": []string{digest(layer)}},
		"history": []any{map[string]string{"created": src.date.Format(time.RFC3339), "created_by": "make image"}},
	}
	if p.Variant != "" {
		config["variant"] = p.Variant
	}
	return config
}

func labels(src source) map[string]string {
	const of = "org.opencontainers.image."
	return map[string]string{
		of + "title": "plumbago", of + "description": "The metrics gateway for Graphite",
		of + "version": src.version, of + "created": src.date.Format(time.RFC3339), of + "licenses": "Apache-2.0",
		of + "source": "https://github.com/plumbago/plumbago", of + "documentation": "https://github.com/plumbago/plumbago/tree/main/docs",
	}
}

func digest(blob []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(blob)) }

// blobName is a blob's file in the layout.
func blobName(d descriptor) string { return "blobs/sha256/" + d.Digest[len("sha256:"):] }

func (l *layout) add(kind string, blob []byte) descriptor {
	d := descriptor{MediaType: kind, Digest: digest(blob), Size: len(blob)}
	l.blobs = append(l.blobs, entry{name: blobName(d), mode: 0o644, text: blob})
	return d
}

func (l *layout) addJSON(kind string, v any) (descriptor, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return descriptor{}, err
	}
	return l.add(kind, text), nil
}

// tops puts the files of the top before the blobs.
func (l *layout) tops(files map[string]any) ([]entry, error) {
	var list []entry
	for _, name := range []string{"oci-layout", "index.json", "manifest.json"} {
		text, err := json.Marshal(files[name])
		if err != nil {
			return nil, err
		}
		list = append(list, entry{name: name, mode: 0o644, text: text})
	}
	list = append(list, entry{name: "blobs/", mode: 0o755}, entry{name: "blobs/sha256/", mode: 0o755})
	return append(list, l.blobs...), nil
}
