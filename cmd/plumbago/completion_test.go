package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestCompletionsNameEveryCommandAndFlag(t *testing.T) {
	for _, tt := range []struct{ shell, flag string }{{"bash", "--"}, {"zsh", "--"}, {"fish", "-l "}} {
		t.Run(tt.shell, func(t *testing.T) {
			text := printed(t, "completion", tt.shell)
			everyWord(t, func(command string, flags []string) {
				words := strings.Fields(command)
				place := strings.Join(words[:len(words)-1], " ") + "/" + words[len(words)-1]
				if !strings.Contains(text, place) {
					t.Errorf("no word of %q", place)
				}
				for _, f := range flags {
					if !strings.Contains(text, tt.flag+f) {
						t.Errorf("no word of --%s of %q", f, command)
					}
				}
			})
			if strings.Contains(text, "completion '") || strings.Contains(text, "/man'") {
				t.Error("hidden commands show")
			}
		})
	}
}

// asked are command lines, and what completes their last word.
var asked = []struct {
	line string
	want []string
	not  []string
}{
	{"plumbago ", []string{"serve", "queue"}, []string{"ls", "man"}},
	{"plumbago queue ", []string{"ls", "drop"}, []string{"serve"}},
	{"plumbago queue l", []string{"ls"}, []string{"drop"}},
	{"plumbago send --prot", []string{"--protocol"}, []string{"--to"}},
	{"plumbago send --protocol ", []string{"line", "pickle"}, []string{"serve"}},
	{"plumbago relay st", []string{"start", "stop", "status"}, []string{"serve"}},
	{"plumbago send --", []string{"--protocol"}, []string{"--debug"}},
	{"plumbago slack send --", []string{"--debug"}, []string{"--protocol"}},
	{"plumbago --help serve --con", []string{"--config"}, nil},
}

func TestBashCompletes(t *testing.T) {
	file := scriptOf(t, "bash", "bash")
	const ask = `. "$0"
COMP_WORDS=($1); case "$1" in *' ') COMP_WORDS+=("");; esac
COMP_CWORD=$((${#COMP_WORDS[@]}-1)); compopt() { :; }
_plumbago; printf '%s\n' "${COMPREPLY[@]}"`
	for _, a := range asked {
		out, err := exec.Command("bash", "-c", ask, file, a.line).CombinedOutput()
		offered(t, a.line, string(out), err, a.want, a.not)
	}
}

func TestFishCompletes(t *testing.T) {
	if _, err := exec.LookPath("fish"); err != nil {
		t.Logf("without fish only the words of its completions are checked: %v", err)
		return
	}
	file := scriptOf(t, "fish", "fish")
	for _, a := range asked {
		cmd := exec.Command("fish", "--no-config", "-c", `source $argv[1]; complete -C $argv[2]`, file, a.line)
		cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
		out, err := cmd.CombinedOutput()
		offered(t, a.line, string(out), err, a.want, a.not)
	}
}

func TestZshReadsItsCompletions(t *testing.T) {
	if _, err := exec.LookPath("zsh"); err != nil {
		t.Logf("without zsh only the words of its completions are checked: %v", err)
		return
	}
	file := scriptOf(t, "zsh", "_plumbago")
	for _, a := range asked {
		// The words that _describe and compadd are given stand for what a user sees.
		const ask = `compdef() { :; }; _files() { :; }; compset() { :; }; _message() { :; }
_describe() { [[ $1 = -o ]] && shift; for w in ${(P)2}; do print -r -- ${w%%:*}; done }
compadd() { if [[ $1 = -a ]]; then print -rl -- ${(P)2}; else shift; print -rl -- $@; fi }
source $1; words=(${=2}); [[ $2 = *' ' ]] && words+=(''); CURRENT=$#words; _plumbago`
		out, err := exec.Command("zsh", "-f", "-c", ask, "zsh", file, a.line).CombinedOutput()
		offered(t, a.line, string(out), err, a.want, nil)
	}
}

// scriptOf writes a shell's completions to a file.
func scriptOf(t *testing.T, shell, name string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(printed(t, "completion", shell)), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// offered holds the first words of what a shell offers against what it should, and
// should not.
func offered(t *testing.T, line, out string, err error, want, not []string) {
	t.Helper()
	var got []string
	for l := range strings.Lines(out) {
		w, _, _ := strings.Cut(strings.TrimSpace(l), "\t")
		got = append(got, w)
	}
	if err != nil {
		t.Errorf("%q: %v\n%s", line, err, out)
	}
	for _, w := range want {
		if !slices.Contains(got, w) {
			t.Errorf("%q: got %q, want %q among it", line, got, w)
		}
	}
	for _, w := range not {
		if slices.Contains(got, w) {
			t.Errorf("%q: got %q, want no %q among it", line, got, w)
		}
	}
}
