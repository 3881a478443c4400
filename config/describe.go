package config

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/goccy/go-yaml/ast"
	"github.com/plumbago/plumbago/internal/nearest"
)

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
	case *int, *float64:
		return "a number like " + f.tag.Get("like")
	case *time.Duration:
		return "a duration like " + like
	case *netip.Prefix:
		return "an address, or a range like " + like
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

// describeFor names what stands in the file in place of a value like into, without
// showing what may be a secret.
func describeFor(into any, n ast.Node) string {
	if _, secret := into.(*Secret); !secret {
		return describe(n)
	}
	switch n.(type) {
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "a number; put it in quotes"
	case *ast.BoolNode:
		return "true or false; put it in quotes"
	case *ast.StringNode, *ast.LiteralNode:
		return "a text"
	}
	return describe(n)
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
		return fmt.Sprintf("unknown key %q; did you mean %q?", showKey(key), n)
	}
	if word := strings.TrimSuffix(showKey(key), "…"); slices.Contains(known, word) {
		return fmt.Sprintf("unknown key %q; a colon and a blank go behind %s", showKey(key), word)
	}
	return fmt.Sprintf("unknown key %q; known here: %s", showKey(key), strings.Join(known, ", "))
}

// showKey returns as much of a key as can be one: behind it may stand a value, even
// a secret, that lacks its colon.
func showKey(key string) string {
	other := func(r rune) bool {
		return r != '_' && r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}
	if i := strings.IndexFunc(key, other); i >= 0 {
		key = key[:i] + "…"
	}
	return shorten(key)
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
