package slack

import (
	"bytes"
	"crypto/rand"
	"strings"
)

// maxText is how long a message may be when it is escaped. Beyond about 4,000
// characters Slack makes several of it, and cuts anywhere.
const maxText = 3900

const (
	idPrefix = "# b="
	idLength = 16
	// maxLines is what is left for lines below the line with the id.
	maxLines = maxText - len(idPrefix) - idLength - 1
)

// newID makes a batch id. It is of letters only: numbers might be taken for those of
// telephones.
func newID() string {
	raw := make([]byte, idLength)
	rand.Read(raw)
	for i, b := range raw {
		raw[i] = 'a' + b%16
	}
	return string(raw)
}

// compose makes the text of a message of canonical lines.
func compose(id string, lines []byte) string {
	return idPrefix + id + "\n" + strings.TrimSuffix(escaping.Replace(string(lines)), "\n")
}

// firstMessage returns as many of the lines as go into one message, and whether
// that message is full. There is always one: no line is too long for that.
func firstMessage(lines []byte) (part []byte, full bool) {
	size := 0
	for rest := lines; len(rest) > 0; {
		end := bytes.IndexByte(rest, '\n') + 1
		size += escapedLen(rest[:end])
		if size > maxLines+1 { // the last line goes without its end
			return lines[:len(lines)-len(rest)], true
		}
		rest = rest[end:]
	}
	return lines, size > maxLines-shortLine
}

// shortLine is what hardly any line is shorter than.
const shortLine = 16

// escapedLen is how many bytes a line has when it is escaped. Slack counts
// characters, of which there are no more.
func escapedLen(line []byte) int {
	n := len(line)
	for _, c := range line {
		switch c {
		case '&':
			n += len("&amp;") - 1
		case '<', '>':
			n += len("&lt;") - 1
		}
	}
	return n
}

// fitting returns lines without those that are too long for a message, and how many
// these are.
func fitting(lines []byte) (fit []byte, tooLong int) {
	if len(lines) <= maxLines/5 { // even if all were escaped
		return lines, 0
	}
	for rest := lines; len(rest) > 0; {
		end := bytes.IndexByte(rest, '\n') + 1
		if escapedLen(rest[:end])-1 > maxLines {
			tooLong++
		} else {
			fit = append(fit, rest[:end]...)
		}
		rest = rest[end:]
	}
	return fit, tooLong
}
