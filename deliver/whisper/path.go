package whisper

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"path/filepath"
	"strings"
)

// Why a name has no file.
var (
	errSlash    = errors.New("the name has a slash or a zero byte in it")
	errEmpty    = errors.New("the name begins or ends with a dot, or has two in a row")
	errLong     = errors.New("the name, or a part of it, is longer than a file's may be")
	errReserved = errors.New("the name begins with _tagged, where tagged series are")
)

// Of file systems.
const (
	maxNode = 255
	maxPath = 4095
)

const (
	extension  = ".wsp"
	tagsFolder = "_tagged"
)

func isTagged(name string) bool { return strings.Contains(name, ";") }

// checkName reports why no file below dir can have the points of a series. No name
// that it lets pass leads out of dir.
func checkName(dir, name string) error {
	switch {
	case isTagged(name):
		return nil // its hash is its file's name
	case strings.ContainsAny(name, "/\x00"):
		return errSlash
	case len(dir)+len("/")+len(name)+len(extension) > maxPath:
		return errLong
	}
	first, rest, more := strings.Cut(name, ".")
	if first == tagsFolder {
		return errReserved
	}
	for node := first; ; node, rest, more = strings.Cut(rest, ".") {
		most := maxNode
		if !more {
			most -= len(extension)
		}
		if node == "" {
			return errEmpty
		}
		if len(node) > most {
			return errLong
		}
		if !more {
			return nil
		}
	}
}

// path is where the file of a series is, as carbon has it: a folder for each dot, and
// for tagged series a place by the name's hash.
func (s *Store) path(name string) string {
	if isTagged(name) {
		return s.taggedPath(name, "")
	}
	return s.o.Dir + "/" + strings.ReplaceAll(name, ".", "/") + extension
}

// readablePath is where a carbon without TAG_HASH_FILENAMES has the file of a tagged
// series.
func (s *Store) readablePath(name string) (string, bool) {
	if !isTagged(name) || strings.ContainsAny(name, "/\x00") {
		return "", false
	}
	file := strings.ReplaceAll(name, ".", "_DOT_")
	return s.taggedPath(name, file), len(file)+len(extension) <= maxNode
}

// taggedPath is the place of a tagged series. Its file is called as its hash, if no
// name is given.
func (s *Store) taggedPath(name, file string) string {
	sum := sha256.Sum256([]byte(name))
	hash := hex.EncodeToString(sum[:])
	if file == "" {
		file = hash
	}
	return filepath.Join(s.o.Dir, tagsFolder, hash[:3], hash[3:6], file+extension)
}
