package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// seam is a place in the source of which a gateway under torture has another text:
// at find, which is there once, put stands. Both are one line, and nothing that
// other packages see changes, so that all else is taken as it was compiled.
type seam struct{ in, file, find, put string }

const module = "github.com/plumbago/plumbago/"

// The levers are open as file 3. The clock goes on evenly in all but time.Now's wall;
// it is asked by timers too, where the scheduler cannot be told of a system call.
var seams = []seam{
	{"time", "time.go", `_ "unsafe" // for go:linkname`, `"syscall"; "unsafe"`},
	{"time", "time.go", "sec, nsec, mono := runtimeNow()", "sec, nsec, mono := runtimeNow(); var ahead int64; " +
		"if n, _, _ := syscall.RawSyscall6(syscall.SYS_PREAD64, 3, uintptr(unsafe.Pointer(&ahead)), 8, 0, 0, 0); n == 8 { sec += ahead }"},
	{"os", "file.go", "\tif f.appendMode {\n\t\treturn 0, errWriteAtInAppendMode", "\tvar bad [1]byte; " +
		`if syscall.Pread(3, bad[:], 8); bad[0] != 0 { n, _ = f.pwrite(b[:len(b)/2], off); return n, f.wrapErr("write", syscall.EIO) }; ` +
		"if f.appendMode {\n\t\treturn 0, errWriteAtInAppendMode"},
	{module + "internal/durable", "sync_linux.go", "err := unix.Fdatasync(int(f.Fd()))",
		"err := unix.Fdatasync(int(f.Fd())); var bad [1]byte; if unix.Pread(3, bad[:], 9); bad[0] != 0 { err = unix.EIO }"},
}

// build makes a gateway that has levers, or any other program of the module, in dir.
func build(ctx context.Context, program, dir string) (binary string, err error) {
	overlay, err := cutSeams(ctx, dir, seams)
	if err != nil {
		return "", err
	}
	archives, err := list(ctx, "-deps", "-f", "{{if .Export}}packagefile {{.ImportPath}}={{.Export}}{{end}}", program)
	if err != nil {
		return "", err
	}
	main, err := list(ctx, "-f", "{{.Export}}", program)
	if err != nil {
		return "", err
	}
	changed, err := list(ctx, "-overlay", overlay, "-f", "packagefile {{.ImportPath}}={{.Export}}", "time", "os", module+"internal/durable")
	if err != nil {
		return "", err
	}
	config := filepath.Join(dir, "archives")
	if err := os.WriteFile(config, exchange(archives, changed), 0o600); err != nil {
		return "", err
	}
	binary = filepath.Join(dir, filepath.Base(program))
	_, err = golang(ctx, "tool", "link", "-importcfg", config, "-o", binary, string(bytes.TrimSpace(main)))
	return binary, err
}

// cutSeams writes the source with its seams, and a file for go that says where it is.
func cutSeams(ctx context.Context, dir string, seams []seam) (overlay string, err error) {
	texts := map[string]string{}
	for _, s := range seams {
		folder, err := golang(ctx, "list", "-f", "{{.Dir}}", s.in)
		if err != nil {
			return "", err
		}
		path := filepath.Join(string(bytes.TrimSpace(folder)), s.file)
		if _, read := texts[path]; !read {
			text, err := os.ReadFile(path)
			if err != nil {
				return "", err
			}
			texts[path] = string(text)
		}
		if n := strings.Count(texts[path], s.find); n != 1 {
			return "", fmt.Errorf("%q is in %s of this toolchain %d times, want once", s.find, path, n)
		}
		texts[path] = strings.Replace(texts[path], s.find, s.put, 1)
	}
	return writeOverlay(dir, texts)
}

func writeOverlay(dir string, texts map[string]string) (path string, err error) {
	replace := map[string]string{}
	for path, text := range texts {
		replace[path] = filepath.Join(dir, fmt.Sprintf("seam-%d.go", len(replace)))
		if err := os.WriteFile(replace[path], []byte(text), 0o600); err != nil {
			return "", err
		}
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, "overlay.json")
	return path, os.WriteFile(path, text, 0o600)
}

// exchange puts the changed archives in the place of those of the same packages.
func exchange(archives, changed []byte) (config []byte) {
	is := map[string][]byte{}
	for line := range bytes.Lines(changed) {
		name, _, _ := bytes.Cut(line, []byte("="))
		is[string(name)] = line
	}
	for line := range bytes.Lines(archives) {
		name, _, _ := bytes.Cut(line, []byte("="))
		if other := is[string(name)]; other != nil {
			line = other
		}
		config = append(config, line...)
	}
	return config
}

func list(ctx context.Context, args ...string) ([]byte, error) {
	return golang(ctx, append([]string{"list", "-trimpath", "-export"}, args...)...)
}

// golang runs the go command as `make build` does, so that what that compiled is taken.
func golang(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	var wrong bytes.Buffer
	cmd.Stderr = &wrong
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w: %s", args[0], err, wrong.String())
	}
	return out, nil
}
