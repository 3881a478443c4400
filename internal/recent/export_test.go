package recent

// Confuse makes due for a name what is due for another in the same set.
func (r *Rates) Confuse(name, other uint64) {
	s := &r.sets[name>>(64-setBits)]
	s.find(name).due.Store(s.find(other).due.Load())
}
