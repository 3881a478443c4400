package main

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"
)

// circumstances are a sentence that says on what, and when, the figures were taken.
func (c *comparison) circumstances(began time.Time) string {
	said := fmt.Sprintf("Measured on %s in %.0f minutes: %s.", began.UTC().Format(time.DateOnly), time.Since(began).Minutes(), thisMachine())
	if list := versions(c.peers); len(list) > 0 {
		said += " The peers are Debian's " + strings.Join(list, ", ") + "."
	}
	if c.failed > 0 {
		said += fmt.Sprintf(" %d measurements went wrong and are not among the figures.", c.failed)
	}
	return said
}

// thisMachine says what it is.
func thisMachine() string {
	cpu, _ := os.ReadFile("/proc/cpuinfo")
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	memory, _ := os.ReadFile("/proc/meminfo")
	return fmt.Sprintf("%d cores of %s, %d MB of memory, Linux %s, %s", runtime.NumCPU(), model(string(cpu)),
		kilobytes(memory, "MemTotal:")>>20, plainVersion(string(kernel)), runtime.Version())
}

// model is the processor's, in what /proc/cpuinfo says.
func model(cpuinfo string) string {
	for line := range strings.Lines(cpuinfo) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// versions are the packages of the peers, each once, with their versions.
func versions(peers []peer) (list []string) {
	for _, p := range peers {
		for _, name := range p.packages {
			version, err := exec.Command("dpkg-query", "-W", "-f", "${Version}", name).Output()
			if err == nil {
				list = append(list, name+" "+plainVersion(string(version)))
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

var version = regexp.MustCompile(`^(?:\d+:)?(\d+(?:\.\d+)*)`)

// plainVersion is a version without what a packager or a builder added.
func plainVersion(full string) string {
	if m := version.FindStringSubmatch(full); m != nil {
		return m[1]
	}
	return strings.TrimSpace(full)
}
