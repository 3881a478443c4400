package post

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
)

// Answer is what a server said.
type Answer struct {
	Status     int
	Header     http.Header
	Body       []byte        // at most 256 KiB of it
	RetryAfter time.Duration // what the server asks to wait, in either form of the header; 0 if nothing
}

const (
	maxHead  = 256 << 10 // bytes of an answer's head, those that announce it included
	maxBody  = 256 << 10 // bytes of an answer's body that are kept
	maxWaste = 1 << 20   // bytes of it that are read, to keep the connection
)

// question is what http.ReadResponse wants to know of the request.
var question = &http.Request{Method: http.MethodPost}

// readAnswer reads an answer whose first byte is there.
func (c *conn) readAnswer() outcome {
	r, err := c.readHead()
	if err != nil {
		return outcome{err: err, last: true}
	}
	defer r.Body.Close()
	a := Answer{Status: r.StatusCode, Header: r.Header, RetryAfter: retryAfter(r.Header, time.Now())}
	raw := &io.LimitedReader{R: r.Body, N: maxWaste}
	a.Body, err = readBody(raw, r.Header)
	if err != nil && a.Status < http.StatusBadRequest {
		return outcome{err: err, last: true}
	}
	last := r.Close || err != nil || r.StatusCode == http.StatusSwitchingProtocols || !exhaust(raw)
	return outcome{answer: a, last: last}
}

// readHead returns an answer without its body, past those that only announce it.
func (c *conn) readHead() (*http.Response, error) {
	for {
		r, err := http.ReadResponse(c.r, question)
		if err != nil {
			return nil, c.source.explain()
		}
		if r.StatusCode >= http.StatusOK || r.StatusCode == http.StatusSwitchingProtocols {
			c.source.left = unlimited
			return r, nil
		}
	}
}

// readBody returns the beginning of a body. An error says that the body broke off:
// that takes nothing from a refusal, but one that is good may not be whole.
func readBody(raw io.Reader, h http.Header) ([]byte, error) {
	plain := raw
	if strings.EqualFold(h.Get("Content-Encoding"), "gzip") {
		z, err := gzip.NewReader(raw)
		if errors.Is(err, io.EOF) {
			return nil, nil // an empty body is none
		}
		if err != nil {
			return nil, errBrokeOff
		}
		plain = z
		h.Del("Content-Encoding")
		h.Del("Content-Length")
	}
	body, err := io.ReadAll(io.LimitReader(plain, maxBody))
	if err != nil {
		return body, errBrokeOff
	}
	return body, nil
}

// exhaust reads what is left of raw, and reports whether that was all of the body.
func exhaust(raw *io.LimitedReader) bool {
	_, err := io.Copy(io.Discard, raw)
	return err == nil && raw.N > 0
}

// longestWait bounds what a server can ask for.
const longestWait = 24 * time.Hour

// retryAfter reads the header of that name; a date is taken by the server's clock,
// where it tells.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := h.Get("Retry-After")
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, longestWait)
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return max(0, min(at.Sub(now), longestWait))
}

// unlimited is more than a connection carries.
const unlimited = 1 << 62

// source is what comes from a connection: up to left bytes, and why there is no
// more.
type source struct {
	r    io.Reader
	left int64
	err  error
}

func (s *source) Read(b []byte) (int, error) {
	if s.left <= 0 {
		s.err = errBigHead
		return 0, s.err
	}
	n, err := s.r.Read(b[:min(int64(len(b)), s.left)])
	s.left -= int64(n)
	s.err = err
	return n, err
}

// explain says why no answer could be read, and nothing of what came.
func (s *source) explain() error {
	switch {
	case s.err == nil:
		return errNotHTTP
	case errors.Is(s.err, errBigHead):
		return s.err
	case errors.Is(s.err, io.EOF):
		return errBrokeOff
	}
	return fmt.Errorf("%w: %w", errBrokeOff, s.err)
}
