package carbonconf

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// Option is one option of a section, as it is written.
type Option struct {
	Name  string // in lower case
	Value string
	Line  int
}

// ReadSection reads one section of a file that Python's configparser is to read,
// in the order of the file. What cannot be read of it is an Errors; a file without
// the section is an error that says which there are.
func ReadSection(path, name string) ([]Option, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	read, problems := parseINI(path, string(text))
	if len(problems) > 0 {
		return nil, problems
	}
	s, ok := read.sections[name]
	if !ok {
		return nil, fmt.Errorf("%s has no section [%s]; it has: %s", path, name, sectionNames(read))
	}
	var list []Option
	for _, key := range s.order {
		o := s.options[key]
		list = append(list, Option{o.name, o.raw(), o.line})
	}
	return list, nil
}

// sectionNames lists the sections of a file, for an error.
func sectionNames(read *ini) string {
	var names []string
	for name := range read.sections {
		names = append(names, "["+name+"]")
	}
	if len(names) == 0 {
		return "none"
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
