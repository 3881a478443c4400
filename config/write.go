package config

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// New returns a configuration with its data in dataDir and all defaults, to which
// receivers, rules and destinations are yet to be added.
func New(dataDir string) *Config {
	c := &Config{}
	c.defaults(c)
	c.DataDir = dataDir
	return c
}

// NewReceiver returns a receiver with all defaults.
func NewReceiver(protocol, listen string) Receiver {
	r := Receiver{}
	r.defaults(nil)
	r.Protocol, r.Listen = protocol, listen
	return r
}

// NewDestination returns a destination of type carbon with all defaults, those of
// the queue taken from c.
func (c *Config) NewDestination(name, address, protocol string) Destination {
	d := Destination{}
	d.defaults(c)
	d.Name, d.Type, d.Address, d.Protocol = name, "carbon", address, protocol
	return d
}

// Comments go into a file that is written, above what they are about: "" is the
// file, "route" a section, "route[2]" an entry of it. Each is a line or more.
type Comments map[string][]string

// Write writes a file that Parse reads as c again. What is as by default is left
// out. A secret is not written unless it is a reference, like ${env:NAME}.
func Write(w io.Writer, c *Config, comments Comments) error {
	f := fileWriter{out: bufio.NewWriter(w), comments: comments, config: c}
	f.comment("", "")
	f.sections(reflect.ValueOf(*c))
	if f.err != nil {
		return f.err
	}
	return f.out.Flush()
}

type fileWriter struct {
	out      *bufio.Writer
	comments Comments
	config   *Config
	err      error // the first
}

func (f *fileWriter) comment(path, indent string) {
	for _, text := range f.comments[path] {
		for line := range strings.Lines(text) {
			fmt.Fprintf(f.out, "%s# %s\n", indent, strings.Map(printable, strings.TrimSuffix(line, "\n")))
		}
	}
}

// sections writes the top level: a line for a value, and one for each entry of a
// list.
func (f *fileWriter) sections(v reflect.Value) {
	standard := reflect.ValueOf(*New(DefaultDataDir))
	for i := range v.NumField() {
		key, field := v.Type().Field(i).Tag.Get("yaml"), v.Field(i)
		switch {
		case key == "" || reflect.DeepEqual(field.Interface(), standard.Field(i).Interface()):
		case field.Kind() == reflect.Slice && field.Type().Elem().Kind() == reflect.Struct:
			f.comment(key, "")
			fmt.Fprintf(f.out, "%s:\n", key)
			f.entries(key, field)
		default:
			f.comment(key, "")
			fmt.Fprintf(f.out, "%s: %s\n", key, f.value(key, field, standard.Field(i)))
		}
	}
}

func (f *fileWriter) entries(path string, list reflect.Value) {
	for i := range list.Len() {
		f.comment(fmt.Sprintf("%s[%d]", path, i), "  ")
		fmt.Fprintf(f.out, "  - %s\n", f.section(list.Index(i), f.standard(list.Index(i))))
	}
}

// standard is what an entry is where the file says nothing.
func (f *fileWriter) standard(entry reflect.Value) reflect.Value {
	empty := reflect.New(entry.Type())
	if d, ok := empty.Interface().(defaulter); ok {
		d.defaults(f.config)
	}
	switch x := empty.Interface().(type) {
	case *Rule:
		if entry.Interface().(Rule).By != "" {
			x.Replicas, x.Diverse = 1, true
		}
	case *Destination:
		given := entry.Interface().(Destination)
		x.Protocol = given.standardProtocol()
		x.Interval, x.Batch = given.standardRequests()
	}
	return empty.Elem()
}

// section returns {key: value, ...} of what differs from the standard, or is needed.
func (f *fileWriter) section(v, standard reflect.Value) string {
	var pairs []string
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag
		key, field := tag.Get("yaml"), v.Field(i)
		same := reflect.DeepEqual(field.Interface(), standard.Field(i).Interface())
		if key != "" && (!same || tag.Get("need") != "") {
			pairs = append(pairs, key+": "+f.value(key, field, standard.Field(i)))
		}
	}
	return "{" + strings.Join(pairs, ", ") + "}"
}

// value returns a value as YAML, in one line.
func (f *fileWriter) value(key string, v, standard reflect.Value) string {
	switch x := v.Interface().(type) {
	case string:
		return quote(strings.ReplaceAll(x, "${", "$${"))
	case Secret:
		return f.secret(key, x.Reveal())
	case Version:
		return quote(string(x))
	case bool, int:
		return fmt.Sprint(x)
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64)
	case netip.Prefix:
		return quote(x.String())
	case time.Duration:
		return shortDuration(x)
	case Size, Rate, Sync:
		return fmt.Sprint(x)
	case Level:
		return strings.ToLower(x.String())
	}
	switch v.Kind() {
	case reflect.Slice:
		return f.flow(key, v)
	case reflect.Pointer:
		return f.section(v.Elem(), f.standard(v.Elem()))
	case reflect.Struct:
		return f.section(v, standard)
	}
	f.fail(fmt.Errorf("%s: a %s cannot be written", key, v.Type()))
	return ""
}

func (f *fileWriter) flow(key string, list reflect.Value) string {
	var parts []string
	for i := range list.Len() {
		parts = append(parts, f.value(key, list.Index(i), f.standard(list.Index(i))))
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

var reference = regexp.MustCompile(`^\$\{(env|file):[^}]+\}$`)

func (f *fileWriter) secret(key, text string) string {
	if text != "" && !reference.MatchString(text) {
		f.fail(errors.New(key + ": a secret is not written; refer to it, as by ${env:NAME}"))
	}
	return quote(text)
}

func (f *fileWriter) fail(err error) {
	if f.err == nil {
		f.err = err
	}
}

// shortDuration leaves out what is 0 at the end: 1h0m0s is 1h.
func shortDuration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// plain is text that YAML takes for nothing but text.
var plain = regexp.MustCompile(`^[a-z/][a-z0-9_./-]*$`)

// quote returns a text as YAML reads it back.
func quote(text string) string {
	words := []string{"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
	switch {
	case plain.MatchString(text) && !slices.Contains(words, text):
		return text
	case strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }):
		return strconv.QuoteToASCII(text)
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}
