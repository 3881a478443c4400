package nats

import (
	"fmt"

	"github.com/plumbago/plumbago/metric"
)

// Compress makes the content of a message.
func Compress(lines []byte) []byte { return compress(new([]byte), lines) }

// Unpack takes the content of a message apart.
func Unpack(data []byte, encoded string) (metric.Batch, error) {
	return newUnpacker().unpack(data, encoded)
}

// Covers reports whether a subject holds all of another.
func Covers(subject, wanted string) bool { return covers(subject, wanted) }

// Token and Tenant are a tenant as a word of a subject, and back.
func Token(tenant string) string { return tokenOf(tenant) }
func Tenant(token string) string { return tenantOf(token) }

// Explain says what an error means.
func (b Bus) Explain(err error) error { return b.explain(err) }

// MostCuts bounds what is remembered of what was published.
const MostCuts = mostCuts

// Cuts notes stretches and returns where the next one would end.
func Cuts(dir string, stretches ...[2]uint64) (endOf func(at uint64) (uint64, bool), nonce string, err error) {
	c, err := openCuts(dir, "bus")
	if err != nil {
		return nil, "", err
	}
	for _, s := range stretches {
		if err := c.note(s[0], s[1]); err != nil {
			return nil, "", fmt.Errorf("note: %w", err)
		}
	}
	c.notes.close()
	return c.endOf, c.nonce, nil
}
