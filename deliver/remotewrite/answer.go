package remotewrite

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/internal/post"
	"github.com/plumbago/plumbago/metric"
	wire "github.com/plumbago/plumbago/wire/remotewrite"
)

// judge returns what an answer means for so many samples: nil if they were taken, but
// for some that are noted as refused; an error marked by Permanent if they are to be
// sent by halves; one marked by Misconfigured if a person must act; and one without
// such a mark if they are to be sent again.
func (s *shard) judge(a post.Answer, samples int) error {
	said := s.describe(a)
	switch code := a.Status; {
	case code >= 200 && code < 300:
		return s.taken(a, samples, said)
	case code == http.StatusRequestEntityTooLarge:
		return refusal{deliver.Permanent(errors.New(said)), tooLarge}
	case code == http.StatusBadRequest, code == http.StatusConflict, code == http.StatusUnprocessableEntity:
		return s.refusal(a, samples, said)
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return person("the far end does not let this sender in (%s): check `bearer`, `basic` and `tenant`", said)
	case code == http.StatusUnsupportedMediaType:
		return person("the far end does not take messages of this version (%s): check `version`", said)
	case code == http.StatusNotImplemented:
	case code == http.StatusRequestTimeout, code == http.StatusTooEarly, code == http.StatusTooManyRequests, code >= 500:
		return deliver.RetryAfter(deliver.Answered(fmt.Errorf("the far end answers: %s", said)), a.RetryAfter)
	case code >= 300 && code < 400:
		return person("the far end redirects (%s): check `address`; nothing is sent there", said)
	}
	return person("the far end takes no points there (%s): check `address`", said)
}

// taken holds an answer that says yes against what it says was written: a far end that
// knows only 1.0 takes a message of 2.0 for an empty one, and says nothing of that.
func (s *shard) taken(a post.Answer, samples int, said string) error {
	if s.o.Version == wire.V1 {
		return nil
	}
	n, ok := written(a)
	if !ok {
		return person("the far end does not say how much it wrote (%s), as one that knows only 1.0: set version: 1.0", said)
	}
	s.speaks = true
	s.miss(samples-n, said)
	return nil
}

// refusal is an answer that says no to all or to some of the samples. One that was told
// how many has the others. One that has none may take all or nothing.
func (s *shard) refusal(a post.Answer, samples int, said string) error {
	no := refusal{deliver.Permanent(errors.New(said)), byText(string(a.Body))}
	if s.o.Version == wire.V1 {
		return no
	}
	n, ok := written(a)
	switch {
	case !ok && !s.speaks:
		return person("the far end refuses messages and does not say how much it wrote (%s): check `version`, it may know only 1.0", said)
	case !ok || n == 0 && !s.partially || samples <= 1:
		return no
	}
	s.speaks, s.partially = true, true
	s.miss(samples-n, said)
	return nil
}

// miss notes samples that the far end did not write, and does not name.
func (s *shard) miss(samples int, said string) {
	if samples > 0 {
		s.ledger.add(unwritten, said, metric.Batch{Points: samples})
	}
}

// written returns how many samples the far end says that it wrote.
func written(a post.Answer) (int, bool) {
	n, err := strconv.Atoi(a.Header.Get("X-Prometheus-Remote-Write-Samples-Written"))
	return n, err == nil && n >= 0
}

// refusal is a no to a message.
type refusal struct {
	error
	why reason
}

// Unwrap returns what the far end said, with its mark.
func (r refusal) Unwrap() error { return r.error }

func reasonOf(err error) reason {
	var r refusal
	if errors.As(err, &r) {
		return r.why
	}
	return other
}

// person is an answer that only a person can do something about.
func person(format, what string) error {
	return deliver.Misconfigured(deliver.Answered(fmt.Errorf(format, what)))
}

// maxText is how much is told of what the far end said.
const maxText = 300

// describe returns a status with the beginning of what the far end said about it, on
// one line and without secrets.
func (d *Destination) describe(a post.Answer) string {
	text := strings.Join(strings.Fields(d.access.hide(string(a.Body))), " ")
	switch {
	case text == "":
		text = http.StatusText(a.Status)
	case len(text) > maxText:
		text = strings.ToValidUTF8(text[:maxText], "") + "..."
	}
	return strings.TrimSpace(fmt.Sprint(a.Status, " ", strings.ToValidUTF8(text, "?")))
}
