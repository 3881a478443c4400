package pyregex

import (
	"strconv"
	"strings"
	"unicode"
)

// Template is a replacement, taken apart.
type Template struct {
	parts []part
}

// part is text, or what a group matched.
type part struct {
	text  string
	group int // -1 for text
}

// Template reads a replacement as Python's re.sub does: \1, \g<1>, \g<name>,
// escapes and octal numbers. The error is an *Error.
func (r *Regexp) Template(replacement string) (t *Template, err error) {
	defer catch(&err)
	t = &Template{}
	s := source{text: []rune(replacement)}
	for s.at < len(s.text) {
		at := s.at
		unit := s.next()
		if unit[0] != '\\' {
			t.add(unit)
			continue
		}
		r.escape(t, &s, unit, at)
	}
	return t, nil
}

// add puts text behind what is there.
func (t *Template) add(text string) {
	if n := len(t.parts); n > 0 && t.parts[n-1].group < 0 {
		t.parts[n-1].text += text
		return
	}
	t.parts = append(t.parts, part{text: text, group: -1})
}

func (r *Regexp) escape(t *Template, s *source, unit string, at int) {
	c := []rune(unit)[1]
	switch {
	case c == 'g':
		t.parts = append(t.parts, part{group: r.groupNamed(s, at)})
	case c == '0':
		t.add(octalText(s, "0"+s.while(2, octDigits), at))
	case c >= '1' && c <= '9':
		r.number(t, s, string(c), at)
	case controls[unit] != 0:
		t.add(string(controls[unit]))
	case unit == `\b`:
		t.add("\b")
	case c < 0x80 && unicode.IsLetter(c):
		s.fail(at, `%s is not an escape; write \\ for a backslash`, unit)
	default:
		t.add(unit)
	}
}

// groupNamed reads <name> or <number>.
func (r *Regexp) groupNamed(s *source, at int) int {
	if !s.match("<") {
		s.fail(at, `\g wants the name or the number of a group: \g<name>`)
	}
	name := s.until('>', "the name of a group")
	if isIdentifier(name) {
		group, ok := r.names[name]
		if !ok {
			s.fail(at, "no group is named %q", name)
		}
		return group
	}
	group, err := strconv.Atoi(name)
	if err != nil || group < 0 {
		s.fail(at, "%q is not a group", name)
	}
	return r.checkGroup(s, group, at)
}

func (r *Regexp) checkGroup(s *source, group, at int) int {
	if group > r.groups {
		s.fail(at, "there is no group %d", group)
	}
	return group
}

// number reads a group's number, or an octal number of three digits.
func (r *Regexp) number(t *Template, s *source, text string, at int) {
	text += s.while(1, digits)
	if len(text) == 2 && text[0] <= '7' && text[1] <= '7' {
		if third := s.while(1, octDigits); third != "" {
			t.add(octalText(s, text+third, at))
			return
		}
	}
	group, _ := strconv.Atoi(text)
	t.parts = append(t.parts, part{group: r.checkGroup(s, group, at)})
}

func octalText(s *source, text string, at int) string {
	n, _ := strconv.ParseInt(text, 8, 32)
	if n > 0o377 {
		s.fail(at, `\%s is more than \377`, text)
	}
	return string(rune(n))
}

// found is a match in a name: the offsets of its groups.
type found struct {
	name   []byte
	groups []int
}

// append appends the replacement of a match. It reports false if dst with it is longer
// than most.
func (t *Template) append(dst []byte, f found, most int) ([]byte, bool) {
	for _, p := range t.parts {
		if p.group < 0 {
			dst = append(dst, p.text...)
		} else if from := f.groups[2*p.group]; from >= 0 {
			dst = append(dst, f.name[from:f.groups[2*p.group+1]]...)
		}
		if len(dst) > most {
			return dst, false
		}
	}
	return dst, true
}

// String returns the replacement in Python's syntax.
func (t *Template) String() string {
	var b strings.Builder
	for _, p := range t.parts {
		if p.group < 0 {
			b.WriteString(strings.ReplaceAll(p.text, `\`, `\\`))
		} else {
			b.WriteString(`\g<` + strconv.Itoa(p.group) + `>`)
		}
	}
	return b.String()
}
