package main

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"text/template"

	"github.com/alecthomas/kong"
)

// completionCommand prints what has a shell complete the command line, made of the
// command line's own definition.
type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

//go:embed completion/*.tmpl
var completions embed.FS

func (c *completionCommand) Run(k *kong.Context, s streams) error {
	text, err := template.New("").Funcs(template.FuncMap{"join": strings.Join, "single": singleQuoted, "described": described}).
		ParseFS(completions, "completion/"+c.Shell+".tmpl")
	if err != nil {
		return fmt.Errorf("completion: %w", err)
	}
	return text.ExecuteTemplate(s.out, c.Shell+".tmpl", stops(k.Model.Node))
}

// stop is where one can be on the command line: behind some commands' names.
type stop struct {
	At       string // "", "queue" or "queue ls"
	Before   string // At without its last word
	Commands []cue  // that can follow
	Flags    []option
	Words    []string // that the first argument can be
}

// Last is the place's own name.
func (p stop) Last() string { return strings.TrimPrefix(strings.TrimPrefix(p.At, p.Before), " ") }

// Every is all that can be typed here, flags included.
func (p stop) Every() []string {
	var list []string
	for _, c := range p.Commands {
		list = append(list, c.Name)
	}
	list = append(list, p.Words...)
	for _, f := range p.Flags {
		list = append(list, f.Forms()...)
	}
	return list
}

// cue is a command's name.
type cue struct{ Name, Help string }

// option is a flag.
type option struct {
	Name, Short, Help string
	Takes, Path       bool     // whether a value follows; whether it is a path
	Values            []string // that it can have, if they are known
}

// Forms are the ways of typing it.
func (o option) Forms() []string {
	if o.Short == "" {
		return []string{"--" + o.Name}
	}
	return []string{"--" + o.Name, "-" + o.Short}
}

// stops walks the tree of commands from its root.
func stops(root *kong.Node) []stop {
	var list []stop
	var walk func(n *kong.Node, at, before string, flags []*kong.Flag)
	walk = func(n *kong.Node, at, before string, flags []*kong.Flag) {
		flags = append(slices.Clone(flags), n.Flags...)
		p := stop{At: at, Before: before, Flags: options(flags)}
		if len(n.Positional) > 0 {
			p.Words = choices(n.Positional[0])
		}
		for _, c := range visible(n) {
			p.Commands = append(p.Commands, cue{c.Name, c.Help})
		}
		list = append(list, p)
		for _, c := range visible(n) {
			walk(c, strings.TrimSpace(at+" "+c.Name), at, flags)
		}
	}
	walk(root, "", "", nil)
	return list
}

func visible(n *kong.Node) (list []*kong.Node) {
	for _, c := range n.Children {
		if c.Type == kong.CommandNode && !c.Hidden {
			list = append(list, c)
		}
	}
	return list
}

func options(flags []*kong.Flag) (list []option) {
	for _, f := range flags {
		if f.Hidden {
			continue
		}
		o := option{Name: f.Name, Help: f.Help, Takes: takesValue(f), Path: wantsPath(f), Values: choices(f.Value)}
		if f.Short != 0 {
			o.Short = string(f.Short)
		}
		list = append(list, o)
	}
	return list
}

// singleQuoted is text as one word, for each of the shells.
func singleQuoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'"'"'`) + "'" }

// described is a word with its help, as zsh's _describe takes them.
func described(name, help string) string {
	return singleQuoted(strings.ReplaceAll(name, ":", `\:`) + ":" + help)
}
