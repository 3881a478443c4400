package whisper

import (
	"log/slog"
	"strconv"
	"sync"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/whisper"
)

// losses counts the points that were taken, and that their file then could not take.
// Their lines are kept with the refusals, as far as there is room for them.
type losses struct {
	refusals *deliver.Refusals
	log      *slog.Logger

	mu     sync.Mutex
	points uint64
	why    error // of the last
	unkept refused
}

// loss is points of one series, all for one reason.
type loss struct {
	name   string
	points []whisper.Point
	why    error
}

// mostUnkept bounds the lines that wait for the end of a round to be kept.
const mostUnkept = 256 << 10

func newLosses(r *deliver.Refusals, log *slog.Logger) *losses { return &losses{refusals: r, log: log} }

// reset begins to count anew.
func (l *losses) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.points, l.why, l.unkept = 0, nil, nil
}

func (l *losses) add(some loss) {
	if len(some.points) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.points += uint64(len(some.points))
	l.why = some.why
	if l.refusals == nil {
		return
	}
	var line []byte
	for _, p := range some.points {
		if l.unkept.bytes() > mostUnkept {
			return
		}
		line = append(append(line[:0], some.name...), ' ')
		line = append(strconv.AppendFloat(line, p.Value, 'g', -1, 64), ' ')
		l.unkept.add(append(strconv.AppendInt(line, p.Time, 10), '\n'), some.why)
	}
}

// keep keeps the lines that wait.
func (l *losses) keep() {
	l.mu.Lock()
	unkept := l.unkept
	l.unkept = nil
	l.mu.Unlock()
	_ = l.refusals.Settle(unkept, l.log) // the points are counted here
}

// sum is how many there were, and why the last.
func (l *losses) sum() (points uint64, why error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.points, l.why
}

// refused is lines that cannot be stored: one Refusal for each reason.
type refused []deliver.Refusal

// add adds a copy of a line.
func (r *refused) add(line []byte, why error) {
	for i := range *r {
		if one := &(*r)[i]; one.Why == why {
			one.Lines = append(one.Lines, line...)
			one.Points++
			return
		}
	}
	b := metric.Batch{Lines: append([]byte(nil), line...), Points: 1}
	*r = append(*r, deliver.Refusal{Batch: b, Why: why})
}

func (r refused) bytes() (n int) {
	for _, one := range r {
		n += len(one.Lines)
	}
	return n
}
