package tenant

import (
	"bytes"
	"hash/maphash"
	"math"
	"time"

	"github.com/plumbago/plumbago/internal/recent"
	"github.com/plumbago/plumbago/internal/tidy"
	"github.com/plumbago/plumbago/metric"
)

// holder is a tenant as one edition has it. What it counts and remembers goes on
// into the next.
type holder struct {
	name   string
	place  int // among the holders of the edition, from 1; that of nobody is 0
	as     Naming
	front  []byte // what goes before its names: "acme."
	tag    []byte // what marks them: ";tenant=acme"
	limits Limits // with defaults
	policy *tidy.Policy
	quick  bool // its lines need no look inside: they pass, with front before them

	account *account
	bucket  *bucket       // nil: no limit
	live    *recent.Names // nil: no limit
	rates   *recent.Rates // nil: no limit
	seed    maphash.Seed
}

func newHolder(t Tenant, place int) *holder {
	h := &holder{name: t.Name, place: place, as: t.As, limits: t.Limits.withDefaults(), policy: t.Names,
		tag: []byte(tenantTag + t.Name)}
	if h.as == "" {
		h.as = Prefix
	}
	if h.as == Prefix {
		h.front = []byte(t.Name + ".")
	}
	l := h.limits
	h.quick = h.as != Tag && h.policy == nil && l.MaxLine == 0 && l.MaxTags == 0 && l.LiveMetrics == 0 && l.PerMetric == 0
	return h
}

// newNobody makes the holder of what is nobody's.
func newNobody() *holder { return &holder{as: Plain, quick: true} }

func (l Limits) withDefaults() Limits {
	if l.Burst == 0 && l.PointsPerSecond > 0 {
		l.Burst = int(math.Ceil(min(2*l.PointsPerSecond, 1e15)))
	}
	if l.LiveWindow == 0 {
		l.LiveWindow = 5 * time.Minute
	}
	return l
}

// inherit takes over what last, who had the name before and may be nil, counted
// and remembers, and puts its own limits in force for that.
func (h *holder) inherit(last *holder) {
	if last == nil {
		last = &holder{}
	}
	h.account = last.account
	if h.limits.PointsPerSecond > 0 {
		h.bucket = last.bucket.refit(h.limits)
	}
	if h.limits.LiveMetrics > 0 {
		h.live = last.live
		if h.live == nil || last.limits.LiveWindow != h.limits.LiveWindow {
			h.live = recent.NewNames(h.limits.LiveMetrics, h.limits.LiveWindow)
		}
		h.live.Grow(h.limits.LiveMetrics)
	}
	if h.limits.PerMetric > 0 {
		h.rates = last.rates
		if h.rates == nil || last.limits.PerMetric != h.limits.PerMetric {
			h.rates = recent.NewRates(h.limits.PerMetric)
		}
	}
}

// misshapen returns why line is not of the form that the limits want, or "".
func (h *holder) misshapen(line []byte) metric.Reason {
	l := h.limits
	if l.MaxLine > 0 && len(line)-1 > l.MaxLine {
		return metric.LineLength
	}
	if l.MaxTags > 0 && bytes.Count(line[:bytes.IndexByte(line, ' ')], []byte{';'}) > l.MaxTags {
		return metric.TagCount
	}
	return ""
}

// excess returns why one more point of the line's name is too many, or "".
func (h *holder) excess(line []byte, now time.Time) metric.Reason {
	if h.live == nil && h.rates == nil {
		return ""
	}
	hash := maphash.Bytes(h.seed, line[:bytes.IndexByte(line, ' ')])
	if h.live != nil && !h.live.Admit(hash, now.Unix()) {
		return metric.LiveMetrics
	}
	if h.rates != nil && !h.rates.Allow(hash, now.UnixNano()) {
		return metric.MetricRate
	}
	return ""
}

func (h *holder) liveAt(now time.Time) int {
	if h.live == nil {
		return 0
	}
	return h.live.Live(now.Unix())
}
