package crngconf

import (
	"regexp"
	"strings"
)

// spots finds lines: TOML gives values without their places.
type spots struct {
	lines  []string
	tables []spot
	keys   []spot
}

// spot is where a table begins or, with a key, where a value of it is set.
type spot struct {
	table string
	index int // of several tables of one name
	key   string
	line  int
}

var (
	header = regexp.MustCompile(`^\s*\[\[?\s*([A-Za-z0-9_.-]+)\s*\]`)
	setKey = regexp.MustCompile(`^\s*([A-Za-z0-9_-]+)\s*=`)
)

func scan(text string) spots {
	s := spots{lines: strings.Split(text, "\n")}
	count := map[string]int{}
	now := spot{}
	for i, line := range s.lines {
		if m := header.FindStringSubmatch(line); m != nil {
			name := strings.ToLower(m[1])
			now = spot{table: name, index: count[name], line: i + 1}
			count[name]++
			s.tables = append(s.tables, now)
		} else if m := setKey.FindStringSubmatch(line); m != nil {
			s.keys = append(s.keys, spot{now.table, now.index, strings.ToLower(m[1]), i + 1})
		}
	}
	return s
}

// table returns the line of a table, or 1.
func (s spots) table(name string, index int) int {
	for _, t := range s.tables {
		if t.table == name && t.index == index {
			return t.line
		}
	}
	return 1
}

// key returns the line of a key, or that of its table.
func (s spots) key(table string, index int, key string) int {
	for _, k := range s.keys {
		if k.table == table && k.index == index && k.key == key {
			return k.line
		}
	}
	return s.table(table, index)
}

// text returns the line of a text that stands somewhere from a line on, or that line.
func (s spots) text(from int, text string) int {
	for i := max(from, 1); i <= len(s.lines); i++ {
		if strings.Contains(s.lines[i-1], text) {
			return i
		}
	}
	return from
}
