// Package carbonconf reads the files that configure a carbon relay, carbon.conf
// and those it names, into plain values: with the rules of Python's
// configparser, with the types and built-in defaults of carbon, and with every
// mistake named by its place and its cure.
package carbonconf

// Options says which files make a relay, as the command line does.
type Options struct {
	// Path is carbon.conf. Empty, it is looked for in the configuration directory.
	Path string
	// Instance is the X of the section [relay:X], read after [relay]. With the
	// empty instance only [relay] is read; DefaultInstance is what carbon takes.
	Instance string
	// Rules, Whitelist and Blacklist, where given, stand for relay-rules.conf,
	// whitelist.conf and blacklist.conf of the configuration directory.
	Rules, Whitelist, Blacklist string
	// PIDFile and LogDir, where given, win over what the settings say.
	PIDFile, LogDir string
	// Env looks up GRAPHITE_ROOT, GRAPHITE_CONF_DIR and GRAPHITE_STORAGE_DIR;
	// nil knows none of them.
	Env func(name string) string
	// SendNowhere takes rules none of whose destinations is known for harmless,
	// as carbon does: for those who read the files and send no points.
	SendNowhere bool
	// Overrun, if given, is told once of each pattern that takes too long to be
	// matched; such a name counts as not matched.
	Overrun func(pattern string, name []byte)
}

// DefaultInstance is the instance of a relay that was given none.
const DefaultInstance = "a"

// Relay is all that carbon's files say about one relay.
type Relay struct {
	Settings Settings
	// Destinations is DESTINATIONS in its order, each once: the order decides
	// where collisions in a ring go.
	Destinations []Destination
	// Rules is relay-rules.conf in the order the rules are tried, the default
	// rule last; nil unless RELAY_METHOD is rules.
	Rules []Rule
	// Aggregation is aggregation-rules.conf; nil unless the RELAY_METHOD is an
	// aggregated one, which hashes the names that a metric is aggregated to.
	Aggregation Aggregation
	// Rewrite is rewrite-rules.conf, if there is one. A carbon relay leaves names
	// as they are: these rules are an aggregator's, and here to be shown.
	Rewrite Rewrite
	// Blacklist and Whitelist are nil, which is a list that holds nothing, unless
	// USE_WHITELIST is on.
	Blacklist, Whitelist *List
	// Notes tells of what is accepted and has no effect, or another than in
	// carbon, in the order of the files.
	Notes []Note
}

// Note tells of a setting that is accepted and has no effect, and why.
type Note struct {
	Setting string // or what else the note is about
	File    string
	Line    int // from 1, or 0 for the file as a whole
	Text    string
}

// Load reads carbon.conf and the files that it needs.
//
// The error, if any, is of type Errors and holds all that is wrong with all
// files. The relay is nil, unless carbon itself would start with such files
// (see Problem.Harmless): then it is what carbon would run.
func Load(o Options) (*Relay, error) {
	l := newLoader(o)
	l.load()
	return l.result()
}

// ReadSettings reads carbon.conf alone: what is needed to find a relay's files
// and its process. Errors are as those of Load.
func ReadSettings(o Options) (*Settings, error) {
	l := newLoader(o)
	l.loadSettings()
	relay, err := l.result()
	if relay == nil {
		return nil, err
	}
	return &relay.Settings, err
}
