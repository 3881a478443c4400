package config

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// scalar fills a simple value.
func (d *decoder) scalar(f field, n ast.Node, into any) {
	text, ok := textOf(n)
	if !ok {
		d.problem(at(n), "%s: want %s, got %s", f.key, wanted(f, into), describeFor(into, n))
		return
	}
	s := at(n)
	value, replaced, err := d.lookup.expand(text)
	if err != nil {
		d.unresolved(f, s, into, err)
		return
	}
	s.raw, s.replaced = text, replaced
	if !fits(n, replaced, into) || !set(into, value) {
		d.problem(s, "%s: want %s, got %s", f.key, wanted(f, into), describeFor(into, n))
		return
	}
	if why := bounds(f, s, reflect.ValueOf(into).Elem()); why != "" {
		d.problem(s, "%s: %s", f.key, why)
		return
	}
	d.spots[f.path] = s
}

// unresolved notes what is wrong with a ${}.
func (d *decoder) unresolved(f field, s spot, into any, err error) {
	_, form := errors.AsType[formError](err)
	switch _, secret := into.(*Secret); {
	case d.blind && f.path != "data_dir" && !form:
	case secret && form:
		d.problem(s, "%s: it has a ${ in it: want ${env:NAME} or ${file:/path}, or $${ for a plain ${", f.key)
	default:
		d.problem(s, "%s: %v", f.key, err)
	}
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
	case *float64:
		return replaced || n.Type() == ast.IntegerType || n.Type() == ast.FloatType
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
	case *Version:
		*into = Version(text)
	case *bool:
		*into = text == "true"
		return *into || text == "false"
	case *int:
		*into, err = strconv.Atoi(text)
	case *float64:
		*into, err = strconv.ParseFloat(text, 64)
		return err == nil && !math.IsNaN(*into)
	case *time.Duration:
		*into, err = parseDuration(text)
	case *netip.Prefix:
		*into, err = parsePrefix(text)
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
	if p, ok := v.Interface().(netip.Prefix); ok {
		return strayBits(s, p)
	}
	if v.Kind() == reflect.String {
		return words(f.tag, s, v.String())
	}
	limit := reflect.New(v.Type())
	if least := f.tag.Get("min"); least != "" && set(limit.Interface(), least) && less(v, limit.Elem()) {
		return fmt.Sprintf("want %s or more, got %s", least, s.show())
	}
	if most := f.tag.Get("max"); most != "" && set(limit.Interface(), most) && less(limit.Elem(), v) {
		return fmt.Sprintf("want %s or less, got %s", most, s.show())
	}
	if v.Kind() == reflect.Int && v.Int() < 0 && v.Type() == reflect.TypeFor[int]() {
		return fmt.Sprintf("want 0 or more, got %s", s.show())
	}
	return ""
}

func less(a, b reflect.Value) bool {
	if a.CanFloat() {
		return a.Float() < b.Float()
	}
	return a.Int() < b.Int()
}

// strayBits says that a range of addresses begins in the middle of another.
func strayBits(s spot, p netip.Prefix) string {
	switch {
	case p == p.Masked():
		return ""
	case s.replaced:
		return fmt.Sprintf("%s has bits set behind its length", s.show())
	}
	return fmt.Sprintf("%s has bits set behind its length; did you mean %q?", s.show(), p.Masked().String())
}

// words says what is wrong with a text that should be one of a few.
func words(tag reflect.StructTag, s spot, value string) string {
	one := strings.Fields(tag.Get("one"))
	switch {
	case value == "" && tag.Get("empty") == "":
		return fmt.Sprintf("want a text like %q, got an empty one", tag.Get("like"))
	case len(one) == 0 || slices.Contains(one, value):
		return ""
	}
	return fmt.Sprintf("want %s, got %s", either(one), s.show())
}
