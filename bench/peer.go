package main

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"
)

//go:embed peers
var builtin embed.FS

// peer is a relay to be measured: a folder of templates. One of them is called
// command and holds the program and its arguments, one a line; those whose names
// begin with command- hold further programs that are part of the relay; pace and
// packages are told of the fields; the others are its own files.
type peer struct {
	name     string
	files    map[string]string
	pace     int      // points a second that it is known to bear; 0 is any
	packages []string // Debian's, that it is of
}

// place is what the templates can say.
type place struct {
	LineIn   string   // port for lines, on 127.0.0.1
	PickleIn string   // port for pickles
	TLSIn    string   // port for lines by TLS; empty if the scenario has none
	HTTPIn   string   // port for requests; empty if the scenario has none
	UDPIn    string   // port for datagrams of lines; empty if the scenario has none
	Admin    string   // a port to spare
	Spare    string   // another
	Out      string   // port of the destination
	Ring     []string // ports of all destinations, Out among them; none without a ring
	Rules    []string // expressions, each for the destination too; none without rules
	Protocol string   // of the destination: line or pickle
	CA       string   // file of the authority that the destination's certificate is from; empty if it speaks no TLS
	Cert     string   // file of a certificate to be shown at TLSIn
	CertKey  string   // file of its key
	Pair     string   // file of both
	Tenant   string   // whose the points are; empty if nobody asks
	Key      string   // the tenant's
	Whisper  string   // folder for Whisper files; empty if the points go elsewhere

	sink     certificate // what the destination shows
	Dir      string      // folder of the relay's own: its files are there, and it may write there
	Bench    string      // this program
	Plumbago string      // the binary under test
}

// findPeer finds a peer in folder, or among those that are built in.
func findPeer(name, folder string) (peer, error) {
	builtins, _ := fs.Sub(builtin, "peers")
	from := builtins
	if folder != "" {
		if _, err := os.Stat(filepath.Join(folder, name)); err == nil {
			from = os.DirFS(folder)
		}
	}
	p, err := readPeer(from, name)
	if errors.Is(err, fs.ErrNotExist) {
		known, _ := fs.Glob(builtins, "*")
		return p, fmt.Errorf("find peer %q: there are %s", name, strings.Join(known, ", "))
	}
	return p, err
}

func readPeer(from fs.FS, name string) (peer, error) {
	p := peer{name: name, files: map[string]string{}}
	entries, err := fs.ReadDir(from, name)
	if err != nil {
		return p, err
	}
	for _, e := range entries {
		b, err := fs.ReadFile(from, name+"/"+e.Name())
		if err != nil {
			return p, err
		}
		p.files[e.Name()] = string(b)
	}
	if p.files["command"] == "" {
		return p, fmt.Errorf("read peer %q: no file %q", name, "command")
	}
	if pace, ok := p.files["pace"]; ok {
		if p.pace, err = strconv.Atoi(strings.TrimSpace(pace)); err != nil || p.pace < 1 {
			return p, fmt.Errorf("read peer %q: pace %q is no number of points a second", name, pace)
		}
	}
	p.packages = strings.Fields(p.files["packages"])
	delete(p.files, "pace")
	delete(p.files, "packages")
	return p, nil
}

// says reports whether a template uses a field of place: what a peer cannot do,
// its files do not speak of.
func (p peer) says(field string) bool {
	spoken := regexp.MustCompile(`\{\{[^}]*\.` + field + `\b`)
	for _, text := range p.files {
		if spoken.MatchString(text) {
			return true
		}
	}
	return false
}

// settle writes the peer's files into at.Dir and returns its commands.
func (p peer) settle(at place) (commands [][]string, err error) {
	for _, name := range slices.Sorted(maps.Keys(p.files)) {
		b, err := render(name, p.files[name], at)
		if err != nil {
			return nil, fmt.Errorf("peer %q: %w", p.name, err)
		}
		if !isCommand(name) {
			err = os.WriteFile(filepath.Join(at.Dir, name), b, 0o644)
		} else if commands = append(commands, arguments(string(b))); len(commands[len(commands)-1]) == 0 {
			err = fmt.Errorf("peer %q: its %s is empty", p.name, name)
		}
		if err != nil {
			return nil, err
		}
	}
	return commands, nil
}

func isCommand(name string) bool { return name == "command" || strings.HasPrefix(name, "command-") }

func arguments(text string) (args []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			args = append(args, line)
		}
	}
	return args
}

func render(name, text string, at place) ([]byte, error) {
	t, err := template.New(name).Parse(text)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, at)
	return b.Bytes(), err
}

// installed says whether the peer's programs can be started at all.
func (p peer) installed(at place) error {
	for name, text := range p.files {
		if !isCommand(name) {
			continue
		}
		b, err := render(name, text, at)
		if err != nil {
			return err
		}
		args := arguments(string(b))
		if len(args) == 0 {
			return fmt.Errorf("peer %q: its %s is empty", p.name, name)
		}
		if _, err = exec.LookPath(args[0]); err != nil {
			return err
		}
	}
	return nil
}

// freePorts asks the kernel for ports that nobody listens at.
func freePorts(n int) (ports []string, err error) {
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		ports = append(ports, port(l.Addr().String()))
	}
	return ports, nil
}

func port(address string) string {
	_, p, _ := net.SplitHostPort(address)
	return p
}
