package whisper

// takeWaiting returns the series with a file and points, in the order they came.
func (c *cache) takeWaiting() []*series {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := c.waiting
	c.waiting = nil
	return list
}

// giveBack undoes takeWaiting for some of the series, and begin for the first.
func (c *cache) giveBack(list []*series) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.undo(list[0])
	c.waiting = append(list, c.waiting...)
}

// undo undoes begin. The caller holds c.mu.
func (c *cache) undo(s *series) {
	if len(s.writing) == 0 {
		return
	}
	c.bytes -= int64(cap(s.writing)+cap(s.points)) * pointBytes
	s.points = append(s.writing[:len(s.writing):len(s.writing)], s.points...)
	s.writing = nil
	c.bytes += int64(cap(s.points)) * pointBytes
}

// firstFresh is the series that has waited longest for a file, nil if none does.
func (c *cache) firstFresh() *series {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.fresh) == 0 {
		return nil
	}
	return c.fresh[0]
}

// short reports whether memory is so full that files must be created.
func (c *cache) short() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.isPressed()
}

// created notes that the first fresh series has a file. Whoever calls it writes to it
// at once.
func (c *cache) created(s *series) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fresh = c.fresh[1:]
	s.fresh = false
}

// lostFile makes fresh again a series whose file is gone, with what was to be written.
func (c *cache) lostFile(s *series) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.undo(s)
	if s.fresh {
		return
	}
	s.fresh, s.before = true, 0
	c.pushFresh(s)
}

// freshNames returns the names of the series that have points and no file.
func (c *cache) freshNames() (names []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.fresh {
		names = append(names, s.name)
	}
	return names
}

// sent is how many batches were taken.
func (c *cache) sent() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.batches
}

// complete is how many batches have no point for a series without a file.
func (c *cache) complete() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.batches
	for _, s := range c.fresh {
		n = min(n, s.before)
	}
	return n
}

// anyFresh is how many series wait for a file.
func (c *cache) anyFresh() waitingFiles {
	c.mu.Lock()
	defer c.mu.Unlock()
	return waitingFiles(len(c.fresh))
}
