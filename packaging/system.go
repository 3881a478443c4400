package main

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
)

// system is one that there is a binary for.
type system struct{ os, arch string }

// systems are all; arm is version 7.
var systems = []system{
	{"linux", "amd64"}, {"linux", "arm64"}, {"linux", "arm"}, {"linux", "riscv64"},
	{"darwin", "amd64"}, {"darwin", "arm64"},
}

func (s system) String() string { return s.os + "/" + s.arch }

// only returns the systems with a name; all of them if it is empty.
func only(all []system, name string) ([]system, error) {
	if name == "" {
		return all, nil
	}
	for _, s := range all {
		if s.String() == name {
			return []system{s}, nil
		}
	}
	return nil, fmt.Errorf("no system %q; there are %v", name, all)
}

// linuxes are those of all that run packages and images.
func linuxes(all []system) (list []system) {
	for _, s := range all {
		if s.os == "linux" {
			list = append(list, s)
		}
	}
	return list
}

// here is the system of this machine.
func here() system { return system{runtime.GOOS, runtime.GOARCH} }

// environment is what has the compiler build for s.
func (s system) environment() []string {
	return []string{"CGO_ENABLED=0", "GOOS=" + s.os, "GOARCH=" + s.arch, "GOARM=7", "GOAMD64=v1", "GOFLAGS=-buildvcs=false"}
}

// packageArch is s as nfpm knows it, which spells it as each kind of package does.
func (s system) packageArch() string {
	if s.arch == "arm" {
		return "arm7"
	}
	return s.arch
}

// build makes the static binary of a system, once.
func (w *workshop) build(to system) (binary string, err error) {
	if binary = w.binaries[to]; binary != "" {
		return binary, nil
	}
	binary = filepath.Join(w.aside, "plumbago-"+to.os+"-"+to.arch)
	flags := strings.Join([]string{"-s", "-w", "-buildid=", "-X", "main.version=" + w.version}, " ")
	_, err = w.output(to.environment(), "go", "build", "-trimpath", "-ldflags", flags, "-o", binary, "./cmd/plumbago")
	w.binaries[to] = binary
	return binary, err
}
