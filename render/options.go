package render

import (
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Options say how a Handler answers. The zero value is ready for use.
type Options struct {
	Limits   Limits
	Location *time.Location // of times in questions that name no zone; UTC by default
	Now      func() time.Time
	Log      *slog.Logger          // of what is wrong with the store; may be nil
	Metrics  prometheus.Registerer // may be nil
}

// Limits bound what one question may cost. Zero means the default.
type Limits struct {
	Targets  int   // in one question: 200
	Length   int   // bytes of one target: 64 KiB
	Depth    int   // of calls in calls: 64
	Series   int   // that all targets together read, each time that they do: 20,000
	Points   int   // that reading and calculating make: 20 million
	AtOnce   int   // questions for values or all names that are answered at a time; others wait: 4
	Searches int   // questions by pattern or words that are answered at a time; others wait: 8
	Nodes    int   // in the answer to a search: 100,000
	Names    int   // in a list of all: 5 million
	Body     int64 // bytes of a question: 4 MiB

	Time time.Duration // until the answer begins: 1 minute
}

func (o Options) orDefaults() Options {
	if o.Location == nil {
		o.Location = time.UTC
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Limits = o.Limits.orDefaults()
	return o
}

func (l Limits) orDefaults() Limits {
	l.Targets = or(l.Targets, 200)
	l.Length = or(l.Length, 64<<10)
	l.Depth = or(l.Depth, 64)
	l.Series = or(l.Series, 20_000)
	l.Points = or(l.Points, 20_000_000)
	l.AtOnce = or(l.AtOnce, 4)
	l.Searches = or(l.Searches, 8)
	l.Nodes = or(l.Nodes, 100_000)
	l.Names = or(l.Names, 5_000_000)
	l.Body = or(l.Body, 4<<20)
	l.Time = or(l.Time, time.Minute)
	return l
}

func or[N ~int | ~int64](n, otherwise N) N {
	if n > 0 {
		return n
	}
	return otherwise
}
