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
	Fields, Name, UTF8, Value, NaN, Timestamp, TooLong, Unterminated, Pickle, Protobuf,
	NoRoute, Blacklisted, NotWhitelisted, QueueFull, TooOld, Damaged, DiskError, Operator, Refused,
}
