package carbonconf

import "time"

// Settings is the settings of a relay that mean something here, each under
// the name carbon.conf has for it, built-in defaults filled in.
type Settings struct {
	// LineReceiver is LINE_RECEIVER_INTERFACE and LINE_RECEIVER_PORT.
	LineReceiver Listen
	// UDPReceiver is UDP_RECEIVER_INTERFACE and _PORT; its port is 0 unless
	// ENABLE_UDP_LISTENER is on.
	UDPReceiver Listen
	// PickleReceiver is PICKLE_RECEIVER_INTERFACE and _PORT.
	PickleReceiver Listen
	// PickleMaxLength is PICKLE_RECEIVER_MAX_LENGTH: the longest frame, in bytes.
	PickleMaxLength int
	// ProtobufReceiver is PROTOBUF_RECEIVER_INTERFACE and _PORT; off by default.
	ProtobufReceiver Listen

	// MaxConnections is MAX_RECEIVER_CONNECTIONS, over all TCP receivers; 0 is
	// without a limit.
	MaxConnections int
	// IdleTimeout is METRIC_CLIENT_IDLE_TIMEOUT; 0 is none.
	IdleTimeout time.Duration
	// KeepAlive is TCP_KEEPALIVE, TCP_KEEPIDLE, TCP_KEEPINTVL and TCP_KEEPCNT.
	KeepAlive KeepAlive
	// TimestampResolution is MIN_TIMESTAMP_RESOLUTION in seconds: timestamps are
	// cut to a multiple of it, and to whole seconds; 0 leaves them alone.
	TimestampResolution float64
	// UseLists is USE_WHITELIST, which turns on both lists.
	UseLists bool
	// NormalizeTags is TAG_RELAY_NORMALIZED: tagged names are put in canonical
	// form before they are routed.
	NormalizeTags bool

	// Method is RELAY_METHOD.
	Method Method
	// HashType is ROUTER_HASH_TYPE; what is not known is as good as CarbonCH.
	HashType HashType
	// Replicas is REPLICATION_FACTOR.
	Replicas int
	// DiverseReplicas is DIVERSE_REPLICAS: replicas go to different hosts.
	DiverseReplicas bool
	// PoolReplicas is DESTINATION_POOL_REPLICAS: destinations of one host and port
	// share what goes there.
	PoolReplicas bool
	// DynamicRouter is DYNAMIC_ROUTER: a destination is in the ring while it is
	// there; DynamicMaxRetries is how many retries it is given.
	DynamicRouter     bool
	DynamicMaxRetries int

	// Protocol is DESTINATION_PROTOCOL: pickle, line or protobuf.
	Protocol string
	// TLS is DESTINATION_TRANSPORT ssl; CA is DESTINATION_SSL_CA, a PEM file or
	// "" for the system's.
	TLS bool
	CA  string
	// MaxQueue is MAX_QUEUE_SIZE in points, +Inf for no limit; QueueHardPct and
	// QueueLowPct are MAX_QUEUE_SIZE_HARD_PCT and QUEUE_LOW_WATERMARK_PCT, shares
	// of it.
	MaxQueue, QueueHardPct, QueueLowPct float64
	// FlowControl is USE_FLOW_CONTROL.
	FlowControl bool
	// MaxMessage is MAX_DATAPOINTS_PER_MESSAGE.
	MaxMessage int
	// SendDelay is TIME_TO_DEFER_SENDING.
	SendDelay time.Duration

	// MetricPrefix is CARBON_METRIC_PREFIX.
	MetricPrefix string
	// MetricInterval is CARBON_METRIC_INTERVAL; 0 turns the relay's own metrics off.
	MetricInterval time.Duration
	// Instance is the relay's own, for the names of its metrics.
	Instance string

	// LogConnections and LogDisconnections are LOG_LISTENER_CONN_SUCCESS and _LOST.
	LogConnections, LogDisconnections bool
	// User is USER, who to run as; "" for whoever starts it.
	User string
	// Paths is where the files are.
	Paths Paths
	// Values is every setting as carbon has it after reading the file, unknown
	// ones included: bool, int, float64, string, []string or nil.
	Values map[string]any

	lines map[string]int // where each setting is set
}

// Listen is an address to listen on. Port 0 is: do not.
type Listen struct {
	Interface string
	Port      int
}

// KeepAlive is how TCP connections are probed.
type KeepAlive struct {
	On             bool
	Idle, Interval time.Duration
	Count          int
}

// Method is a RELAY_METHOD.
type Method string

// The methods there are.
const (
	RulesMethod           Method = "rules"
	Constant              Method = "constant"
	ConsistentHashing     Method = "consistent-hashing"
	AggregatedConsistent  Method = "aggregated-consistent-hashing"
	FastHashing           Method = "fast-hashing"
	FastAggregatedHashing Method = "fast-aggregated-hashing"
)

// methods is every method there is.
var methods = []string{
	string(RulesMethod), string(Constant), string(ConsistentHashing), string(AggregatedConsistent),
	string(FastHashing), string(FastAggregatedHashing),
}

// Aggregated reports whether the method hashes the names of aggregates.
func (m Method) Aggregated() bool {
	return m == AggregatedConsistent || m == FastAggregatedHashing
}

// Hashing reports whether the method hashes names at all.
func (m Method) Hashing() bool { return m != RulesMethod && m != Constant }

// HashType is a ROUTER_HASH_TYPE.
type HashType string

// The hash types there are.
const (
	CarbonCH HashType = "carbon_ch"
	FNV1aCH  HashType = "fnv1a_ch"
	MMH3CH   HashType = "mmh3_ch"
)

// Paths is where a relay's files are, as carbon derives it from the settings,
// the environment and the command line.
type Paths struct {
	Config                      string // carbon.conf
	Root, Conf, Storage, Log    string // directories
	PIDFile                     string
	Rules, Rewrite, Aggregation string
	Whitelist, Blacklist        string
}
