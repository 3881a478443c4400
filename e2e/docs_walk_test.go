package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// walk runs the commands of a page in their order, in a folder of its own, where the
// page's files are. A gateway of the page listens at line, pickle and admin.
type walk struct {
	t                   *testing.T
	page, dir           string
	line, pickle, admin string
	pairs               []string // what stands in the page, and what is there here
	settings            string   // what the page has set so far, and where it has gone
	serving             *process // the page's gateway, if one runs
}

// step is what is known of a command. Of a command without one, it is known that it
// ends well.
type step struct {
	begins string                // how the page has it
	says   string                // a regular expression for what it prints, at once or after a while
	status int                   // with which it ends
	during func(*walk, *process) // what happens while it runs, for one that does not end by itself
	then   func(*walk)           // what is to be seen or done when it has ended
	left   string                // why it is not run here
}

func newWalk(t *testing.T, page string) *walk {
	w := &walk{t: t, page: page, dir: t.TempDir(), line: freeAddress(t), pickle: freeAddress(t), admin: freeAddress(t)}
	bin := w.path("bin")
	if err := os.Mkdir(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(os.Getenv(binaryVariable), filepath.Join(bin, "plumbago")); err != nil {
		t.Fatal(err)
	}
	return w
}

// path is where a file of the walk is.
func (w *walk) path(elements ...string) string {
	return filepath.Join(append([]string{w.dir}, elements...)...)
}

// puts has the walk find new where the page says old. What is put first counts.
func (w *walk) puts(pairs ...string) { w.pairs = append(w.pairs, pairs...) }

// here is a text of the page with what is there here. The usual addresses and folders
// are the walk's own.
func (w *walk) here(text string) string {
	usual := []string{
		"bin/plumbago ", "plumbago ",
		"127.0.0.1 2003", "127.0.0.1 " + port(w.line),
		"127.0.0.1:2003", w.line, "0.0.0.0:2003", w.line, "127.0.0.1:2004", w.pickle, "0.0.0.0:2004", w.pickle,
		"127.0.0.1:8090", w.admin,
		"/var/lib/plumbago", w.path("data"), "/etc/plumbago", w.path("etc"), "/etc/carbon", w.path("carbon"), "/etc/stunnel", w.path("stunnel"),
	}
	return strings.NewReplacer(append(append([]string{}, w.pairs...), usual...)...).Replace(text)
}

var namedFiles = regexp.MustCompile("(?m)^`(/[^`]+)`\n\n```[a-z]+\n((?s:.*?))^```")

// writes puts the files into place that the page shows under their names.
func (w *walk) writes() {
	w.t.Helper()
	for _, m := range namedFiles.FindAllStringSubmatch(readPage(w.t, w.page), -1) {
		w.write(w.here(m[1]), w.here(m[2]))
	}
}

// write puts a file into place.
func (w *walk) write(path, text string) {
	w.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.t.Fatal(err)
	}
	writeFile(w.t, path, text)
}

// setting is a command that is for those after it.
var setting = regexp.MustCompile(`^(cd \S+|(export )?[A-Z_]+=(\S+|\$\(.*\)))$`)

// take runs a command as it is known.
func (w *walk) take(command string, s step) {
	w.t.Helper()
	script := w.here(command)
	switch {
	case s.left != "":
	case setting.MatchString(command):
		w.settings += script + "\n"
	case s.during != nil:
		s.during(w, w.start(script))
	default:
		w.run(script, s)
	}
	if s.then != nil {
		s.then(w)
	}
}

// run runs a script to its end. One that has to say something is run again until it
// does.
func (w *walk) run(script string, s step) {
	w.t.Helper()
	says := regexp.MustCompile(s.says)
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		cmd := w.command(script)
		out, _ := cmd.CombinedOutput()
		status := cmd.ProcessState.ExitCode()
		if status == s.status && says.Match(out) {
			return
		}
		if s.says == "" || time.Now().After(deadline) {
			w.t.Fatalf("%s: %s\ngot status %d and\n%s\nwant status %d and %q", w.page, script, status, out, s.status, s.says)
		}
	}
}

// start runs a script in the background, until the walk ends at the latest.
func (w *walk) start(script string) *process {
	w.t.Helper()
	p := start(w.t, w.command(script))
	w.t.Cleanup(func() { end(p, syscall.SIGKILL) })
	return p
}

// command is a shell with a script, in a process group of its own.
func (w *walk) command(script string) *exec.Cmd {
	cmd := exec.Command("sh", "-e", "-c", w.settings+script)
	cmd.Dir = w.dir
	cmd.Env = append(os.Environ(), "PATH="+w.path("bin")+":"+os.Getenv("PATH"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// end ends a script and all that it has started.
func end(p *process, s syscall.Signal) {
	syscall.Kill(-p.cmd.Process.Pid, s)
	<-p.ended
}

// serve has the page's gateway run by a script, in the place of one that runs.
func (w *walk) serve(script string) {
	w.t.Helper()
	w.stop()
	w.serves(w.start(script))
}

func (w *walk) stop() {
	if w.serving != nil {
		end(w.serving, syscall.SIGTERM)
	}
}

// serves waits until p, which is the page's gateway from now on, takes points.
func (w *walk) serves(p *process) {
	w.t.Helper()
	awaitReady(w.t, p, w.admin)
	w.serving = p
}
