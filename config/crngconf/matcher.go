package crngconf

import (
	"bytes"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// Matcher is conditions on a name, all of which must hold. Empty ones do.
type Matcher struct {
	Prefix, NotPrefix string
	Sub, NotSub       string
	Regex, NotRegex   string // searched for, with regard to case
}

// set notes a condition by its name, and reports whether there is such a one.
func (m *Matcher) set(name, value string) bool {
	for key, field := range map[string]*string{
		"prefix": &m.Prefix, "notPrefix": &m.NotPrefix, "sub": &m.Sub, "notSub": &m.NotSub,
		"regex": &m.Regex, "notRegex": &m.NotRegex,
	} {
		if key == name {
			*field = value
			return true
		}
	}
	return false
}

func (m Matcher) check() error {
	for _, re := range []string{m.Regex, m.NotRegex} {
		if _, err := regexp.Compile(re); err != nil {
			return fmt.Errorf("regex %q: %w", re, err)
		}
	}
	return nil
}

// Compile returns a function that reports whether the conditions hold for a name.
func (m Matcher) Compile() func(name []byte) bool {
	yes, no := regexp.MustCompile(m.Regex), regexp.MustCompile(m.NotRegex)
	return func(name []byte) bool {
		return bytes.HasPrefix(name, []byte(m.Prefix)) &&
			bytes.Contains(name, []byte(m.Sub)) &&
			(m.NotPrefix == "" || !bytes.HasPrefix(name, []byte(m.NotPrefix))) &&
			(m.NotSub == "" || !bytes.Contains(name, []byte(m.NotSub))) &&
			yes.Match(name) &&
			(m.NotRegex == "" || !no.Match(name))
	}
}

// RE2 returns one RE2 expression that is found in the names for which all of the
// matchers hold, "" for every name, or an error that says what cannot be said so.
func RE2(all ...Matcher) (string, error) {
	var c conditions
	for _, m := range all {
		if err := c.add(m); err != nil {
			return "", err
		}
	}
	return c.re2()
}

// conditions is those of several matchers together.
type conditions struct {
	prefix    string
	notPrefix []string
	subs      []string
	regexes   []string
}

func (c *conditions) add(m Matcher) error {
	switch {
	case m.NotSub != "" || m.NotRegex != "":
		return fmt.Errorf("RE2 cannot say what is not found: %s", m.NotSub+m.NotRegex)
	case strings.HasPrefix(m.Prefix, c.prefix):
		c.prefix = m.Prefix
	case !strings.HasPrefix(c.prefix, m.Prefix):
		return fmt.Errorf("no name begins with both %s and %s", c.prefix, m.Prefix)
	}
	if m.NotPrefix != "" {
		c.notPrefix = append(c.notPrefix, m.NotPrefix)
	}
	if m.Sub != "" && !slices.Contains(c.subs, m.Sub) {
		c.subs = append(c.subs, m.Sub)
	}
	if m.Regex != "" && !slices.Contains(c.regexes, m.Regex) {
		c.regexes = append(c.regexes, m.Regex)
	}
	return nil
}

func (c *conditions) re2() (string, error) {
	c.leaveOut()
	parts := len(c.notPrefix) + len(c.subs) + len(c.regexes)
	switch {
	case c.prefix == "" && parts == 0:
		return "", nil
	case parts == 0:
		return "^" + regexp.QuoteMeta(c.prefix), nil
	case c.prefix != "" && parts == 1 && len(c.subs) == 1:
		return prefixAndSub(c.prefix, c.subs[0]), nil
	case c.prefix != "" || parts > 1:
		return "", fmt.Errorf("RE2 cannot say that several things hold at once: %s", c)
	case len(c.notPrefix) == 1:
		return without(c.notPrefix[0]), nil
	case len(c.subs) == 1:
		return regexp.QuoteMeta(c.subs[0]), nil
	}
	return c.regexes[0], nil
}

// leaveOut drops conditions that follow from others: often a prefix and a
// substring are there only to spare an expression.
func (c *conditions) leaveOut() {
	for _, re := range c.regexes {
		start, literals := needs(re)
		if strings.HasPrefix(start, c.prefix) {
			c.prefix = ""
		}
		c.subs = slices.DeleteFunc(c.subs, func(sub string) bool {
			return slices.ContainsFunc(literals, func(l string) bool { return strings.Contains(l, sub) })
		})
	}
	c.subs = slices.DeleteFunc(c.subs, func(sub string) bool { return strings.Contains(c.prefix, sub) })
	c.notPrefix = slices.DeleteFunc(c.notPrefix, func(not string) bool {
		n := min(len(not), len(c.prefix))
		return c.prefix[:n] != not[:n]
	})
}

// needs returns the text that a match of an expression begins the name with, and
// texts that are in every match.
func needs(re string) (start string, literals []string) {
	tree, err := syntax.Parse(re, syntax.Perl)
	if err != nil {
		return "", nil
	}
	parts := []*syntax.Regexp{tree}
	if tree.Op == syntax.OpConcat {
		parts = tree.Sub
	}
	for i, p := range parts {
		if p.Op != syntax.OpLiteral || p.Flags&syntax.FoldCase != 0 {
			continue
		}
		if i == 1 && parts[0].Op == syntax.OpBeginText {
			start = string(p.Rune)
		}
		literals = append(literals, string(p.Rune))
	}
	return start, literals
}

// prefixAndSub is found in names that begin with one text and have another in
// them, which may begin within the first.
func prefixAndSub(prefix, sub string) string {
	text := ".*" + regexp.QuoteMeta(sub)
	for n := 1; n < min(len(prefix)+1, len(sub)); n++ {
		if strings.HasSuffix(prefix, sub[:n]) {
			text += "|" + regexp.QuoteMeta(sub[n:])
		}
	}
	return "^" + regexp.QuoteMeta(prefix) + "(?:" + text + ")"
}

// without is found in names that do not begin with a text.
func without(prefix string) string {
	runes := []rune(prefix)
	text := "$"
	for i := len(runes) - 1; i >= 0; i-- {
		c := classOf(runes[i])
		if i == len(runes)-1 {
			text = "$|[^" + c + "]"
			continue
		}
		text = "$|[^" + c + "]|" + regexp.QuoteMeta(string(runes[i])) + "(?:" + text + ")"
	}
	return "^(?:" + text + ")"
}

// classOf writes a rune for between [ and ].
func classOf(r rune) string {
	if strings.ContainsRune(`\]^-[`, r) {
		return `\` + string(r)
	}
	return string(r)
}

// String lists the conditions.
func (c *conditions) String() string {
	list := slices.Concat(c.subs, c.regexes)
	if c.prefix != "" {
		list = append([]string{"prefix " + c.prefix}, list...)
	}
	for _, p := range c.notPrefix {
		list = append(list, "notPrefix "+p)
	}
	return strings.Join(list, ", ")
}
