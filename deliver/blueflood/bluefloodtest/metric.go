package bluefloodtest

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"
)

// wholeError is one that fails a whole request.
type wholeError struct {
	status  int
	message string
}

func (e wholeError) Error() string { return fmt.Sprint(e.status, " ", e.message) }

var errParse = wholeError{http.StatusBadRequest, "Cannot parse content"}

// reader reads the points of one body.
type reader struct {
	server *Server
	fault  Fault
	tenant string
	multi  bool
	now    int64
}

// points returns those that are good, and what is wrong with the others.
func (in reader) points(body []byte) (good []point, bad []problem, err error) {
	var metrics []map[string]json.RawMessage
	if json.Unmarshal(body, &metrics) != nil || metrics == nil {
		return nil, nil, errParse
	}
	for _, m := range metrics {
		if m == nil {
			continue
		}
		p, problems, skip, err := in.point(m)
		switch {
		case err != nil:
			return nil, nil, err
		case len(problems) > 0:
			bad = append(bad, problems...)
		case !skip:
			good = append(good, p)
		}
	}
	return good, bad, nil
}

const (
	maxTTL  = math.MaxInt32
	badTTL  = "must be between 1 and 2147483647"
	isEmpty = "may not be empty"
	unfit   = "metric value must be numeric"
)

// metric is a point with what the rules want to know of it.
type metric struct {
	point
	ttl     float64
	numeric bool
}

// point returns a metric, or what is wrong with it; skip says that it counts for
// nothing.
func (in reader) point(m map[string]json.RawMessage) (p point, bad []problem, skip bool, err error) {
	fields := metric{point: point{tenant: in.tenant}}
	if in.multi {
		fields.tenant = ""
	}
	for key, raw := range m {
		if !fields.set(key, raw, in.multi) {
			return p, nil, false, errParse
		}
	}
	if fields.value, fields.numeric, err = number(m["metricValue"]); err != nil {
		return p, nil, false, err
	}
	if math.Abs(fields.ttl) > maxTTL {
		return p, nil, false, errParse
	}
	bad = in.faults(fields)
	if len(bad) == 0 && fields.ttl == maxTTL {
		err = wholeError{http.StatusBadRequest, "Invalid data TTL supplied"}
	}
	return fields.point, bad, fields.value == "", err
}

// set sets the field called key but for the value, and reports whether there is such
// a field and it can hold that.
func (f *metric) set(key string, raw json.RawMessage, multi bool) (ok bool) {
	var at float64
	switch {
	case key == "metricName":
		f.name, ok = text(raw)
	case key == "tenantId" && multi:
		f.tenant, ok = text(raw)
	case key == "unit":
		_, ok = text(raw)
	case key == "collectionTime":
		at, ok = whole(raw)
		f.at = int64(at)
	case key == "ttlInSeconds":
		f.ttl, ok = whole(raw)
	case key == "metricValue":
		ok = true
	}
	return ok
}

// faults returns what is wrong with the fields of a metric.
func (in reader) faults(f metric) (bad []problem) {
	fault := func(is bool, source, message string) {
		if is {
			bad = append(bad, problem{Tenant: f.tenant, Time: &f.at, Name: f.name, Source: &source, Message: message})
		}
	}
	fault(f.name == "", "metricName", isEmpty)
	fault(f.tenant == "", "tenantId", isEmpty)
	fault(f.at < in.now-in.server.past() || f.at > in.now+in.server.ahead(), "collectionTime", in.server.outOfBounds())
	fault(f.ttl < 1, "ttlInSeconds", badTTL)
	fault(!f.numeric, "metricValue", unfit)
	fault(in.fault.refuses(f.name), "metricName", "is refused on demand")
	return bad
}

// text returns a string, "" for null.
func text(raw json.RawMessage) (s string, ok bool) {
	return s, json.Unmarshal(raw, &s) == nil
}

// whole returns a number without its fraction, 0 for null.
func whole(raw json.RawMessage) (float64, bool) {
	if string(raw) == "null" {
		return 0, true
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	return math.Trunc(f), err == nil
}

// number returns the text of a number; no text for null, which is neither right nor
// wrong.
func number(raw json.RawMessage) (string, bool, error) {
	switch {
	case string(raw) == "null":
		return "", true, nil
	case len(raw) == 0:
		return "", true, nil
	case raw[0] != '-' && (raw[0] < '0' || raw[0] > '9'):
		return "", false, nil
	}
	if f, err := strconv.ParseFloat(string(raw), 64); err != nil || math.IsInf(f, 0) {
		return "", false, wholeError{http.StatusInternalServerError, "Failed parsing content"}
	}
	return string(raw), true, nil
}

func (s *Server) past() int64  { return orDefault(s.Past, 72*time.Hour).Milliseconds() }
func (s *Server) ahead() int64 { return orDefault(s.Ahead, 10*time.Minute).Milliseconds() }

func orDefault(d, standard time.Duration) time.Duration {
	if d == 0 {
		return standard
	}
	return d
}

func (s *Server) outOfBounds() string {
	return fmt.Sprintf("Out of bounds. Cannot be more than %d milliseconds into the past. Cannot be more than %d milliseconds into the future", s.past(), s.ahead())
}
