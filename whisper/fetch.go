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
	a, s := f.covering(r)
	if s.Step == 0 {
		return s, nil
	}
	s.Values = make([]float64, s.count())
	return s, f.fetch(a, &s)
}

// Count is how many values Fetch returns.
func (f *File) Count(r Range) int64 {
	if _, s := f.covering(r); s.Step > 0 {
		return s.count()
	}
	return 0
}

func (s Series) count() int64 { return (s.Until - s.From) / s.Step }

// covering is the archive to read from, and what to read, without its values.
func (f *File) covering(r Range) (Archive, Series) {
	oldest := r.Now - f.header.Span()
	if r.From > r.Now || r.Until < oldest {
		return Archive{}, Series{}
	}
	from, until := max(r.From, oldest), min(r.Until, r.Now)
	for _, a := range f.header.Archives {
		if a.Span() < r.Now-from {
			continue
		}
		s := Series{From: floor(from, a.Step) + a.Step, Until: floor(until, a.Step) + a.Step, Step: a.Step}
		if s.From == s.Until {
			s.Until += a.Step
		}
		return a, s
	}
	return Archive{}, Series{} // one of them covers what is not older than oldest
}

// fetchAtOnce is how many points are read at a time, so that those of a long time do
// not take more memory than their values.
const fetchAtOnce = 1 << 14

// fetch reads from one archive, which covers the time.
func (f *File) fetch(a Archive, s *Series) error {
	r, err := f.ring(a)
	if err != nil {
		return err
	}
	for i := range s.Values {
		s.Values[i] = math.NaN()
	}
	for begin, all := int64(0), min(int64(len(s.Values)), a.Points); begin < all; begin += fetchAtOnce {
		from := s.From + begin*a.Step
		points, err := f.readPoints(r, from, min(all-begin, fetchAtOnce))
		if err != nil {
			return err
		}
		for i := range len(points) / pointSize {
			if t, value := point(points, i); t == from+int64(i)*a.Step {
				s.Values[begin+int64(i)] = value
			}
		}
	}
	return nil
}
