package main

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"os"
	"runtime/debug"
	"time"
)

// bom is a bill of materials in CycloneDX's JSON: what a binary says that it was
// built from.
type bom struct {
	Format     string      `json:"bomFormat"`
	Spec       string      `json:"specVersion"`
	Version    int         `json:"version"`
	Metadata   bomMetadata `json:"metadata"`
	Components []component `json:"components"`
}

type bomMetadata struct {
	Timestamp string    `json:"timestamp"`
	Component component `json:"component"`
}

// component is a thing in the bill.
type component struct {
	Type       string     `json:"type"`
	Ref        string     `json:"bom-ref"`
	Name       string     `json:"name"`
	Version    string     `json:"version"`
	PURL       string     `json:"purl,omitempty"`
	Hashes     []bomHash  `json:"hashes,omitempty"`
	Properties []property `json:"properties,omitempty"`
}

type bomHash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// bill makes the bill of a binary.
func (s source) bill(binary string) ([]byte, error) {
	built, err := buildinfo.ReadFile(binary)
	if err != nil {
		return nil, err
	}
	bytes, err := os.ReadFile(binary)
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256(bytes)
	self := module(&built.Main, "application")
	self.Version = s.version
	self.Ref, self.PURL = built.Main.Path, "pkg:golang/"+built.Main.Path+"@"+s.version
	self.Hashes = []bomHash{{"SHA-256", hex.EncodeToString(digest[:])}}
	for _, setting := range built.Settings {
		self.Properties = append(self.Properties, property{"go:build:" + setting.Key, setting.Value})
	}
	b := bom{Format: "CycloneDX", Spec: "1.5", Version: 1, Metadata: bomMetadata{s.date.Format(time.RFC3339), self}}
	b.Components = append(b.Components, component{
		Type: "framework", Ref: "std", Name: "std", Version: built.GoVersion, PURL: "pkg:golang/std@" + built.GoVersion})
	for _, d := range built.Deps {
		b.Components = append(b.Components, module(d, "library"))
	}
	return json.MarshalIndent(b, "", "  ")
}

// module is a Go module as a component: what was built, where another took its place.
func module(m *debug.Module, kind string) component {
	if m.Replace != nil {
		m = m.Replace
	}
	c := component{Type: kind, Ref: m.Path + "@" + m.Version, Name: m.Path, Version: m.Version, PURL: "pkg:golang/" + m.Path + "@" + m.Version}
	if m.Sum != "" {
		c.Properties = []property{{"go:sum", m.Sum}}
	}
	return c
}
