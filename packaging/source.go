package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// source is what everything is made of.
type source struct {
	dir     string
	version string
	date    time.Time // of all files: the source's
}

// readSource finds the date of a source: that of SOURCE_DATE_EPOCH, or else of the
// last commit.
func readSource(dir, version string) (source, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return source{}, err
	}
	text := os.Getenv("SOURCE_DATE_EPOCH")
	if text == "" {
		out, err := exec.Command("git", "-C", dir, "log", "-1", "--format=%ct").Output()
		if err != nil {
			return source{}, fmt.Errorf("find the date of the source, which SOURCE_DATE_EPOCH can say: git: %w", err)
		}
		text = strings.TrimSpace(string(out))
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return source{}, fmt.Errorf("the date of the source is no number of seconds: %.30q", text)
	}
	return source{dir, version, time.Unix(seconds, 0).UTC()}, nil
}

// path is a file of the source.
func (s source) path(name string) string { return filepath.Join(s.dir, filepath.FromSlash(name)) }

// packaged is the version as packages spell it, which begins with a digit, has no
// hyphens, and sorts as the source does. What has no tag comes before all that has.
func (s source) packaged() string {
	v := strings.TrimPrefix(s.version, "v")
	if v == "" || v[0] < '0' || v[0] > '9' || !strings.Contains(v, ".") {
		return fmt.Sprintf("0.0.0~%s.%s", s.date.Format("20060102150405"), plain(s.version))
	}
	tag, after, _ := strings.Cut(v, "-")
	switch {
	case after == "":
		return tag
	case after[0] >= '0' && after[0] <= '9' || after == "dirty": // commits after the tag
		return tag + "+" + plain(after)
	default: // a candidate
		return tag + "~" + plain(after)
	}
}

// plain has only what both kinds of packages allow in a version.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '.'
	}, text)
}

// environ is the process's environment with the date of the source, and more.
func (s source) environ(more ...string) []string {
	return append(append(os.Environ(), fmt.Sprintf("SOURCE_DATE_EPOCH=%d", s.date.Unix())), more...)
}

// output runs a program in the source's folder and returns what it prints.
func (s source) output(env []string, name string, args ...string) ([]byte, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = s.dir, s.environ(env...)
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, said.String())
	}
	return out, nil
}
