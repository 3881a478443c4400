package config

import (
	"fmt"
	"net/netip"
	"reflect"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// decoder fills structures from YAML nodes, as their fields' tags say:
//
//	yaml   the key
//	like   an example of a value, for errors
//	need   the key must be there
//	empty  the text may be empty
//	one    the words that the text may be
//	min    the least value
//	max    the largest value
type decoder struct {
	file    string
	lookup  Lookup
	blind   bool // what ${} stands for need not be known, except in data_dir
	config  *Config
	anchors map[string]ast.Node
	spots   map[string]spot // of each value that was taken, by its path: receive[0].listen
	given   map[string]bool // paths that are in the file, right or wrong
	errs    Errors

	quarantines []spot         // what puts points in quarantine
	whisperDirs map[string]int // the line that says what is stored in a folder
}

func newDecoder(file string, lookup Lookup) *decoder {
	return &decoder{file: file, lookup: lookup, config: New(DefaultDataDir), spots: map[string]spot{}, given: map[string]bool{}}
}

// read reads a whole file. Its error is Errors.
func (d *decoder) read(data []byte) (*Config, error) {
	if root := d.parse(data); root != nil {
		d.decode("", root, d.config)
		d.check()
	}
	if len(d.errs) > 0 {
		return nil, d.errs.tidy()
	}
	return d.config, nil
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
	case *string, *Secret, *Version, *bool, *int, *float64, *time.Duration, *netip.Prefix, *Size, *Sync, *Rate, *Level:
		d.scalar(f, n, into)
		return
	}
	switch v.Kind() {
	case reflect.Slice:
		d.list(f, n, v)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.section(f, n, v.Elem())
	default:
		d.section(f, n, v)
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
				d.problem(at(n), "no anchor has the name behind the *; a text that begins with * goes in quotes")
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
		entry := reflect.New(v.Type().Elem()).Interface()
		d.problem(at(n), "%s: want a list like [%s], got %s", f.key, f.tag.Get("like"), describeFor(entry, n))
		return
	}
	if len(seq.Values) == 0 {
		d.problem(at(n), "%s: the list is empty; put something into it, like %s", f.key, f.tag.Get("like"))
		return
	}
	d.spots[f.path] = at(n)
	list := reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values))
	for i, entry := range seq.Values {
		d.value(field{fmt.Sprintf("%s[%d]", f.path, i), f.key, f.tag}, entry, list.Index(i))
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
			d.given[join(f.path, key)] = true
			d.value(field{join(f.path, key), key, tag}, pair.Value, v.Field(i))
		case tag.Get("need") != "":
			d.missing(f.path, key, example(v.Field(i), tag))
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
			d.problem(at(pair.Key), "%s is given twice, first in line %d; keep one of them", showKey(key), at(first.Key).line)
		default:
			pairs[key] = pair
		}
	}
	return pairs, true
}
