package admin

import (
	"net/http"
	"time"
)

const (
	patience = 10 * time.Second // for who takes nothing of an answer
	mostPut  = 64 << 10         // bytes that are to be taken in that time
)

// patient ends answers that nobody takes, and questions that do not come to their end:
// what they hold, and their turn, is for others.
func patient(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t := taken{w, http.NewResponseController(w)}
		t.wait() // an earlier answer's time may be over on this connection
		prompt(r, t.answer)
		next.ServeHTTP(t, r)
	})
}

// taken is an answer of which each piece is to be taken in time.
type taken struct {
	http.ResponseWriter
	answer *http.ResponseController
}

func (t taken) wait() { _ = t.answer.SetWriteDeadline(time.Now().Add(patience)) } // where there can be one

// Write implements io.Writer.
func (t taken) Write(p []byte) (n int, err error) {
	for len(p) > 0 && err == nil {
		var m int
		t.wait()
		m, err = t.ResponseWriter.Write(p[:min(len(p), mostPut)])
		n, p = n+m, p[m:]
	}
	return n, err
}

// Unwrap is for http.ResponseController.
func (t taken) Unwrap() http.ResponseWriter { return t.ResponseWriter }
