package render

// thinning is how the points of an answer become fewer.
type thinning struct {
	points int64 // of a series at most; 0: as many as there are
	known  bool  // only those with a value, and only series that have some
}

// plotted is a series with the points that an answer shows.
type plotted struct {
	*series
	points     []float64
	from, step int64
}

// apply gives each series its points. They are made fewer so that the beginnings
// of what is combined do not move with the time asked for.
func (t thinning) apply(list []*series) []plotted {
	if !anyPoints(list) {
		return nil
	}
	from, until := list[0].from, list[0].until
	for _, s := range list {
		from, until = min(from, s.from), max(until, s.until)
	}
	shown := make([]plotted, 0, len(list))
	for _, s := range list {
		d := t.one(s, until-from)
		if !t.known || countKnown(d.points) > 0 {
			shown = append(shown, d)
		}
	}
	return shown
}

func anyPoints(list []*series) bool {
	for _, s := range list {
		if len(s.values) > 0 {
			return true
		}
	}
	return false
}

// one thins a series out, for a graph of so many seconds.
func (t thinning) one(s *series, seconds int64) plotted {
	d := plotted{s, s.values, s.from, s.step}
	all := float64(seconds) / float64(s.step)
	switch {
	case t.points == 1 && len(s.values) > 0:
		d.points, d.step = s.fewer(len(s.values)), s.step*int64(len(s.values))
	case t.points > 1 && float64(t.points) < all:
		n := (seconds + s.step*t.points - 1) / (s.step * t.points)
		d.step = n * s.step
		skip := d.step + mod(s.from, s.step) - mod(s.from, d.step)
		d.from += skip
		thinned := *s
		thinned.values = s.values[min(int(max(skip/s.step-1, 0)), len(s.values)):]
		d.points = thinned.fewer(int(n))
	}
	// As Graphite counts, the end may have a point too.
	if most := max(0, (s.until-d.from)/d.step+1); int64(len(d.points)) > most {
		d.points = d.points[:most]
	}
	return d
}
