package carbon

import "github.com/plumbago/plumbago/deliver"

// explainHandshake says in a sentence why there is no TLS. A certificate that
// does not hold, which a person must mend, is permanent.
func (s *security) explainHandshake(err error) error {
	sentence, permanent := s.client.Explain(err, s.config)
	if permanent {
		return deliver.Permanent(sentence)
	}
	return sentence
}

// explainRead says what the far end meant by its alert. Nothing here is permanent:
// of a Send that would mean its batch.
func (s *security) explainRead(err error) error { return s.client.ExplainAlert(err, s.config) }
