package receive

import (
	"errors"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/wire/pickle"
	"github.com/plumbago/plumbago/wire/protobuf"
)

// framing is what tells one protocol of frames from another.
type framing struct {
	reason   metric.Reason         // of a frame that is refused
	opens    func(first byte) bool // whether a frame's message can begin so
	newCodec func(Options) codec
}

var framings = map[string]*framing{
	"pickle":   {metric.Pickle, opensPickle, newPickles},
	"protobuf": {metric.Protobuf, opensProtobuf, newProtobufs},
}

// codec turns frames into batches, each valid until the next call.
type codec interface {
	// decode returns a *refusal of a frame that it does not take.
	decode(frame []byte, now int64) (metric.Batch, error)
	// tell says whom to tell of points of good frames that are not taken.
	tell(reject func(reason metric.Reason, item string))
}

// refusal is why a frame was refused.
type refusal struct {
	offset int    // of the culprit in the frame
	facts  []any  // for the log
	why    string // a sentence
}

func (r *refusal) Error() string { return r.why }

type pickles struct{ d pickle.Decoder }

func newPickles(o Options) codec { return &pickles{pickle.Decoder{KeepTags: o.KeepTags}} }

func (p *pickles) tell(reject func(metric.Reason, string)) { p.d.Reject = reject }

func (p *pickles) decode(frame []byte, now int64) (metric.Batch, error) {
	b, err := p.d.Decode(frame, now)
	if e := (*pickle.FrameError)(nil); errors.As(err, &e) {
		return b, &refusal{e.Offset, []any{"opcode", e.Op}, e.Why}
	}
	return b, err
}

type protobufs struct{ d protobuf.Decoder }

func newProtobufs(o Options) codec { return &protobufs{protobuf.Decoder{KeepTags: o.KeepTags}} }

func (p *protobufs) tell(reject func(metric.Reason, string)) { p.d.Reject = reject }

func (p *protobufs) decode(frame []byte, now int64) (metric.Batch, error) {
	b, err := p.d.Decode(frame, now)
	if e := (*protobuf.FrameError)(nil); errors.As(err, &e) {
		return b, &refusal{e.Offset, nil, e.Why}
	}
	return b, err
}
