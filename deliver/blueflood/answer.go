package blueflood

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/internal/post"
	"github.com/plumbago/plumbago/metric"
)

// judge returns what an answer means for b: nil if it was taken, but for points that
// are noted as refused; an error marked by Permanent if b is to be sent by halves;
// one marked by Misconfigured if a person must act; and one without such a mark if
// it is to be sent again.
func (s *session) judge(a post.Answer, b metric.Batch) error {
	said := s.describe(a)
	switch code := a.Status; {
	case code == http.StatusAccepted:
		return deliver.Answered(errors.New("the far end could not store all in time: " + said))
	case code == http.StatusMultiStatus, code == http.StatusBadRequest:
		return s.noteFaults(a, b)
	case code >= 200 && code < 300:
		return nil
	case code == http.StatusRequestEntityTooLarge, code == http.StatusExpectationFailed,
		code == http.StatusUnprocessableEntity, code == http.StatusInternalServerError && isUnreadable(a):
		return deliver.Permanent(errors.New(said))
	case code == http.StatusUnauthorized && s.tokens == nil:
		return person("the far end wants a token (%s): there is no `auth`", said)
	case code == http.StatusUnauthorized:
		return person("the far end does not take a new token (%s): check `auth`", said)
	case code == http.StatusForbidden:
		return person("the far end does not let this account in (%s): check `auth` and `tenant`", said)
	case code == http.StatusNotImplemented:
	case code == http.StatusRequestTimeout, code == http.StatusTooEarly, code == http.StatusTooManyRequests, code >= 500:
		return deliver.RetryAfter(deliver.Answered(fmt.Errorf("the far end answers: %s", said)), a.RetryAfter)
	case code >= 300 && code < 400:
		return person("the far end redirects (%s): check `address`; nothing is sent there", said)
	}
	return person("the far end takes no points there (%s): check `address` and `tenant`", said)
}

// person is an answer that only a person can do something about.
func person(format, what string) error {
	return deliver.Misconfigured(deliver.Answered(fmt.Errorf(format, what)))
}

// isUnreadable reports whether the far end cannot read the body: to try again would
// be in vain.
func isUnreadable(a post.Answer) bool {
	list, ok := faultsIn(a)
	return ok && slices.ContainsFunc(list, func(f fault) bool { return strings.Contains(f.Message, "Failed parsing content") })
}

// fault is what the far end says against a point, or against a request.
type fault struct {
	Tenant  string   `json:"tenantId"`
	Name    string   `json:"metricName"` // "" of a request
	Time    *float64 `json:"timestamp"`  // in milliseconds
	Source  string   `json:"source"`     // the field
	Message string   `json:"message"`
}

// faultsIn reads the faults that an answer tells of; !ok if they cannot be read, or
// not all of them.
func faultsIn(a post.Answer) (list []fault, ok bool) {
	var body struct {
		Errors []fault `json:"errors"`
	}
	err := json.Unmarshal(a.Body, &body)
	return body.Errors, err == nil && len(body.Errors) > 0
}

// maxHeard is how much of an answer's body there is at most: faults beyond it are
// not heard of.
const maxHeard = 256 << 10

// noteFaults notes the points of b that an answer refuses one by one. If it refuses
// all but does not name them all, or more than can be heard, b is to be sent by
// halves: what is sent again does no harm.
func (s *session) noteFaults(a post.Answer, b metric.Batch) error {
	list, ok := faultsIn(a)
	if len(a.Body) >= maxHeard {
		return deliver.Permanent(errors.New(s.describe(a)))
	}
	found := s.find(list, b)
	if a.Status == http.StatusBadRequest && len(found) < b.Points {
		return deliver.Permanent(errors.New(s.describe(a)))
	}
	for _, p := range found {
		s.refused.add(p.Batch, bySource(p.fault.Source), s.told(p.fault))
	}
	if !ok || len(found) == 0 {
		s.log.Warn("the far end refused points and does not say which: they count as delivered", "points", b.Points, "err", s.describe(a))
	}
	return nil
}

// told is what a fault says, without what differs from point to point.
func (s *session) told(f fault) string {
	return s.hide(strings.TrimPrefix(f.Source+": "+shorten(f.Message), ": "))
}

// faulty is a point with which the far end found fault.
type faulty struct {
	metric.Batch
	fault fault
}

// find finds the points of b that faults name. Points of the same name and time
// share their fault: no field but the value can be another.
func (s *session) find(list []fault, b metric.Batch) (found []faulty) {
	byName := map[string][]fault{}
	for _, f := range list {
		if f.Name != "" {
			byName[f.Name] = append(byName[f.Name], f)
		}
	}
	var name []byte
	for rest := b.Lines; len(rest) > 0 && len(byName) > 0; {
		fields, after := metric.Next(rest)
		line := rest[:len(rest)-len(after)]
		rest = after
		tenant, own := []byte(s.o.Tenant), fields.Name
		if s.o.Tenants {
			tenant, own = cutTenant(fields.Name)
		}
		name = append(append(name[:0], s.encoder.prefix...), own...)
		at, _ := s.encoder.time(fields.Timestamp)
		if i := slices.IndexFunc(byName[string(name)], func(f fault) bool { return f.means(tenant, at) }); i >= 0 {
			found = append(found, faulty{metric.Batch{Lines: line, Points: 1}, byName[string(name)][i]})
		}
	}
	return found
}

// means reports whether a fault of the same name is that of a point.
func (f fault) means(tenant []byte, at int64) bool {
	return (f.Time == nil || int64(*f.Time) == at) && (f.Tenant == "" || f.Tenant == string(tenant))
}

// describe returns a status with what the far end said about it.
func (s *session) describe(a post.Answer) string {
	text := http.StatusText(a.Status)
	if list, ok := faultsIn(a); ok {
		text = list[0].Message
	} else if body := strings.TrimSpace(string(a.Body)); body != "" && body[0] != '<' {
		text = body
	}
	return strings.TrimSpace(fmt.Sprint(a.Status, " ", shorten(s.hide(text))))
}

const maxText = 300 // bytes of an answer that are told

// shorten puts text on one line that can be told.
func shorten(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) <= maxText {
		return strings.ToValidUTF8(text, "?")
	}
	return strings.ToValidUTF8(text[:maxText], "") + "..."
}
