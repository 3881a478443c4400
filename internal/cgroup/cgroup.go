// Package cgroup tells how much memory the system lets this process have.
package cgroup

import (
	"io/fs"
	"math"
	"path"
	"strconv"
	"strings"
)

// unbounded is from where on a limit of version 1 means none: it is said as the
// largest number of whole pages.
const unbounded = math.MaxInt64 / 2

// MemoryLimit returns the least limit of the control groups that the process is in,
// in bytes; 0 if there is none. root is the root of the file system.
func MemoryLimit(root fs.FS) int64 {
	text, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return 0
	}
	least := int64(0)
	for line := range strings.Lines(string(text)) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) != 3 {
			continue
		}
		if n := limitOf(root, fields[1], fields[2]); n > 0 && (least == 0 || n < least) {
			least = n
		}
	}
	return least
}

// limitOf returns the limit of one hierarchy. Version 2 has no controllers' names in
// its line.
func limitOf(root fs.FS, controllers, group string) int64 {
	switch {
	case controllers == "":
		return leastOf(root, "sys/fs/cgroup", group, "memory.max")
	case strings.Contains(","+controllers+",", ",memory,"):
		return leastOf(root, "sys/fs/cgroup/memory", group, "memory.limit_in_bytes")
	}
	return 0
}

// leastOf looks at a group and those around it, as far as they can be seen: in a
// container the group's path may be one of the machine's.
func leastOf(root fs.FS, mount, group, file string) (least int64) {
	for at := path.Clean("/" + group); ; at = path.Dir(at) {
		text, err := fs.ReadFile(root, path.Join(mount, at, file))
		if n, e := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && e == nil && n < unbounded && (least == 0 || n < least) {
			least = n
		}
		if at == "/" {
			return least
		}
	}
}
