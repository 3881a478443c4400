package whisper

import (
	"cmp"
	"math"
	"slices"
	"sort"
)

// Point is one value of a series.
type Point struct {
	Time  int64 // Unix seconds
	Value float64
}

// Update writes points, which it sorts, and what follows from them for the coarser
// archives, as if it were now. Each point goes to the finest archive that covers its
// age, and from there to those below. Of points in one interval the one with the
// latest time counts, of those with the same time the first. It returns how many were
// dropped because no archive covers them, or no file can hold their time.
//
// After an error any part of it may have been written. Doing it again completes it.
func (f *File) Update(points []Point, now int64) (dropped int, err error) {
	if !slices.IsSortedFunc(points, byTime) {
		slices.SortStableFunc(points, byTime)
	}
	all := len(points)
	points = f.holdable(points)
	for i, a := range f.header.Archives {
		oldest := now - a.Span()
		n := sort.Search(len(points), func(i int) bool { return points[i].Time >= oldest })
		if n < len(points) {
			if err := f.updateArchive(i, points[n:]); err != nil {
				return 0, err
			}
			all -= len(points) - n
			points = points[:n]
		}
	}
	return all, nil
}

func byTime(a, b Point) int { return cmp.Compare(a.Time, b.Time) }

// holdable cuts off the points whose intervals would be 0, which stands for none, or
// do not fit into 32 bits.
func (f *File) holdable(points []Point) []Point {
	coarsest := f.header.Archives[len(f.header.Archives)-1].Step
	for len(points) > 0 && points[len(points)-1].Time > math.MaxUint32 {
		points = points[:len(points)-1]
	}
	for len(points) > 0 && points[0].Time < coarsest {
		points = points[1:]
	}
	return points
}

// updateArchive writes points to archive i and rolls them up.
func (f *File) updateArchive(i int, points []Point) error {
	r, err := f.ring(f.header.Archives[i])
	if err != nil {
		return err
	}
	if err := f.writeRuns(&r, points); err != nil {
		return err
	}
	return f.rollUp(i, r, points)
}

// writeRuns writes sorted points, those that follow each other without a gap at once.
func (f *File) writeRuns(r *ring, points []Point) error {
	run := f.scratch(int64(len(points)) * pointSize)[:0]
	var begin, next int64
	for len(points) > 0 {
		interval, value, n := takeInterval(points, r.Step)
		points = points[n:]
		if len(run) > 0 && interval != next {
			if err := f.writePoints(r, begin, run); err != nil {
				return err
			}
			run = run[:0]
		}
		if len(run) == 0 {
			begin = interval
		}
		run = appendPoint(run, interval, value)
		next = interval + r.Step
	}
	return f.writePoints(r, begin, run)
}

// takeInterval returns the interval of the first of sorted points, the value that
// counts in it, and how many points are in it.
func takeInterval(points []Point, step int64) (interval int64, value float64, n int) {
	interval = floor(points[0].Time, step)
	value = points[0].Value
	for n = 1; n < len(points) && points[n].Time < interval+step; n++ {
		if points[n].Time != points[n-1].Time {
			value = points[n].Value
		}
	}
	return interval, value, n
}
