package remotewritetest

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"

	"github.com/klauspost/compress/snappy"
)

// Server is a receiver: an http.Handler. What can be set is set before its first
// request. It keeps all samples that it takes.
type Server struct {
	Version int    // of the messages that it takes: 1, the default, or 2
	Token   string // that requests must show as their bearer, if it is set

	// OldVersion has a server of version 1 not look at what a message is, as real ones
	// do: one of 2.0 is an empty one to it.
	OldVersion bool

	// Oldest is the time of the oldest sample that is taken, in milliseconds.
	Oldest int64

	// Took is told of each sample that is taken, if it is set.
	Took func(tenant, series string, s Sample)

	mu       sync.Mutex
	fault    Fault
	counts   map[int]int
	series   map[string]map[string][]Sample // by tenant and series
	help     map[string]string
	headers  http.Header
	faults   []string
	messages int
	most     int
}

// ServeHTTP answers as Prometheus does: of a message of 1.0 it takes all or nothing,
// and of 2.0 what it can.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.Token != "" && r.Header.Get("Authorization") != "Bearer "+s.Token {
		s.answer(w, http.StatusUnauthorized, "no such token: "+r.Header.Get("Authorization"))
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	version, ok := s.versionOf(r)
	if !ok {
		s.answer(w, http.StatusUnsupportedMediaType, "not accepted by this server")
		return
	}
	if s.OldVersion && version == 2 {
		s.answer(w, http.StatusNoContent, "")
		return
	}
	all, err := s.read(r, version, body)
	if err != nil {
		s.note(err)
		s.answer(w, http.StatusBadRequest, err.Error())
		return
	}
	if !s.misbehave(w, s.nextFault(all), len(body)) {
		s.write(w, r.Header.Get("X-Scope-OrgID"), version, all)
	}
}

// versionOf returns that of a message, and whether it is taken.
func (s *Server) versionOf(r *http.Request) (int, bool) {
	switch r.Header.Get("Content-Type") {
	case "application/x-protobuf":
		return 1, s.Version <= 1
	case "application/x-protobuf;proto=io.prometheus.write.v2.Request":
		return 2, s.Version == 2 || s.OldVersion
	}
	return 0, false
}

// read decodes a request and holds it to its specification.
func (s *Server) read(r *http.Request, version int, body []byte) ([]Series, error) {
	want := map[string]string{
		"Content-Encoding":                  "snappy",
		"X-Prometheus-Remote-Write-Version": map[int]string{1: "0.1.0", 2: "2.0.0"}[version],
	}
	for name, value := range want {
		if got := r.Header.Get(name); got != value {
			return nil, fmt.Errorf("header %s: got %q, want %q", name, got, value)
		}
	}
	if r.Method != http.MethodPost || r.Header.Get("User-Agent") == "" {
		return nil, fmt.Errorf("got %s by %q, want POST and a user agent", r.Method, r.Header.Get("User-Agent"))
	}
	message, err := snappy.Decode(nil, body)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.headers, s.most = r.Header.Clone(), max(s.most, len(message))
	s.mu.Unlock()
	return Decode(version, message)
}

// write keeps what can be kept, and answers.
func (s *Server) write(w http.ResponseWriter, tenant string, version int, all []Series) {
	s.mu.Lock()
	written, why := s.keep(tenant, version, all)
	s.messages++
	s.mu.Unlock()
	if version == 2 {
		w.Header().Set("X-Prometheus-Remote-Write-Samples-Written", strconv.Itoa(written))
		w.Header().Set("X-Prometheus-Remote-Write-Histograms-Written", "0")
		w.Header().Set("X-Prometheus-Remote-Write-Exemplars-Written", "0")
	}
	if why != "" {
		s.answer(w, http.StatusBadRequest, why)
		return
	}
	s.answer(w, http.StatusNoContent, "")
}

// keep keeps samples, and returns how many, and what is wrong with the others. The
// caller holds s.mu.
func (s *Server) keep(tenant string, version int, all []Series) (written int, why string) {
	if s.series == nil {
		s.series, s.help = map[string]map[string][]Sample{}, map[string]string{}
	}
	if s.series[tenant] == nil {
		s.series[tenant] = map[string][]Sample{}
	}
	var news []func()
	for _, one := range all {
		name := one.String()
		kept := slices.Clip(s.series[tenant][name])
		for _, sample := range one.Samples {
			if bad := s.refuse(kept, sample); bad != "" {
				if why = bad; version == 1 {
					return 0, why
				}
				continue
			}
			written++
			if len(kept) == 0 || kept[len(kept)-1].Time < sample.Time {
				kept = append(kept, sample)
			}
			news = append(news, func() { s.tell(tenant, name, sample) })
		}
		news = append(news, func() { s.series[tenant][name], s.help[name] = kept, one.Help })
	}
	for _, note := range news {
		note()
	}
	return written, why
}

func (s *Server) tell(tenant, series string, sample Sample) {
	if s.Took != nil {
		s.Took(tenant, series, sample)
	}
}

// refuse says why a sample cannot follow those before, as Prometheus does.
func (s *Server) refuse(before []Sample, sample Sample) string {
	if sample.Time < s.Oldest {
		return "out of bounds"
	}
	if len(before) == 0 {
		return ""
	}
	switch last := before[len(before)-1]; {
	case sample.Time < last.Time:
		return "out of order sample"
	case sample.Time == last.Time && sample.Value != last.Value:
		return "duplicate sample for timestamp"
	}
	return ""
}

func (s *Server) note(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, err.Error())
}

func (s *Server) answer(w http.ResponseWriter, status int, text string) {
	s.mu.Lock()
	if s.counts == nil {
		s.counts = map[int]int{}
	}
	s.counts[status]++
	s.mu.Unlock()
	if status >= http.StatusBadRequest {
		if text == "" {
			text = http.StatusText(status)
		}
		http.Error(w, text, status)
		return
	}
	w.WriteHeader(status)
}
