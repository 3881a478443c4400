package whisper

// rollUp brings to the archives below archive i what follows from new points in it.
// It ends at one in which nothing changes.
func (f *File) rollUp(i int, fine ring, points []Point) error {
	step := fine.Step
	for _, below := range f.header.Archives[i+1:] {
		coarse, err := f.ring(below)
		if err != nil {
			return err
		}
		changed, err := f.propagate(fine, &coarse, step, points)
		if err != nil || !changed {
			return err
		}
		fine = coarse
	}
	return nil
}

// propagate makes anew each interval of coarse that has one of points in it, which
// were written in this step. It reports whether one became known.
func (f *File) propagate(fine ring, coarse *ring, step int64, points []Point) (changed bool, err error) {
	var s span
	for _, p := range points {
		interval := floor(floor(p.Time, step), coarse.Step)
		if s.count > 0 && interval == s.last(coarse.Step) {
			continue
		}
		if s.count > 0 && !s.takes(interval, fine, coarse) {
			done, err := f.consolidate(fine, coarse, s)
			if err != nil {
				return false, err
			}
			changed, s = changed || done, span{}
		}
		if s.count == 0 {
			s.begin = interval
		}
		s.count++
	}
	done, err := f.consolidate(fine, coarse, s)
	return changed || done, err
}

// span is some intervals, one after the other.
type span struct{ begin, count int64 }

func (s span) last(step int64) int64 { return s.begin + (s.count-1)*step }

// takes reports whether interval comes next in the span, and the span with it can
// still be made in one go.
func (s span) takes(interval int64, fine ring, coarse *ring) bool {
	per := coarse.Step / fine.Step
	return interval == s.last(coarse.Step)+coarse.Step &&
		coarse.Step%fine.Step == 0 && (s.count+1)*per <= fine.Points
}

// consolidate makes the values of a span of intervals, and writes those that have
// enough known ones behind them. It reports whether there are any.
func (f *File) consolidate(fine ring, coarse *ring, s span) (changed bool, err error) {
	per := coarse.Step / fine.Step
	if per > fine.Points {
		return false, nil // no tool makes such a file
	}
	from, err := f.readPoints(fine, s.begin, s.count*per)
	if err != nil {
		return false, err
	}
	// What is made of some points takes no more room than they do.
	run, begin := from[:0], s.begin
	for i := range s.count {
		interval := s.begin + i*coarse.Step
		value, ok := f.header.aggregate(neighbours{from[i*per*pointSize:][:per*pointSize], interval, fine.Step})
		if !ok {
			if err := f.writeRun(coarse, begin, run); err != nil {
				return changed, err
			}
			run, begin = run[:0], interval+coarse.Step
			continue
		}
		changed = true
		run = appendPoint(run, interval, value)
	}
	return changed, f.writeRun(coarse, begin, run)
}

func (f *File) writeRun(r *ring, begin int64, run []byte) error {
	if len(run) == 0 {
		return nil
	}
	return f.writePoints(r, begin, run)
}
