package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Lookup is where ${env:NAME} and ${file:/path} find their values. What is nil
// asks the process's environment and files.
type Lookup struct {
	Env  func(name string) (string, bool)
	File func(path string) ([]byte, error)
}

// formError says that a ${} has not the form of one. It may show what stands in the
// file behind it.
type formError string

// Error returns the text.
func (e formError) Error() string { return string(e) }

// maxSecret bounds a file named by ${file:/path}.
const maxSecret = 64 << 10

// expand replaces what stands in ${}. changed reports whether the text was not
// taken as it is; then it may hold a secret.
func (l Lookup) expand(text string) (value string, changed bool, err error) {
	var out strings.Builder
	rest := text
	for {
		before, behind, ok := strings.Cut(rest, "${")
		out.WriteString(before)
		if !ok {
			return out.String(), changed, nil
		}
		if strings.HasSuffix(before, "$") { // $${ stands for ${
			out.WriteString("{")
			rest = behind
			continue
		}
		inner, after, ok := strings.Cut(behind, "}")
		if !ok {
			return "", true, formError(strconv.Quote("${"+behind) + " is not closed by a }")
		}
		v, err := l.value(inner)
		if err != nil {
			return "", true, err
		}
		out.WriteString(v)
		rest, changed = after, true
	}
}

// value finds what ${inner} stands for.
func (l Lookup) value(inner string) (string, error) {
	kind, name, _ := strings.Cut(inner, ":")
	var v string
	var err error
	switch kind {
	case "env":
		v, err = l.env(name)
	case "file":
		v, err = l.file(name)
	default:
		return "", formError(strconv.Quote("${"+inner+"}") + ": want ${env:NAME} or ${file:/path}, or $${ for a plain ${")
	}
	switch {
	case err != nil:
		return "", err
	case v == "":
		return "", fmt.Errorf("${%s} is empty: give it a value, or leave it out here", inner)
	case !utf8.ValidString(v):
		return "", fmt.Errorf("${%s} is not UTF-8", inner)
	}
	return v, nil
}

func (l Lookup) env(name string) (string, error) {
	find := l.Env
	if find == nil {
		find = os.LookupEnv
	}
	v, ok := find(name)
	if !ok {
		return "", fmt.Errorf("the environment variable %q is not set", name)
	}
	return v, nil
}

func (l Lookup) file(path string) (string, error) {
	read := l.File
	if read == nil {
		read = readFile
	}
	data, err := read(path)
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err // the path is named anyway
	}
	if err != nil {
		return "", fmt.Errorf("${file:%s}: %w", path, err)
	}
	if len(data) > maxSecret {
		return "", fmt.Errorf("${file:%s}: the file is larger than %v", path, Size(maxSecret))
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r"), nil
}

// readFile reads as much of a regular file as shows whether it is too large.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxSecret+1))
}
