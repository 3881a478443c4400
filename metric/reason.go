package metric

// Reason says why a point was not taken, or was dropped later. Every lost point
// is counted once, under one reason; the texts are label values of the metrics
// and are explained in docs/metrics.md.
type Reason string

// What a sender can do wrong.
const (
	// Fields: a line of other than two or three fields, or a pickled item that is not (name, (timestamp, value)).
	Fields Reason = "fields"
	// Name: a name that a canonical line cannot carry: empty, or with white space or a control character in it.
	Name Reason = "name"
	// UTF8: a name or line that is not UTF-8.
	UTF8 Reason = "utf8"
	// Value: a value that is not a number.
	Value Reason = "value"
	// NaN: a value that is not-a-number in the float's sense.
	NaN Reason = "nan"
	// Timestamp: a time that is not a finite number of seconds.
	Timestamp Reason = "timestamp"
	// TooLong: a line or frame over the listener's limit.
	TooLong Reason = "too_long"
	// Unterminated: the rest of a stream that ended in mid-line or mid-frame.
	Unterminated Reason = "unterminated"
	// Pickle: a frame that is no pickle, or one that asks for more than lists, tuples, text and numbers.
	Pickle Reason = "pickle"
	// Protobuf: a frame that is no message of points.
	Protobuf Reason = "protobuf"
	// JSON: a body that is no JSON array of points, or an item of one that is no point.
	JSON Reason = "json"
	// Body: an HTTP body that cannot be read: cut off, not compressed as it says, or too large.
	Body Reason = "body"
)

// What a gateway with tenants or a policy for names does not let pass.
const (
	// UnknownTenant: neither a key nor anything else says whose the point is.
	UnknownTenant Reason = "unknown_tenant"
	// TenantRate: the tenant sends more points a second than it may.
	TenantRate Reason = "tenant_rate"
	// LiveMetrics: the name is new, and the tenant has as many live metrics as it may.
	LiveMetrics Reason = "live_metrics"
	// MetricRate: the metric has more points a second than one may.
	MetricRate Reason = "metric_rate"
	// LineLength: the line is longer than the tenant's may be.
	LineLength Reason = "line_length"
	// TagCount: the metric has more tags than the tenant's may have.
	TagCount Reason = "tag_count"
	// Characters: the name has a character in it that the policy does not allow.
	Characters Reason = "characters"
	// Dots: the name begins or ends with a dot, or has two in a row.
	Dots Reason = "dots"
	// NameLength: the name is longer than the policy allows.
	NameLength Reason = "name_length"
	// Tags: the tags have a form that Graphite does not store.
	Tags Reason = "tags"
	// Age: the time lies farther in the past or in the future than the policy allows.
	Age Reason = "age"
)

// What plumbago itself can drop, by configuration or by accident.
const (
	// NoRoute: no rule matched the name.
	NoRoute Reason = "no_route"
	// Blacklisted: the name is on the blacklist.
	Blacklisted Reason = "blacklisted"
	// NotWhitelisted: there is a whitelist, and the name is not on it.
	NotWhitelisted Reason = "not_whitelisted"
	// QueueFull: the destination's queue was at its bound.
	QueueFull Reason = "queue_full"
	// TooOld: the point waited longer than the queue's max_age.
	TooOld Reason = "too_old"
	// Damaged: the queue's file was damaged where the point had been.
	Damaged Reason = "damaged"
	// DiskError: the queue could not be written and memory was full.
	DiskError Reason = "disk_error"
	// Operator: dropped by `plumbago queue drop`.
	Operator Reason = "operator"
	// Refused: the destination refused the point for good.
	Refused Reason = "refused"
)

// Reasons lists them all.
var Reasons = []Reason{
	Fields, Name, UTF8, Value, NaN, Timestamp, TooLong, Unterminated, Pickle, Protobuf, JSON, Body,
	UnknownTenant, TenantRate, LiveMetrics, MetricRate, LineLength, TagCount, Characters, Dots, NameLength, Tags, Age,
	NoRoute, Blacklisted, NotWhitelisted, QueueFull, TooOld, Damaged, DiskError, Operator, Refused,
}
