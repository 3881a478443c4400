package carbonconf

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"time"

	"github.com/plumbago/plumbago/internal/nearest"
)

// decode makes typed settings of what carbon has read.
func (l *loader) decode() {
	s := &l.relay.Settings
	s.Instance = l.o.Instance
	l.decodePaths()
	l.decodeReceivers()
	l.decodeRouting()
	l.decodeSending()
	s.MetricPrefix = l.text("CARBON_METRIC_PREFIX")
	s.MetricInterval = l.seconds("CARBON_METRIC_INTERVAL")
	s.LogConnections, s.LogDisconnections = l.yes("LOG_LISTENER_CONN_SUCCESS"), l.yes("LOG_LISTENER_CONN_LOST")
	s.User = l.text("USER")
}

func (l *loader) decodePaths() {
	p := &l.relay.Settings.Paths
	p.Root, p.Conf, p.Storage = l.text("ROOT_DIR"), l.text("CONF_DIR"), l.text("STORAGE_DIR")
	p.Log, p.PIDFile = l.text("LOG_DIR"), l.text("pidfile")
	p.Rules = l.file(l.o.Rules, l.text("RELAY_RULES"))
	p.Rewrite = l.file("", l.text("REWRITE_RULES"))
	p.Aggregation = l.file("", l.text("AGGREGATION_RULES"))
	p.Whitelist = l.file(l.o.Whitelist, "whitelist.conf")
	p.Blacklist = l.file(l.o.Blacklist, "blacklist.conf")
}

// file is where a file is: where the command line says, or in the
// configuration directory.
func (l *loader) file(given, name string) string {
	switch {
	case given != "":
		return given
	case filepath.IsAbs(name):
		return name
	}
	return filepath.Join(l.relay.Settings.Paths.Conf, name)
}

func (l *loader) decodeReceivers() {
	s := &l.relay.Settings
	s.LineReceiver = l.listen("LINE_RECEIVER")
	s.PickleReceiver = l.listen("PICKLE_RECEIVER")
	s.ProtobufReceiver = l.listen("PROTOBUF_RECEIVER")
	if l.yes("ENABLE_UDP_LISTENER") {
		s.UDPReceiver = l.listen("UDP_RECEIVER")
	}
	s.PickleMaxLength = l.whole("PICKLE_RECEIVER_MAX_LENGTH", 1, math.MaxInt32)
	if f := l.number("MAX_RECEIVER_CONNECTIONS"); !math.IsInf(f, 1) {
		s.MaxConnections = l.whole("MAX_RECEIVER_CONNECTIONS", 1, math.MaxInt32)
	}
	s.IdleTimeout = l.seconds("METRIC_CLIENT_IDLE_TIMEOUT")
	s.KeepAlive = KeepAlive{
		On: l.yes("TCP_KEEPALIVE"), Idle: l.seconds("TCP_KEEPIDLE"), Interval: l.seconds("TCP_KEEPINTVL"),
		Count: l.whole("TCP_KEEPCNT", 1, 127),
	}
	s.TimestampResolution = max(0, l.number("MIN_TIMESTAMP_RESOLUTION"))
	s.UseLists, s.NormalizeTags = l.yes("USE_WHITELIST"), l.yes("TAG_RELAY_NORMALIZED")
}

func (l *loader) listen(prefix string) Listen {
	listen := Listen{Interface: l.text(prefix + "_INTERFACE")}
	if l.relay.Settings.Values[prefix+"_PORT"] != nil {
		listen.Port = l.whole(prefix+"_PORT", 0, 65535)
	}
	return listen
}

func (l *loader) decodeRouting() {
	s := &l.relay.Settings
	s.Method = Method(l.choice("RELAY_METHOD", methods))
	s.HashType = l.hashType()
	s.Replicas = l.whole("REPLICATION_FACTOR", 1, math.MaxInt32)
	s.DiverseReplicas, s.PoolReplicas = l.yes("DIVERSE_REPLICAS"), l.yes("DESTINATION_POOL_REPLICAS")
	s.DynamicRouter = l.yes("DYNAMIC_ROUTER")
	s.DynamicMaxRetries = l.whole("DYNAMIC_ROUTER_MAX_RETRIES", 0, math.MaxInt32)
}

// hashType returns the hash that the rings use.
func (l *loader) hashType() HashType {
	s := &l.relay.Settings
	switch t := HashType(l.text("ROUTER_HASH_TYPE")); t {
	case "":
		if s.Method == FastHashing || s.Method == FastAggregatedHashing {
			return MMH3CH
		}
		return CarbonCH
	case CarbonCH, FNV1aCH, MMH3CH:
		return t
	default:
		l.noteAt("ROUTER_HASH_TYPE", "%q is no hash type; %s is used, as carbon does", t, CarbonCH)
		return CarbonCH
	}
}

func (l *loader) decodeSending() {
	s := &l.relay.Settings
	s.Protocol = l.choice("DESTINATION_PROTOCOL", []string{"pickle", "line", "protobuf"})
	s.TLS = l.text("DESTINATION_TRANSPORT") == "ssl"
	if t := l.text("DESTINATION_TRANSPORT"); t != "ssl" && t != "none" {
		l.noteAt("DESTINATION_TRANSPORT", "%q is no transport; without one, as carbon does: only ssl is encrypted", t)
	}
	s.CA = l.text("DESTINATION_SSL_CA")
	if s.MaxQueue = l.number("MAX_QUEUE_SIZE"); math.IsNaN(s.MaxQueue) {
		s.MaxQueue = math.Inf(1) // no length is ever as large as this
	}
	s.QueueHardPct, s.QueueLowPct = l.number("MAX_QUEUE_SIZE_HARD_PCT"), l.number("QUEUE_LOW_WATERMARK_PCT")
	s.FlowControl = l.yes("USE_FLOW_CONTROL")
	s.MaxMessage = l.whole("MAX_DATAPOINTS_PER_MESSAGE", 1, math.MaxInt32)
	s.SendDelay = l.seconds("TIME_TO_DEFER_SENDING")
}

func (l *loader) text(name string) string { return show(l.relay.Settings.Values[name]) }

func (l *loader) yes(name string) bool {
	b, _ := l.relay.Settings.Values[name].(bool)
	return b
}

// number returns a setting that should be a number, 0 if it is unset.
func (l *loader) number(name string) float64 {
	switch v := l.relay.Settings.Values[name].(type) {
	case nil:
		return 0
	case int:
		return float64(v)
	case float64:
		return v
	default:
		l.wrong(name, "a number")
		return 0
	}
}

func (l *loader) wrong(name, want string) {
	text := l.text(name)
	cure := commentCure(text)
	if strings.EqualFold(text, "none") {
		cure = "; leave the setting out to have none"
	}
	l.problem(l.relay.Settings.Paths.Config, l.relay.Settings.lines[name], Value, "%s: want %s, got %q%s", name, want, text, cure)
}

// whole returns a setting that should be a whole number within bounds.
func (l *loader) whole(name string, lo, hi int) int {
	n, ok := l.relay.Settings.Values[name].(int)
	if !ok || n < lo || n > hi {
		want := fmt.Sprintf("a whole number from %d", lo)
		if hi < math.MaxInt32 {
			want += fmt.Sprintf(" to %d", hi)
		}
		l.wrong(name, want)
		return lo
	}
	return n
}

// seconds returns a setting that should be a time in seconds.
func (l *loader) seconds(name string) time.Duration {
	f := l.number(name)
	switch {
	case f > 0 && f < math.MaxInt32:
		return time.Duration(f * float64(time.Second))
	case math.IsNaN(f) || f < 0:
		l.wrong(name, "seconds, or 0 for none")
	}
	return 0
}

// choice returns a setting that must be one of these.
func (l *loader) choice(name string, among []string) string {
	text := l.text(name)
	for _, one := range among {
		if one == text {
			return one
		}
	}
	cure := "there are: " + strings.Join(among, ", ")
	if n := nearest.Word(strings.ToLower(text), among); n != "" {
		cure = fmt.Sprintf("did you mean %q?", n)
	}
	l.problem(l.relay.Settings.Paths.Config, l.relay.Settings.lines[name], Value, "%s: %q is not known; %s", name, text, cure)
	return ""
}

func (l *loader) noteAt(name, format string, args ...any) {
	l.note(name, l.relay.Settings.Paths.Config, l.relay.Settings.lines[name], format, args...)
}
