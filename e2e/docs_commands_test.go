package e2e_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// runElsewhere are pages all of whose blocks of commands another test runs.
var runElsewhere = map[string]string{
	"docs/install.md": "packaging/installed, as root in a root of its own",
	"docs/secure.md":  "packaging/installed, as root in a root of its own",
}

// TestEveryCommandInTheDocumentsDoesWhatItSays runs all commands of all pages. One that
// is in no list of steps has to end well.
func TestEveryCommandInTheDocumentsDoesWhatItSays(t *testing.T) {
	t.Parallel()
	for _, page := range pages(t) {
		list := commands(t, page)
		if len(list) == 0 || runElsewhere[page] != "" {
			continue
		}
		t.Run(filepath.Base(page), func(t *testing.T) {
			t.Parallel()
			tour, ok := tours[page]
			if !ok {
				t.Fatalf("nothing runs %q: it needs a tour", list)
			}
			w := newWalk(t, page)
			w.follow(list, tour(w))
		})
	}
}

// follow runs the commands, each as the step says that fits. Each step has to fit one.
func (w *walk) follow(list []string, steps []step) {
	w.t.Helper()
	used := make([]bool, len(steps))
	for _, command := range list {
		i := slices.IndexFunc(steps, func(s step) bool { return strings.HasPrefix(command, s.begins) })
		if i < 0 {
			w.take(command, step{})
			continue
		}
		used[i] = true
		w.take(command, steps[i])
	}
	for i, s := range steps {
		if !used[i] {
			w.t.Errorf("%s has no command %q", w.page, s.begins)
		}
	}
}

// pages are README.md and docs/*.md.
func pages(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob("../docs/*.md")
	if err != nil || len(found) < 10 {
		t.Fatalf("got %q, %v, want the documents", found, err)
	}
	list := []string{"README.md"}
	for _, f := range found {
		list = append(list, "docs/"+filepath.Base(f))
	}
	return list
}

func readPage(t *testing.T, page string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", page))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// commands are those in a page's blocks of the kind sh, without comments.
func commands(t *testing.T, page string) (list []string) {
	t.Helper()
	for _, block := range blocks(t, page, "sh") {
		list = append(list, split(block)...)
	}
	return list
}

var comment = regexp.MustCompile(`(^|\s+)# .*$`)

// split returns the commands of a script. One goes on behind a line that ends in a
// backslash or in the midst of a quotation.
func split(script string) (list []string) {
	var command string
	for line := range strings.Lines(script) {
		command += comment.ReplaceAllString(strings.TrimSpace(line), "")
		if strings.HasSuffix(command, `\`) || strings.Count(command, "'")%2 == 1 {
			command += "\n"
			continue
		}
		if command != "" {
			list = append(list, command)
		}
		command = ""
	}
	return list
}

// kinds are those of the blocks; only sh is of commands.
var kinds = []string{"sh", "yaml", "ini", "json", "text"}

// TestEachBlockSaysOfWhatKindItIs, since commands in one that does not, or is indented
// only, would not be run.
func TestEachBlockSaysOfWhatKindItIs(t *testing.T) {
	t.Parallel()
	fence, indented := regexp.MustCompile("^ *```(.*)$"), regexp.MustCompile(`^(    |\t)`)
	for _, page := range pages(t) {
		within, before := false, ""
		for line := range strings.Lines(readPage(t, page)) {
			line = strings.TrimRight(line, "\n")
			m := fence.FindStringSubmatch(line)
			switch {
			case m != nil && !within && !slices.Contains(kinds, m[1]):
				t.Errorf("%s: got a block of the kind %q, want one of %q", page, m[1], kinds)
			case m == nil && !within && before == "" && indented.MatchString(line):
				t.Errorf("%s: %q is indented, want it between fences", page, line)
			}
			within, before = within != (m != nil), line
		}
	}
}

// TestTheReadmeListsAllDocuments: each page of docs is in its table.
func TestTheReadmeListsAllDocuments(t *testing.T) {
	t.Parallel()
	_, table, ok := strings.Cut(readPage(t, "README.md"), "\n## Documents\n")
	if !ok {
		t.Fatal("README.md has no list of documents")
	}
	for _, page := range pages(t)[1:] {
		if !strings.Contains(table, "]("+page+")") {
			t.Errorf("README.md does not list %s", page)
		}
	}
}

var (
	spans   = regexp.MustCompile("`(plumbago [a-z][^`]*)`")
	flags   = regexp.MustCompile(`--[a-z][a-z_-]*`)
	targets = regexp.MustCompile("`make ([a-z]+)`")
	goes    = regexp.MustCompile("`go (?:run|test) \\./([a-z/]+)(?: -run ([A-Za-z]+))?")
)

// TestCommandsWithinTheTextExist looks at those that are named in a sentence or a
// table: the command must have a help, and its flags be in that.
func TestCommandsWithinTheTextExist(t *testing.T) {
	t.Parallel()
	help := map[string]string{}
	for _, page := range pages(t) {
		for _, m := range spans.FindAllStringSubmatch(readPage(t, page), -1) {
			name := commandName(m[1])
			if _, asked := help[name]; !asked {
				out, err := plumbago(t.TempDir(), append(strings.Fields(name), "--help")...).CombinedOutput()
				if help[name] = string(out); err != nil {
					t.Errorf("%s: %q: there is no command %q: %v", page, m[1], name, err)
				}
			}
			for _, flag := range flags.FindAllString(m[1], -1) {
				if !strings.Contains(help[name], flag) {
					t.Errorf("%s: %q: plumbago %s has no flag %s", page, m[1], name, flag)
				}
			}
		}
	}
}

// TestWhatIsMadeOfTheSourceExists looks at commands for those who have the source.
func TestWhatIsMadeOfTheSourceExists(t *testing.T) {
	t.Parallel()
	makefile := readPage(t, "Makefile")
	for _, page := range pages(t) {
		text := readPage(t, page)
		for _, m := range targets.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(makefile, "\n"+m[1]+":") {
				t.Errorf("%s: %s: the Makefile has no such target", page, m[0])
			}
		}
		for _, m := range goes.FindAllStringSubmatch(text, -1) {
			files, _ := filepath.Glob(filepath.Join("..", m[1], "*.go"))
			found := slices.ContainsFunc(files, func(f string) bool {
				return strings.Contains(readPage(t, strings.TrimPrefix(f, "../")), m[2])
			})
			if !found {
				t.Errorf("%s: %s: there is no such thing", page, m[0])
			}
		}
	}
}

// commandName is a command's name without what it is given.
func commandName(command string) string {
	words := strings.Fields(command)[1:]
	if len(words) > 1 && slices.Contains([]string{"queue", "ring", "slack"}, words[0]) && regexp.MustCompile(`^[a-z]+$`).MatchString(words[1]) {
		return words[0] + " " + words[1]
	}
	return words[0]
}
