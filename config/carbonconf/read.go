package carbonconf

import (
	"path/filepath"
	"strings"

	"github.com/plumbago/plumbago/internal/nearest"
)

// sectionName is the section of carbon.conf that a relay reads.
const sectionName = "relay"

// program names the directories of a relay's logs, and its process file.
const program = "carbon-relay"

// loadSettings reads carbon.conf. It reports whether there was one to read.
func (l *loader) loadSettings() bool {
	s := &l.relay.Settings
	s.Values, s.lines = map[string]any{}, map[string]int{}
	for _, k := range settings {
		s.Values[k.name] = k.value
	}
	l.findConfig()
	text, ok := l.read(s.Paths.Config, "name it with --config")
	if ok {
		l.readText(text)
	}
	return ok
}

// readText reads the text of carbon.conf.
func (l *loader) readText(text string) {
	f, problems := parseINI(l.relay.Settings.Paths.Config, text)
	l.problems = append(l.problems, problems...)
	l.readSection(f, sectionName)
	l.missing = f.sections[sectionName] == nil
	l.derive()
	if own := sectionName + ":" + l.o.Instance; l.o.Instance != "" {
		l.readSection(f, own)
		l.noteInstance(f, own)
	}
	l.finish()
	l.decode()
}

// noteInstance tells of an instance that was asked for, and has no section.
func (l *loader) noteInstance(f *ini, own string) {
	if f.sections[own] == nil && l.o.Instance != DefaultInstance {
		l.note("--instance", f.file, 0, "there is no section [%s]: the relay runs with [%s] alone", own, sectionName)
	}
}

// findConfig decides where carbon.conf is, and with it the directories.
func (l *loader) findConfig() {
	v, p := l.relay.Settings.Values, &l.relay.Settings.Paths
	root := l.env("GRAPHITE_ROOT", "/opt/graphite")
	v["ROOT_DIR"] = root
	v["STORAGE_DIR"] = l.env("GRAPHITE_STORAGE_DIR", filepath.Join(root, "storage"))
	v["CONF_DIR"] = l.env("GRAPHITE_CONF_DIR", filepath.Join(root, "conf"))
	p.Config = l.o.Path
	if p.Config == "" {
		p.Config = filepath.Join(v["CONF_DIR"].(string), "carbon.conf")
		return
	}
	v["CONF_DIR"] = filepath.Dir(filepath.Clean(p.Config))
}

func (l *loader) env(name, otherwise string) string {
	if l.o.Env != nil {
		if value := l.o.Env(name); value != "" {
			return value
		}
	}
	return otherwise
}

// derive fills in the directories that follow from STORAGE_DIR.
func (l *loader) derive() {
	v := l.relay.Settings.Values
	storage := show(v["STORAGE_DIR"])
	for name, path := range map[string]string{
		"PID_DIR": storage, "LOG_DIR": filepath.Join(storage, "log", program),
		"LOCAL_DATA_DIR": filepath.Join(storage, "whisper"), "WHITELISTS_DIR": filepath.Join(storage, "lists"),
	} {
		if v[name] == nil {
			v[name] = path
		}
	}
}

// finish fills in what is an instance's own.
func (l *loader) finish() {
	v, own := l.relay.Settings.Values, program
	if l.o.Instance != "" {
		own += "-" + l.o.Instance
		v["LOG_DIR"] = filepath.Join(show(v["LOG_DIR"]), own)
	}
	v["pidfile"] = filepath.Join(show(v["PID_DIR"]), own+".pid")
	if l.o.PIDFile != "" {
		v["pidfile"] = l.o.PIDFile
	}
	if l.o.LogDir != "" {
		v["LOG_DIR"] = l.o.LogDir
	}
}

// readSection takes over the options of a section, which may be absent.
func (l *loader) readSection(f *ini, section string) {
	for _, o := range f.options(section) {
		text, err := f.value(section, o)
		if err != nil {
			l.problem(f.file, o.line, Percent, "%v", err)
			continue
		}
		l.set(strings.ToUpper(o.name), text, f.file, o.line)
	}
}

// set takes over one option, with the type that its default has.
func (l *loader) set(name, text, file string, line int) {
	s := &l.relay.Settings
	k, isKnown := lookup(name)
	var value any
	switch k.value.(type) {
	case []string:
		value = list(text)
	case bool:
		b, ok := boolean(text)
		if !ok {
			l.problem(file, line, Value, "%s: want True or False, got %q%s", name, text, commentCure(text))
			return
		}
		value = b
	default:
		value = guess(text)
	}
	s.Values[name], s.lines[name] = value, line
	l.noteIdle(name, k, isKnown, file, line)
}

// commentCure tells those who wrote a comment behind a value.
func commentCure(text string) string {
	if strings.ContainsAny(text, "#;") {
		return "; comments stand on lines of their own"
	}
	return ""
}

// noteIdle tells of a setting that has no effect, or another than in carbon.
func (l *loader) noteIdle(name string, k known, isKnown bool, file string, line int) {
	switch {
	case isKnown && k.idle != "":
		l.note(name, file, line, "accepted, no effect: %s", k.idle)
	case others[name] != "":
		l.note(name, file, line, "%s", others[name])
	case isKnown:
	case nearest.Word(name, knownNames()) != "":
		l.note(name, file, line, "accepted, no effect: there is no such setting; did you mean %s?", nearest.Word(name, knownNames()))
	default:
		l.note(name, file, line, "accepted, no effect: there is no such setting")
	}
}
