package config

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/plumbago/plumbago/internal/nearest"
)

// decoder fills structures from YAML nodes, as their fields' tags say:
//
//	yaml   the key
//	like   an example of a value, for errors
//	need   the key must be there
//	empty  the text may be empty
//	one    the words that the text may be
//	later  words that another version may know
//	min    the least value
//	max    the largest value
type decoder struct {
	file    string
	lookup  Lookup
	config  *Config
	anchors map[string]ast.Node
	spots   map[string]spot // of each value that was taken, by its path: receive[0].listen
	errs    Errors
}

// defaulter sets its fields to what they are where the file says nothing.
type defaulter interface{ defaults(*Config) }

// field is where a value goes: under which path and key, and by which tags.
type field struct {
	path, key string
	tag       reflect.StructTag
}

// decode fills the structure that into points to.
func (d *decoder) decode(path string, n ast.Node, into any) {
	if n, ok := d.resolve(n); ok {
		d.section(field{path: path}, n, reflect.ValueOf(into).Elem())
	}
}

// value fills v, whatever its type, and notes its place if that succeeds.
func (d *decoder) value(f field, n ast.Node, v reflect.Value) {
	n, ok := d.resolve(n)
	if !ok {
		return
	}
	if n == nil || n.Type() == ast.NullType {
		d.problem(at(n), "%s: there is nothing in it; give it a value or leave it out", f.key)
		return
	}
	switch into := v.Addr().Interface().(type) {
	case *unsupported:
		d.problem(at(n), "%s: not supported by this version; leave it out", f.key)
	case *string, *Secret, *bool, *int, *time.Duration, *Size, *Sync, *Rate, *Level:
		d.scalar(f, n, into)
	default:
		if v.Kind() == reflect.Slice {
			d.list(f, n, v)
		} else {
			d.section(f, n, v)
		}
	}
}

// resolve follows anchors, aliases and tags to what they stand for. It reports
// false after a problem.
func (d *decoder) resolve(n ast.Node) (ast.Node, bool) {
	for range maxDepth {
		switch x := n.(type) {
		case *ast.AnchorNode:
			n = x.Value
		case *ast.TagNode:
			n = x.Value
		case *ast.AliasNode:
			target, ok := d.anchors[x.Value.GetToken().Value]
			if !ok {
				d.problem(at(n), "nothing is named &%s", x.Value.GetToken().Value)
				return nil, false
			}
			n = target
		default:
			return n, true
		}
	}
	d.problem(at(n), "this stands for itself; write it out")
	return nil, false
}

// list fills a slice.
func (d *decoder) list(f field, n ast.Node, v reflect.Value) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		d.problem(at(n), "%s: want a list like [%s], got %s", f.key, f.tag.Get("like"), describe(n))
		return
	}
	if len(seq.Values) == 0 {
		d.problem(at(n), "%s: the list is empty; put something into it, like %s", f.key, f.tag.Get("like"))
		return
	}
	d.spots[f.path] = at(n)
	list := reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values))
	for i, entry := range seq.Values {
		f := field{fmt.Sprintf("%s[%d]", f.path, i), f.key, f.tag}
		d.value(f, entry, list.Index(i))
	}
	v.Set(list)
}

// section fills a structure from keys and values, in the order of its fields.
func (d *decoder) section(f field, n ast.Node, v reflect.Value) {
	pairs, ok := d.pairs(f, n)
	if !ok {
		return
	}
	if x, ok := v.Addr().Interface().(defaulter); ok {
		x.defaults(d.config)
	}
	d.spots[f.path] = at(n)
	var known []string
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag
		key := tag.Get("yaml")
		known = append(known, key)
		switch pair, given := pairs[key]; {
		case given:
			d.value(field{join(f.path, key), key, tag}, pair.Value, v.Field(i))
		case tag.Get("need") != "":
			d.problem(at(n), "%s is missing; add it, like %s: %s", key, key, example(v.Field(i), tag))
		}
		delete(pairs, key)
	}
	for key, pair := range pairs {
		d.problem(at(pair.Key), "%s", unknownKey(key, known))
	}
}

// pairs returns the keys of n with their values, the first of each.
func (d *decoder) pairs(f field, n ast.Node) (map[string]*ast.MappingValueNode, bool) {
	var values []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	default:
		d.problem(at(n), "%swant keys with values, got %s", prefixed(f.key), describe(n))
		return nil, false
	}
	pairs := make(map[string]*ast.MappingValueNode, len(values))
	for _, pair := range values {
		key := pair.Key.GetToken().Value
		switch first, twice := pairs[key]; {
		case pair.Key.IsMergeKey():
			d.problem(at(pair.Key), "<<: merging is not supported; write the keys out")
		case twice:
			d.problem(at(pair.Key), "%s is given twice, first in line %d; keep one of them", key, at(first.Key).line)
		default:
			pairs[key] = pair
		}
	}
	return pairs, true
}

// scalar fills a simple value.
func (d *decoder) scalar(f field, n ast.Node, into any) {
	text, ok := textOf(n)
	if !ok {
		d.problem(at(n), "%s: want %s, got %s", f.key, wanted(f, into), describe(n))
		return
	}
	s := at(n)
	value, replaced, err := d.lookup.expand(text)
	if err != nil {
		d.problem(s, "%s: %v", f.key, err)
		return
	}
	s.raw, s.replaced = text, replaced
	if !fits(n, replaced, into) || !set(into, value) {
		d.problem(s, "%s: want %s, got %s", f.key, wanted(f, into), describe(n))
		return
	}
	if why := bounds(f, s, reflect.ValueOf(into).Elem()); why != "" {
		d.problem(s, "%s: %s", f.key, why)
		return
	}
	d.spots[f.path] = s
}

// textOf returns the text of a simple value as it stands in the file.
func textOf(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, true
	}
	return "", false
}

// fits reports whether what YAML took n for can go into into. A text in which
// ${} was replaced can be anything.
func fits(n ast.Node, replaced bool, into any) bool {
	switch into.(type) {
	case *string, *Secret:
		return n.Type() == ast.StringType || n.Type() == ast.LiteralType
	case *bool:
		return replaced || n.Type() == ast.BoolType
	case *int:
		return replaced || n.Type() == ast.IntegerType
	}
	return true
}

// set parses text into what into points to, and reports whether it could.
func set(into any, text string) bool {
	var err error
	switch into := into.(type) {
	case *string:
		*into = text
	case *Secret:
		*into = Secret(text)
	case *bool:
		*into = text == "true"
		return *into || text == "false"
	case *int:
		*into, err = strconv.Atoi(text)
	case *time.Duration:
		*into, err = parseDuration(text)
	case *Size:
		*into, err = parseSize(text)
	case *Sync:
		*into, err = parseSync(text)
	case *Rate:
		*into, err = parseRate(text)
	case *Level:
		*into, err = parseLevel(text)
	}
	return err == nil
}

// bounds says what is wrong with a value of the right type.
func bounds(f field, s spot, v reflect.Value) string {
	if v.Kind() == reflect.String {
		return words(f.tag, s, v.String())
	}
	limit := reflect.New(v.Type())
	if least := f.tag.Get("min"); least != "" && set(limit.Interface(), least) && v.Int() < limit.Elem().Int() {
		return fmt.Sprintf("want %s or more, got %s", least, s.show())
	}
	if most := f.tag.Get("max"); most != "" && set(limit.Interface(), most) && v.Int() > limit.Elem().Int() {
		return fmt.Sprintf("want %s or less, got %s", most, s.show())
	}
	if v.Kind() == reflect.Int && v.Int() < 0 && v.Type() == reflect.TypeFor[int]() {
		return fmt.Sprintf("want 0 or more, got %s", s.show())
	}
	return ""
}

// words says what is wrong with a text that should be one of a few.
func words(tag reflect.StructTag, s spot, value string) string {
	one, later := strings.Fields(tag.Get("one")), strings.Fields(tag.Get("later"))
	switch {
	case value == "" && tag.Get("empty") == "":
		return fmt.Sprintf("want a text like %q, got an empty one", tag.Get("like"))
	case len(one) == 0 || slices.Contains(one, value):
		return ""
	case slices.Contains(later, value) && !s.replaced:
		return fmt.Sprintf("%q is not supported by this version: want %s", value, either(one))
	}
	return fmt.Sprintf("want %s, got %s", either(one), s.show())
}

// either joins words as a choice.
func either(list []string) string {
	last := len(list) - 1
	if last == 0 {
		return list[0]
	}
	return strings.Join(list[:last], ", ") + " or " + list[last]
}

// show returns the text as the file has it.
func (s spot) show() string { return strconv.Quote(shorten(s.raw)) }

func shorten(text string) string {
	const most = 60
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}

// wanted names what a field takes.
func wanted(f field, into any) string {
	like := strconv.Quote(f.tag.Get("like"))
	switch into.(type) {
	case *bool:
		return "true or false"
	case *int:
		return "a number like " + f.tag.Get("like")
	case *time.Duration:
		return "a duration like " + like
	case *Size:
		return "a size like " + like + ", or a number of bytes"
	case *Sync:
		return `always, never or a duration of 1ms or more, like ` + like
	case *Rate:
		return "unlimited, or a number of points a second like " + f.tag.Get("like")
	case *Level:
		return "debug, info, warn or error"
	}
	return "a text like " + like
}

// describe names what stands in the file.
func describe(n ast.Node) string {
	switch n := n.(type) {
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "the number " + shorten(n.GetToken().Value)
	case *ast.BoolNode:
		return n.GetToken().Value
	case *ast.StringNode:
		return "the text " + strconv.Quote(shorten(n.Value))
	case *ast.LiteralNode:
		return "the text " + strconv.Quote(shorten(n.Value.Value))
	case *ast.SequenceNode:
		return "a list"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "keys with values"
	}
	return "nothing that can be used"
}

func example(v reflect.Value, tag reflect.StructTag) string {
	if v.Kind() == reflect.Slice {
		return "[" + tag.Get("like") + "]"
	}
	return tag.Get("like")
}

func unknownKey(key string, known []string) string {
	if n := nearest.Word(key, known); n != "" {
		return fmt.Sprintf("unknown key %q; did you mean %q?", shorten(key), n)
	}
	return fmt.Sprintf("unknown key %q; known here: %s", shorten(key), strings.Join(known, ", "))
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func prefixed(key string) string {
	if key == "" {
		return ""
	}
	return key + ": "
}
