package main

import "sync"

// arrivals is which points a sink has got, one bit each.
type arrivals struct {
	name string

	mu       sync.Mutex
	streams  map[string][]uint64
	distinct int
	repeated int
	wrong    []string // what no client sent
}

func newArrivals(name string) *arrivals {
	return &arrivals{name: name, streams: map[string][]uint64{}}
}

// take notes a line.
func (a *arrivals) take(line []byte) {
	stream, i, ok := parsePoint(line)
	if !ok {
		a.complain("got " + string(line[:min(len(line), 200)]) + ", which nobody sent")
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	bits := a.streams[stream]
	for len(bits) <= i/64 {
		bits = append(bits, make([]uint64, max(64, len(bits)))...)
	}
	a.streams[stream] = bits
	if bits[i/64]&(1<<(i%64)) != 0 {
		a.repeated++
		return
	}
	bits[i/64] |= 1 << (i % 64)
	a.distinct++
}

// count is how often anything came.
func (a *arrivals) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.distinct + a.repeated
}

func (a *arrivals) complain(what string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.wrong) < 10 {
		a.wrong = append(a.wrong, a.name+": "+what)
	}
}

// has tells whether point i of a stream has come. a.mu is held.
func (a *arrivals) has(stream string, i int) bool {
	bits := a.streams[stream]
	return i/64 < len(bits) && bits[i/64]&(1<<(i%64)) != 0
}

// behind tells whether anything came that a stream has not got to yet. a.mu is held.
func (a *arrivals) behind(stream string, made int) bool {
	for i := made; i < 64*len(a.streams[stream]); i++ {
		if a.has(stream, i) {
			return true
		}
	}
	return false
}
