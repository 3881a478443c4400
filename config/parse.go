package config

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// What a file may be at most: far more than a person writes, far less than
// would keep a parser busy.
const (
	maxFile   = 1 << 20
	maxTokens = 250_000 // ten thousand rules have half as many
	maxDepth  = 64
)

// parse reads YAML and returns its one document, or nil after a problem.
func (d *decoder) parse(data []byte) ast.Node {
	if len(data) > maxFile {
		d.problem(start, "the file is larger than %v; is it a configuration?", Size(maxFile))
		return nil
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !utf8.Valid(data) {
		d.problem(firstInvalid(data), "not UTF-8: save the file in this encoding")
		return nil
	}
	file, err := parseYAML(string(data))
	if err != nil {
		d.problem(err.at, "%s", err.text)
		return nil
	}
	return d.document(file)
}

// document returns the body of the only document.
func (d *decoder) document(file *ast.File) ast.Node {
	var body ast.Node
	for _, doc := range file.Docs {
		switch _, directive := doc.Body.(*ast.DirectiveNode); {
		case doc.Body == nil || directive:
		case body != nil:
			d.problem(at(doc.Body), "a second document begins here; a file holds one")
			return nil
		default:
			body = doc.Body
		}
	}
	if body == nil {
		d.problem(start, "the file is empty: it needs at least the sections receive and deliver")
		return nil
	}
	ast.Walk(anchors(d.anchor), body)
	return body
}

// anchors notes what anchors name.
type anchors func(*ast.AnchorNode)

// Visit is called by ast.Walk for each node.
func (f anchors) Visit(n ast.Node) ast.Visitor {
	if a, ok := n.(*ast.AnchorNode); ok {
		f(a)
	}
	return f
}

func (d *decoder) anchor(a *ast.AnchorNode) {
	if d.anchors == nil {
		d.anchors = map[string]ast.Node{}
	}
	if a.Name != nil && a.Name.GetToken() != nil {
		d.anchors[a.Name.GetToken().Value] = a.Value
	}
}

// syntaxError is what makes a file no YAML.
type syntaxError struct {
	at   spot
	text string
}

// parseYAML parses text of a bounded shape. The parser's panics, should it have
// any, are errors too.
func parseYAML(text string) (file *ast.File, problem *syntaxError) {
	defer func() {
		if r := recover(); r != nil {
			file, problem = nil, &syntaxError{start, "not YAML: the parser cannot make sense of it"}
		}
	}()
	tokens := lexer.Tokenize(text)
	if problem := shape(tokens); problem != nil {
		return nil, problem
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, explain(err)
	}
	return file, nil
}

// shape refuses tokens that are too many or too deep.
func shape(tokens token.Tokens) *syntaxError {
	if len(tokens) > maxTokens {
		return &syntaxError{spotOf(tokens[maxTokens]), "there is too much in this file; is it a configuration?"}
	}
	depth, entries, line := 0, 0, 0
	for _, t := range tokens {
		if t.Position.Line != line {
			entries, line = 0, t.Position.Line
		}
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			depth++
		case token.MappingEndType, token.SequenceEndType:
			depth--
		case token.SequenceEntryType, token.MappingKeyType, token.AnchorType, token.TagType:
			entries++
		}
		if depth > maxDepth || entries > maxDepth {
			return &syntaxError{spotOf(t), "this is nested too deeply; is it a configuration?"}
		}
	}
	return nil
}

// explain turns the parser's error into a place and a cure.
func explain(err error) *syntaxError {
	e, ok := errors.AsType[yaml.Error](err)
	if !ok || e.GetToken() == nil {
		return &syntaxError{start, "not YAML"}
	}
	text := e.GetMessage()
	switch {
	case strings.Contains(text, "\t") || strings.Contains(text, "tab character"):
		text = "a tab; indent with blanks"
	case strings.Contains(text, "mapping value is not allowed"):
		text = `a ":" where none can be: check the indentation, and put a text with ": " in it in quotes`
	case strings.Contains(text, "invalid key for this map"):
		text = `a ":" where none can be: put a text with one in it, like ::1, in quotes`
	default:
		text = "not YAML: " + text
	}
	return &syntaxError{spotOf(e.GetToken()), text}
}

// spot is a place in the file, and what stands there.
type spot struct {
	line, column int
	raw          string // a text as it stands there, before ${} is replaced
	replaced     bool   // ${} was replaced: the value must not be shown
}

var start = spot{line: 1, column: 1}

func spotOf(t *token.Token) spot {
	if t == nil || t.Position == nil || t.Position.Line < 1 || t.Position.Column < 1 {
		return start
	}
	return spot{line: t.Position.Line, column: t.Position.Column}
}

// at returns the place of a node: of a mapping in block style, its first key's.
func at(n ast.Node) spot {
	switch n := n.(type) {
	case nil:
		return start
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return at(n.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return at(n.Key)
	}
	return spotOf(n.GetToken())
}

// firstInvalid returns the place of the first byte that is not UTF-8.
func firstInvalid(data []byte) spot {
	s := start
	for len(data) > 0 {
		r, n := utf8.DecodeRune(data)
		switch {
		case r == utf8.RuneError && n == 1:
			return s
		case r == '\n':
			s.line, s.column = s.line+1, 1
		default:
			s.column++
		}
		data = data[n:]
	}
	return s
}

// problem notes that something is wrong at a place.
func (d *decoder) problem(at spot, format string, args ...any) {
	if len(d.errs) < 100*maxProblems {
		text := strings.Map(printable, fmt.Sprintf(format, args...))
		d.errs = append(d.errs, Problem{d.file, at.line, at.column, text})
	}
}

// printable keeps a problem in its line.
func printable(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return utf8.RuneError
}
