package blueflood

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/internal/post"
	"github.com/plumbago/plumbago/metric"
)

// session is what posts until something goes wrong: a deliver.Poster.
type session struct {
	*Destination
	refused refused // of the batch that is posted
}

// open logs in and connects.
func (s *session) open(ctx context.Context) error {
	if _, err := s.token(ctx); err != nil {
		return err
	}
	if err := s.client.Connect(ctx); err != nil {
		return err
	}
	return s.probe(ctx)
}

// permanentOr marks an error that only a person can cure.
func permanentOr(err error, mark func(error) error) error {
	var refused loginRefused
	if post.IsPermanent(err) || errors.As(err, &refused) {
		return mark(err)
	}
	return err
}

// Post implements deliver.Poster.
func (s *session) Post(ctx context.Context, b metric.Batch) error {
	s.refused = refused{}
	s.encoder.start(s.o.Now())
	for rest := b; rest.Points > 0; {
		var part metric.Batch
		part, rest = s.encoder.fill(rest, s.refuse)
		if part.Points == 0 {
			break
		}
		if err := s.hand(ctx, part); err != nil {
			s.failed, s.doubt = true, bytes.Clone(part.Lines[:bytes.IndexByte(part.Lines, '\n')+1])
			return err
		}
	}
	return s.settle(s.refused)
}

func (s *session) refuse(line []byte, why reason) {
	s.refused.add(metric.Batch{Lines: line, Points: 1}, why, s.say(why))
}

// hand posts a part of a batch that is encoded, and by halves if that is refused.
func (s *session) hand(ctx context.Context, part metric.Batch) error {
	encoded := true
	refused, err := deliver.Halve(part, func(b metric.Batch) error {
		if !encoded {
			s.encoder.fill(b, s.refuse) // of what went into a body before, all goes into another
		}
		encoded = false
		return s.ask(ctx, b)
	})
	for _, r := range refused {
		s.refused.add(r.Batch, theirOther, r.Why.Error())
	}
	return err
}

// ask posts b, which is encoded, and returns what the answer means. A token that is
// not taken is exchanged once.
func (s *session) ask(ctx context.Context, b metric.Batch) error {
	for again := true; ; again = false {
		t, err := s.token(ctx)
		if err != nil {
			return permanentOr(err, deliver.Misconfigured)
		}
		a, err := s.client.Post(ctx, s.path(t), s.header(t), s.encoder.json)
		s.metrics.Count(a.Status)
		if err != nil {
			return permanentOr(err, deliver.Misconfigured)
		}
		if a.Status != http.StatusUnauthorized || s.tokens == nil {
			return s.judge(a, b)
		}
		if s.tokens.reject(t); !again {
			return s.judge(a, b)
		}
	}
}

// token returns the token to show, an empty one if there is no login.
func (s *session) token(ctx context.Context) (token, error) {
	if s.tokens == nil {
		return token{}, nil
	}
	return s.tokens.get(ctx)
}

// path is where points are posted to, below the base.
func (d *Destination) path(t token) string {
	tenant, action := d.o.Tenant, "/ingest"
	if d.o.Tenants {
		action = "/ingest/multi"
	}
	switch {
	case tenant != "":
	case t.tenant != "":
		tenant = t.tenant
	default:
		tenant = agent
	}
	return "v2.0/" + url.PathEscape(tenant) + action
}

func (d *Destination) header(t token) http.Header {
	h := http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}}
	if t.id == "" {
		return h
	}
	h.Set("X-Auth-Token", t.id)
	if tenant := t.tenant; tenant != "" {
		h.Set("X-Tenant-Id", tenant)
	} else if d.o.Tenant != "" {
		h.Set("X-Tenant-Id", d.o.Tenant)
	}
	return h
}

// probe posts the point in question, if there is one. It stays so for as long as the
// far end answers neither yes nor no: one that does not answer at all may need longer
// for it than there is time for a Dial.
func (s *session) probe(ctx context.Context) error {
	if s.doubt == nil {
		return nil
	}
	s.encoder.start(s.o.Now())
	part, _ := s.encoder.fill(metric.Batch{Lines: s.doubt, Points: 1}, s.refuse)
	if part.Points > 0 { // or it has waited for too long
		err := s.ask(ctx, part)
		if deliver.IsAnswered(err) {
			return err
		}
		if err != nil && !deliver.IsPermanent(err) {
			s.doubt = nil
			return err
		}
	}
	s.doubt = nil
	return nil
}

// Gone implements deliver.Poster.
func (s *session) Gone() <-chan struct{} { return s.client.Broken() }

// Close implements deliver.Poster.
func (s *session) Close() { s.client.Close() }
