package whisper

import (
	"fmt"
	"math"
)

// Range is a time to be read: after From and up to Until, seen from Now. All are
// Unix seconds.
type Range struct{ From, Until, Now int64 }

// Series is values that follow each other: the first belongs to From, the next to
// From+Step, and so on up to Until, which is not in it. NaN stands for unknown.
type Series struct {
	From, Until, Step int64
	Values            []float64
}

// Fetch reads the values of a time, from the finest archive that covers all of it up
// to now. It begins with the first whole interval after r.From. A time that lies
// wholly in the future, or before all that is kept, gives no values and no step.
func (f *File) Fetch(r Range) (Series, error) {
	if r.From > r.Until {
		return Series{}, fmt.Errorf("the time from %d to %d ends before it begins", r.From, r.Until)
	}
	oldest := r.Now - f.header.Span()
	if r.From > r.Now || r.Until < oldest {
		return Series{}, nil
	}
	r.From, r.Until = max(r.From, oldest), min(r.Until, r.Now)
	for _, a := range f.header.Archives {
		if a.Span() >= r.Now-r.From {
			return f.fetch(a, r)
		}
	}
	return Series{}, nil // one of them covers what is not older than oldest
}

// fetch reads from one archive, which covers the time.
func (f *File) fetch(a Archive, t Range) (Series, error) {
	s := Series{From: floor(t.From, a.Step) + a.Step, Until: floor(t.Until, a.Step) + a.Step, Step: a.Step}
	if s.From == s.Until {
		s.Until += a.Step
	}
	s.Values = make([]float64, (s.Until-s.From)/a.Step)
	r, err := f.ring(a)
	if err != nil {
		return Series{}, err
	}
	points, err := f.readPoints(r, s.From, min(int64(len(s.Values)), a.Points))
	if err != nil {
		return Series{}, err
	}
	for i := range s.Values {
		s.Values[i] = math.NaN()
		if len(points) < (i+1)*pointSize {
			continue
		}
		if t, value := point(points, i); t == s.From+int64(i)*a.Step {
			s.Values[i] = value
		}
	}
	return s, nil
}
