package remotewritetest

import (
	"maps"
	"net/http"
	"slices"
)

// Samples returns those of a series, written as in name{label="value"}.
func (s *Server) Samples(tenant, series string) []Sample {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.series[tenant][series])
}

// Series lists those of a tenant, sorted.
func (s *Server) Series(tenant string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.series[tenant]))
}

// Points counts the samples of all tenants.
func (s *Server) Points() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, tenant := range s.series {
		for _, samples := range tenant {
			n += len(samples)
		}
	}
	return n
}

// Count returns how many requests were answered with a status.
func (s *Server) Count(status int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts[status]
}

// Help returns what the last message said of a series.
func (s *Server) Help(series string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.help[series]
}

// Header returns one of the last request's.
func (s *Server) Header(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return http.Header(s.headers).Get(name)
}

// Largest is the size of the largest message, in bytes.
func (s *Server) Largest() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.most
}

// Faults lists what was against the specification.
func (s *Server) Faults() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.faults)
}
