package main

import (
	_ "embed"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// manCommand prints a manual page in mdoc, made of the command line's own
// definition, or of the manual of all keys.
type manCommand struct {
	Page string `arg:"" optional:"" enum:"plumbago,plumbago.yml" default:"plumbago" help:"plumbago, section 1, or plumbago.yml, section 5 (${default})."`
}

func (c *manCommand) Run(k *kong.Context, s streams) error {
	date, err := manDate()
	if err != nil {
		return err
	}
	p := &manual{date: date}
	if c.Page == "plumbago" {
		p.commands(k.Model)
	} else {
		p.keys()
	}
	_, err = io.WriteString(s.out, p.String())
	return err
}

// manDate is the date of the pages: that of the source, where a release says it, so
// that they can be made again.
func manDate() (time.Time, error) {
	text := os.Getenv("SOURCE_DATE_EPOCH")
	if text == "" {
		return time.Now(), nil
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, usageError{fmt.Errorf("SOURCE_DATE_EPOCH: not a number of seconds: %.30q", text)}
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// manual is a page that is being written.
type manual struct {
	strings.Builder
	date time.Time
}

//go:embed man_after.mdoc
var manAfter string

// commands writes plumbago(1).
func (m *manual) commands(app *kong.Application) {
	m.title("PLUMBAGO", "1")
	m.section("NAME")
	m.macro(".Nm plumbago\n.Nd the metrics gateway for Graphite")
	m.section("SYNOPSIS")
	m.macro(".Nm\n.Ar command\n.Op Ar argument ...")
	m.section("DESCRIPTION")
	m.text(app.Help)
	m.macro(".Pp")
	m.text("Every command takes these:")
	m.flags(app.Flags)
	m.section("COMMANDS")
	for _, leaf := range app.Leaves(true) {
		m.command(leaf)
	}
	m.macro(strings.TrimSuffix(manAfter, "\n"))
}

func (m *manual) command(n *kong.Node) {
	m.macro(".Ss " + quoted(n.FullPath()))
	m.text(n.Help)
	if len(n.Positional) > 0 {
		m.macro(".Bl -tag -width Ds")
		for _, p := range n.Positional {
			m.macro(".It " + argument(p))
			m.text(p.Help)
			m.choice(p)
		}
		m.macro(".El")
	}
	m.flags(ownFlags(n))
}

// argument is how a command's argument shows.
func argument(p *kong.Positional) string {
	text := "Ar " + quoted(p.Name)
	if p.IsSlice() {
		text += " ..."
	}
	if !p.Required {
		text = "Op " + text
	}
	return text
}

// ownFlags are the flags of a command and of those that it belongs to, but not
// those that every command has.
func ownFlags(n *kong.Node) []*kong.Flag {
	var own []*kong.Flag
	for ; n.Parent != nil; n = n.Parent {
		own = append(slices.Clone(n.Flags), own...)
	}
	return own
}

func (m *manual) flags(flags []*kong.Flag) {
	flags = slices.DeleteFunc(slices.Clone(flags), func(f *kong.Flag) bool { return f.Hidden })
	if len(flags) == 0 {
		return
	}
	m.macro(".Bl -tag -width Ds")
	for _, f := range flags {
		m.flag(f)
	}
	m.macro(".El")
}

func (m *manual) flag(f *kong.Flag) {
	var forms []string
	if f.Short != 0 {
		forms = append(forms, "Fl "+string(f.Short))
	}
	forms = append(forms, `Fl \-`+escaped(f.Name))
	line := ".It " + strings.Join(forms, " , ")
	if takesValue(f) {
		line += " Ns = Ns Ar " + quoted(valueName(f))
	}
	m.macro(line)
	m.text(f.Help)
	m.choice(f.Value)
}

// choice names the values that there are, where the help does not.
func (m *manual) choice(v *kong.Value) {
	values := choices(v)
	if len(values) == 0 {
		return
	}
	for _, one := range values {
		if !strings.Contains(v.Help, one) {
			m.text("One of " + strings.Join(values, ", ") + ".")
			return
		}
	}
}

func (m *manual) title(name, section string) {
	m.macro(fmt.Sprintf(".Dd %s\n.Dt %s %s\n.Os", m.date.Format("January 2, 2006"), name, section))
}

func (m *manual) section(name string) { m.macro(".Sh " + name) }

// macro writes lines that are mdoc already.
func (m *manual) macro(lines string) { m.WriteString(lines + "\n") }

// text writes words as they are, a sentence a line, as mdoc wants it.
func (m *manual) text(words string) {
	for _, sentence := range sentences(words) {
		for _, part := range wrapped(sentence) {
			m.WriteString(plainLine(part) + "\n")
		}
	}
}

// wrapped cuts a sentence into lines of the length that roff's tools like.
func wrapped(sentence string) (lines []string) {
	const width = 72
	for w := range strings.FieldsSeq(sentence) {
		if n := len(lines); n > 0 && len(lines[n-1])+1+len(w) <= width {
			lines[n-1] += " " + w
		} else {
			lines = append(lines, w)
		}
	}
	return lines
}

// sentences cuts a text at the ends of its sentences.
func sentences(text string) (list []string) {
	for {
		end := strings.Index(text, ". ")
		if end < 0 {
			return append(list, text)
		}
		list = append(list, text[:end+1])
		text = strings.TrimLeft(text[end+1:], " ")
	}
}

// plainLine is a line of text that no macro can begin.
func plainLine(text string) string {
	text = escaped(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		return `\&` + text
	}
	return text
}

func escaped(text string) string {
	return strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`).Replace(text)
}

// quoted is one argument of a macro.
func quoted(text string) string {
	return `"` + strings.ReplaceAll(escaped(text), `"`, `""`) + `"`
}
