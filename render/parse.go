package render

import "strings"

// parser reads targets by recursive descent. Its depth is bounded, and so are its
// steps: nothing is read twice, but for the name of a call that turns out to be none.
type parser struct {
	target string
	at     int
	depth  int
	most   int // depth
}

// parse reads a whole target, with calls nested at most depth deep.
func parse(target string, depth int) (*expr, error) {
	p := parser{target: target, most: depth}
	x, err := p.expression()
	if err != nil {
		return nil, err
	}
	if p.space(); p.at < len(target) {
		return nil, p.fault("| or the end is missing")
	}
	return x, nil
}

// expression reads a term and the calls that it is piped through: a|f(b) is f(a,b).
func (p *parser) expression() (*expr, error) {
	if p.depth++; p.depth > p.most {
		return nil, p.fault("calls are nested too deep")
	}
	defer func(depth int) { p.depth = depth }(p.depth - 1)
	left, err := p.term()
	for err == nil && p.take('|') {
		if p.depth++; p.depth > p.most {
			return nil, p.fault("calls are nested too deep")
		}
		p.space()
		var c *expr
		if c, err = p.call(p.word()); err == nil {
			c.args = append([]*expr{left}, c.args...)
			left = c
		}
	}
	return left, err
}

// term reads a call or a pattern.
func (p *parser) term() (*expr, error) {
	p.space()
	start := p.at
	name := p.word()
	if p.peek('(') && name != "" {
		return p.call(name)
	}
	p.at = start
	text, err := p.path()
	return &expr{kind: exprPath, text: text}, err
}

// call reads the arguments of a call whose name was read.
func (p *parser) call(name string) (*expr, error) {
	start := p.at - len(name)
	c := &expr{kind: exprCall, text: name}
	if name == "" {
		return nil, p.fault("the name of a function is missing")
	}
	if !p.take('(') {
		return nil, p.fault("( is missing")
	}
	if !p.take(')') {
		if err := p.arguments(c); err != nil {
			return nil, err
		}
	}
	c.raw = p.target[start:p.at]
	return c, nil
}

// arguments reads up to the closing parenthesis: first those without a name.
func (p *parser) arguments(c *expr) error {
	for {
		name := p.argumentName()
		if name == "" && len(c.named) > 0 {
			return p.fault("an argument without a name follows one with a name")
		}
		x, err := p.argument()
		if err != nil {
			return err
		}
		if name == "" {
			c.args = append(c.args, x)
		} else {
			c.named = append(c.named, namedArg{name, x})
		}
		if p.take(')') {
			return nil
		}
		if !p.take(',') {
			return p.fault(", or ) is missing")
		}
	}
}

// argumentName reads name= if that is what comes next.
func (p *parser) argumentName() string {
	p.space()
	start := p.at
	if name := p.word(); name != "" && p.take('=') {
		return name
	}
	p.at = start
	return ""
}

func (p *parser) argument() (*expr, error) {
	p.space()
	if p.at < len(p.target) && (p.target[p.at] == '"' || p.target[p.at] == '\'') {
		text, err := p.text()
		return &expr{kind: exprText, text: text}, err
	}
	x, err := p.expression()
	if err == nil && x.kind == exprPath {
		x.literal()
	}
	return x, err
}

// literal makes a number or a constant of a pattern that is written like one.
func (x *expr) literal() {
	switch strings.ToLower(x.text) {
	case "true":
		x.kind = exprTrue
	case "false":
		x.kind = exprFalse
	case "none":
		x.kind = exprNone
	default:
		x.readNumber()
	}
}

// firstPath returns the pattern that a result's name begins with, however deep in
// calls, or "" if there is none. What cannot be read behind it does not matter.
func firstPath(name string, depth int) string {
	p := parser{target: name, most: depth}
	x, err := p.expression()
	if err != nil {
		p = parser{target: name, most: depth}
		text, _ := p.path()
		return text
	}
	for x.kind == exprCall && len(x.args) > 0 {
		x = x.args[0]
	}
	if x.kind != exprPath {
		return ""
	}
	return x.text
}
