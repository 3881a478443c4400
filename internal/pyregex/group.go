package pyregex

import (
	"strconv"
	"strings"
	"unicode"
)

// parenthesis reads what begins with a (. It returns nil for a comment and for
// flags of the whole expression.
func (p *parser) parenthesis(start int, leading bool) *node {
	if !p.match("?") {
		return p.capture(start, "")
	}
	switch char := p.next(); char {
	case "":
		p.fail(p.at, "the expression ends in the middle of a group")
	case "P":
		return p.named(start)
	case ":":
		return p.group(start)
	case ">":
		return &node{op: opAtomic, subs: []*node{p.group(start)}}
	case "#":
		p.comment(start)
		return nil
	case "=", "!":
		return p.look(start, char == "!")
	case "<":
		return p.lookBehind(start)
	case "(":
		return p.conditional(start)
	default:
		if strings.Contains("aiLmsux-", char) {
			return p.flagged(char, start, leading)
		}
		p.fail(start, "no group begins with (?%s", char)
	}
	return nil
}

// group reads alternatives and their ).
func (p *parser) group(start int) *node {
	n := p.alternatives(false)
	if !p.match(")") {
		p.fail(start, "the group that begins here is never closed; write \\( for a parenthesis")
	}
	// A group of its own: what is repeated is all of it.
	return &node{op: opConcat, subs: []*node{n}}
}

func (p *parser) capture(start int, name string) *node {
	number := len(p.widths)
	p.widths = append(p.widths, [2]int{})
	if name != "" {
		p.names[name] = number
	}
	p.open[number] = true
	n := p.group(start)
	delete(p.open, number)
	p.widths[number][0], p.widths[number][1] = n.width(p.widths)
	return &node{op: opGroup, group: number, subs: []*node{n}}
}

// named reads what begins with (?P: a group, or a mention of one.
func (p *parser) named(start int) *node {
	switch {
	case p.match("<"):
		at := p.at
		name := p.until('>', "the name of a group")
		p.checkName(name, at)
		if _, twice := p.names[name]; twice {
			p.fail(at, "a group is named %q already", name)
		}
		return p.capture(start, name)
	case p.match("="):
		at := p.at
		name := p.until(')', "the name of a group")
		p.checkName(name, at)
		return p.same(p.numberOf(name, at), at)
	}
	p.fail(start, "no group begins with (?P%s; there are (?P<name>…) and (?P=name)", p.peek())
	return nil
}

func (p *parser) checkName(name string, at int) {
	if !isIdentifier(name) {
		p.fail(at, "%q cannot be the name of a group; take letters, digits and _, a digit not first", name)
	}
}

func (p *parser) numberOf(name string, at int) int {
	number, ok := p.names[name]
	if !ok {
		p.fail(at, "no group before this is named %q", name)
	}
	return number
}

// same is a mention of a group.
func (p *parser) same(group, at int) *node {
	if p.open[group] {
		p.fail(at, "group %d is not closed yet", group)
	}
	p.checkBehind(group, at)
	return &node{op: opSame, group: group, fold: p.ignoreCase}
}

// checkBehind refuses to look back on a group of the same look behind.
func (p *parser) checkBehind(group, at int) {
	if p.behind >= 0 && group >= p.behind {
		p.fail(at, "group %d is part of this look behind", group)
	}
}

func (p *parser) comment(start int) {
	for unit := p.next(); unit != ")"; unit = p.next() {
		if unit == "" {
			p.fail(start, "the comment that begins here is never closed")
		}
	}
}

func (p *parser) look(start int, negate bool) *node {
	return &node{op: opLook, negate: negate, subs: []*node{p.group(start)}}
}

func (p *parser) lookBehind(start int) *node {
	char := p.next()
	if char != "=" && char != "!" {
		p.fail(start, "no group begins with (?<%s; a name needs a P: (?P<name>…)", char)
	}
	outer := p.behind
	if outer < 0 {
		p.behind = len(p.widths)
	}
	n := p.look(start, char == "!")
	p.behind = outer
	n.behind = true
	if lo, hi := n.subs[0].width(p.widths); lo != hi {
		p.fail(start, "a look behind needs a fixed width, this one has from %s", fromTo(lo, hi))
	}
	return n
}

func fromTo(lo, hi int) string {
	if hi == unlimited {
		return strconv.Itoa(lo) + " up"
	}
	return strconv.Itoa(lo) + " to " + strconv.Itoa(hi)
}

// conditional reads (?(group)yes|no).
func (p *parser) conditional(start int) *node {
	at := p.at
	n := &node{op: opIf, group: p.condition(p.until(')', "the name of a group"), at)}
	p.checkBehind(n.group, at)
	n.subs = []*node{p.branch(false), {op: opConcat}}
	if p.match("|") {
		n.subs[1] = p.branch(false)
		if p.peek() == "|" {
			p.fail(p.at, "a condition has two branches at most; put the second into (?:…)")
		}
	}
	if !p.match(")") {
		p.fail(start, "the group that begins here is never closed; write \\( for a parenthesis")
	}
	return n
}

func (p *parser) condition(name string, at int) int {
	if isIdentifier(name) {
		return p.numberOf(name, at)
	}
	group, err := strconv.Atoi(name)
	if err != nil || group < 1 || group > maxLength {
		p.fail(at, "%q is not a group", name)
	}
	if _, known := p.later[group]; !known {
		p.later[group] = at
	}
	return group
}

// flagged reads (?flags) and (?flags-flags:…).
func (p *parser) flagged(char string, start int, leading bool) *node {
	on, char := p.letters(char)
	if char == ")" {
		if !leading {
			p.fail(start, "flags for all of the expression stand at its beginning; for a part write (?%s:…)", on)
		}
		p.flags = p.with(on, "", start)
		return nil
	}
	off := ""
	if char == "-" {
		if off, char = p.letters(p.next()); off == "" {
			p.fail(p.at, "a flag is missing behind the -")
		}
	}
	if char != ":" {
		p.fail(p.at, "want : or ) behind flags, got %q", char)
	}
	outer := p.flags
	p.flags = p.with(on, off, start)
	n := p.group(start)
	p.flags = outer
	return n
}

// letters reads flags, of which the first is read already, and what follows.
func (p *parser) letters(char string) (flags, behind string) {
	for ; len(char) == 1 && unicode.IsLetter(rune(char[0])); char = p.next() {
		if !strings.Contains("aiLmsux", char) {
			p.fail(p.at-1, "there is no flag %s", char)
		}
		flags += char
	}
	return flags, char
}

// with returns the flags after turning some on and some off.
func (p *parser) with(on, off string, start int) flags {
	switch {
	case strings.Contains(on+off, "L"):
		p.fail(start, "the flag L is for bytes, and names are text")
	case strings.ContainsAny(off, "au"):
		p.fail(start, "the flags a and u cannot be turned off")
	case strings.Contains(on, "a") && strings.Contains(on, "u"):
		p.fail(start, "the flags a and u exclude each other")
	case strings.ContainsAny(on, off):
		p.fail(start, "a flag is turned both on and off")
	}
	f := p.flags
	for _, set := range []struct {
		letters string
		to      bool
	}{{on, true}, {off, false}} {
		for _, letter := range set.letters {
			f.set(letter, set.to)
		}
	}
	return f
}

func (f *flags) set(letter rune, to bool) {
	switch letter {
	case 'i':
		f.ignoreCase = to
	case 'm':
		f.multiline = to
	case 's':
		f.dotAll = to
	case 'x':
		f.verbose = to
	case 'a':
		f.ascii = true
	case 'u':
		f.ascii = false
	}
}

// isIdentifier reports whether Python would take name for one.
func isIdentifier(name string) bool {
	for i, r := range name {
		letter := r == '_' || unicode.IsLetter(r) || unicode.Is(unicode.Nl, r)
		if !letter && (i == 0 || !unicode.In(r, unicode.Nd, unicode.Mn, unicode.Mc, unicode.Pc)) {
			return false
		}
	}
	return name != ""
}
