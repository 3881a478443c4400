package carbonconf

import (
	"errors"
	"fmt"
	"strings"
)

// maxNesting is how deep a %(name)s may lead to another.
const maxNesting = 10

// maxValue bounds what a value may grow to: each name may be there many times.
const maxValue = 1 << 20

var errTooLong = errors.New("it becomes longer than 1 MiB")

// value returns an option's value in a section, with every %(name)s filled in
// and every %% made one.
func (f *ini) value(section string, o *option) (string, error) {
	var b strings.Builder
	if err := f.fill(&b, section, o.raw(), 1); err != nil {
		return "", fmt.Errorf("%s: %w", strings.ToUpper(o.name), err)
	}
	return b.String(), nil
}

func (f *ini) fill(b *strings.Builder, section, text string, depth int) error {
	if depth > maxNesting {
		return fmt.Errorf("%%(name)s leads from one to another more than %d times; is there a circle?", maxNesting)
	}
	for {
		before, rest, found := strings.Cut(text, "%")
		if b.Len()+len(before) > maxValue {
			return errTooLong
		}
		b.WriteString(before)
		if !found {
			return nil
		}
		if after, double := strings.CutPrefix(rest, "%"); double {
			b.WriteByte('%')
			text = after
			continue
		}
		after, err := f.name(b, section, rest, depth)
		if err != nil {
			return err
		}
		text = after
	}
}

// name fills in what follows a %, and returns the text behind it.
func (f *ini) name(b *strings.Builder, section, text string, depth int) (rest string, err error) {
	name, rest, ok := strings.Cut(strings.TrimPrefix(text, "("), ")s")
	if !strings.HasPrefix(text, "(") || !ok || name == "" || strings.Contains(name, ")") {
		return "", errors.New("a lone % stands in the value; write %% for a percent sign")
	}
	o, ok := f.find(section, lower(name))
	if !ok {
		return "", fmt.Errorf("%%(%s)s stands for an option that is neither in [%s] nor in [DEFAULT]; write it there, or %%%% for a percent sign", name, section)
	}
	inner := o.raw()
	if !strings.Contains(inner, "%") {
		b.WriteString(inner)
		return rest, nil
	}
	return rest, f.fill(b, section, inner, depth+1)
}
