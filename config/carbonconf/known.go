package carbonconf

import "math"

// known is a setting that carbon has.
type known struct {
	name  string
	value any // the built-in default, which says how the setting is read
	// idle says why the setting has no effect here; "" is for those that have one.
	idle string
}

// others is what settings do here that do something else in carbon.
var others = map[string]string{
	"MAX_QUEUE_SIZE": "a lower bound here: each destination has a queue on disk of at least 10 GiB",
	"MAX_QUEUE_SIZE_HARD_PCT": "it only raises the lower bound that MAX_QUEUE_SIZE is here: " +
		"each destination has a queue on disk of at least 10 GiB",
}

const (
	forCache      = "it is for carbon-cache, and a relay stores nothing"
	forAggregator = "it is for carbon-aggregator, and a relay aggregates nothing"
	noAMQP        = "there is no AMQP here"
	noManhole     = "there is no shell into the running process here"
	noReset       = "a connection is made anew as soon as its peer stops acknowledging"
	noTags        = "tags are not registered with graphite-web by a relay"
	noCeres       = "there is no Ceres here"
	noStops       = "a destination that is full or down never stops the others: what it does not take waits on disk"
	noConnections = "connections are in the log at the level debug, and counted in the metrics"
	unset         = "" // a default that carbon has no value for
)

// settings is every setting that carbon has.
var settings = []known{
	{"AGGREGATION_RULES", "aggregation-rules.conf", ""},
	{"AMQP_METRIC_NAME_IN_BODY", false, noAMQP},
	{"AMQP_SPEC", nil, noAMQP},
	{"AMQP_VERBOSE", false, noAMQP},
	{"AMQP_HOST", nil, noAMQP},
	{"AMQP_PORT", nil, noAMQP},
	{"AMQP_VHOST", nil, noAMQP},
	{"AMQP_USER", nil, noAMQP},
	{"AMQP_PASSWORD", nil, noAMQP},
	{"AMQP_EXCHANGE", nil, noAMQP},
	{"BIND_PATTERNS", []string{"#"}, noAMQP},
	{"CACHE_METRIC_NAMES_MAX", 0, "decisions about names are remembered in a bounded table anyway"},
	{"CACHE_METRIC_NAMES_TTL", 0, "decisions about names do not grow old: they are forgotten at a reload"},
	{"CACHE_QUERY_INTERFACE", "0.0.0.0", forCache},
	{"CACHE_QUERY_PORT", 7002, forCache},
	{"CACHE_WRITE_STRATEGY", "sorted", forCache},
	{"CARBON_METRIC_INTERVAL", 60, ""},
	{"CARBON_METRIC_PREFIX", "carbon", ""},
	{"CERES_LOCK_WRITES", false, noCeres},
	{"CERES_MAX_SLICE_GAP", 80, noCeres},
	{"CERES_NODE_CACHING_BEHAVIOR", "all", noCeres},
	{"CERES_SLICE_CACHING_BEHAVIOR", "latest", noCeres},
	{"CONF_DIR", nil, ""},
	{"DATABASE", "whisper", forCache},
	{"DESTINATIONS", []string{}, ""},
	{"DESTINATION_POOL_REPLICAS", false, ""},
	{"DESTINATION_PROTOCOL", "pickle", ""},
	{"DESTINATION_SSL_CA", nil, ""},
	{"DESTINATION_TRANSPORT", "none", ""},
	{"DIVERSE_REPLICAS", true, ""},
	{"DYNAMIC_ROUTER", false, ""},
	{"DYNAMIC_ROUTER_MAX_RETRIES", 5, ""},
	{"ENABLE_AMQP", false, noAMQP},
	{"ENABLE_LOGROTATION", true, "the log goes to standard error or the journal, which have a rotation of their own"},
	{"ENABLE_MANHOLE", false, noManhole},
	{"ENABLE_TAGS", true, noTags},
	{"ENABLE_UDP_LISTENER", false, ""},
	{"FORWARD_ALL", true, forAggregator},
	{"GRAPHITE_URL", "http://127.0.0.1:80", noTags},
	{"LINE_RECEIVER_INTERFACE", "0.0.0.0", ""},
	{"LINE_RECEIVER_PORT", 2003, ""},
	{"LOCAL_DATA_DIR", nil, forCache},
	{"LOG_AGGREGATOR_MISSES", true, forAggregator},
	{"LOG_CACHE_HITS", true, forCache},
	{"LOG_CACHE_QUEUE_SORTS", true, forCache},
	{"LOG_CREATES", true, forCache},
	{"LOG_DIR", nil, ""},
	{"LOG_LISTENER_CONN_LOST", false, noConnections},
	{"LOG_LISTENER_CONN_SUCCESS", true, noConnections},
	{"LOG_UPDATES", true, forCache},
	{"MANHOLE_HOST_KEY_DIR", unset, noManhole},
	{"MANHOLE_INTERFACE", "127.0.0.1", noManhole},
	{"MANHOLE_PORT", 7222, noManhole},
	{"MANHOLE_PUBLIC_KEY", unset, noManhole},
	{"MANHOLE_USER", unset, noManhole},
	{"MAX_AGGREGATION_INTERVALS", 5, forAggregator},
	{"MAX_CACHE_SIZE", math.Inf(1), forCache},
	{"MAX_CREATES_PER_MINUTE", math.Inf(1), forCache},
	{"MAX_DATAPOINTS_PER_MESSAGE", 500, ""},
	{"MAX_QUEUE_SIZE", 10000, ""},
	{"MAX_QUEUE_SIZE_HARD_PCT", 1.25, ""},
	{"MAX_RECEIVER_CONNECTIONS", math.Inf(1), ""},
	{"MAX_UPDATES_PER_SECOND", 500, forCache},
	{"MAX_UPDATES_PER_SECOND_ON_SHUTDOWN", nil, forCache},
	{"METRIC_CLIENT_IDLE_TIMEOUT", nil, ""},
	{"MIN_RESET_INTERVAL", 121, noReset},
	{"MIN_RESET_RATIO", 0.9, noReset},
	{"MIN_RESET_STAT_FLOW", 1000, noReset},
	{"MIN_TIMESTAMP_LAG", 0, forCache},
	{"MIN_TIMESTAMP_RESOLUTION", 0, ""},
	{"PICKLE_RECEIVER_INTERFACE", "0.0.0.0", ""},
	{"PICKLE_RECEIVER_MAX_LENGTH", 1048576, ""},
	{"PICKLE_RECEIVER_PORT", 2004, ""},
	{"PID_DIR", nil, ""},
	{"PROTOBUF_RECEIVER_INTERFACE", nil, ""},
	{"PROTOBUF_RECEIVER_PORT", nil, ""},
	{"QUEUE_LOW_WATERMARK_PCT", 0.8, noStops},
	{"RAVEN_DSN", nil, "errors are not reported to Sentry; they are in the log and in the metrics"},
	{"RELAY_CACHE_METRICS", false, forCache},
	{"RELAY_METHOD", "rules", ""},
	{"RELAY_RULES", "relay-rules.conf", ""},
	{"REPLICATION_FACTOR", 1, ""},
	{"REWRITE_RULES", "rewrite-rules.conf", ""},
	{"ROUTER_HASH_TYPE", nil, ""},
	{"SKIP_TAGS_FOR_NONTAGGED", true, noTags},
	{"STORAGE_DIR", nil, ""},
	{"TAG_BATCH_SIZE", 100, noTags},
	{"TAG_HASH_FILENAMES", true, forCache},
	{"TAG_QUEUE_SIZE", 10000, noTags},
	{"TAG_RELAY_NORMALIZED", false, ""},
	{"TAG_UPDATE_INTERVAL", 100, noTags},
	{"TCP_KEEPALIVE", true, ""},
	{"TCP_KEEPCNT", 2, ""},
	{"TCP_KEEPIDLE", 10, ""},
	{"TCP_KEEPINTVL", 30, ""},
	{"TIME_TO_DEFER_SENDING", 0.0001, "points are sent as soon as there are any"},
	{"UDP_RECEIVER_INTERFACE", "0.0.0.0", ""},
	{"UDP_RECEIVER_PORT", 2003, ""},
	{"USER", unset, ""},
	{"USE_FLOW_CONTROL", true, noStops},
	{"USE_INSECURE_UNPICKLER", false, "an insecure unpickler lets every sender run code here; pickles are read safely"},
	{"USE_RATIO_RESET", false, noReset},
	{"USE_WHITELIST", false, ""},
	{"WHISPER_AUTOFLUSH", false, forCache},
	{"WHISPER_FADVISE_RANDOM", false, forCache},
	{"WHISPER_FALLOCATE_CREATE", false, forCache},
	{"WHISPER_LOCK_WRITES", false, forCache},
	{"WHISPER_SPARSE_CREATE", false, forCache},
	{"WHITELISTS_DIR", nil, forCache},
	{"WRITE_BACK_FREQUENCY", nil, forAggregator},
}

// lookup returns what is known of a setting.
func lookup(name string) (known, bool) {
	for _, k := range settings {
		if k.name == name {
			return k, true
		}
	}
	return known{}, false
}

func knownNames() []string {
	names := make([]string, len(settings))
	for i, k := range settings {
		names[i] = k.name
	}
	return names
}
