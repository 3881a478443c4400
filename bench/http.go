package main

import (
	"fmt"
	"io"
	"net/http"
	"time"
)

// appendRequest appends a request that posts lines and shows a key, as clients of
// the hosted services do.
func appendRequest(dst []byte, key string, lines []byte) []byte {
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth(key, "")
	dst = fmt.Appendf(dst, "POST /api/v1/sink HTTP/1.1\r\nHost: localhost\r\nAuthorization: %s\r\nContent-Length: %d\r\n\r\n",
		r.Header.Get("Authorization"), len(lines))
	return append(dst, lines...)
}

// await reads the answer to a request that was due at began, if it was one.
func (s *sender) await(began time.Duration) error {
	if s.answers == nil {
		return nil
	}
	answer, err := http.ReadResponse(s.answers, nil)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return err
	}
	if answer.StatusCode >= 300 {
		s.sent.Refused++
	}
	s.sent.Answers = append(s.sent.Answers, int64(time.Since(s.start)-began))
	return nil
}
