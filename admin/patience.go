package admin

import (
	"net/http"
	"time"
)

const (
	patience = 10 * time.Second // for who takes nothing of an answer
	mostPut  = 64 << 10         // bytes that are to be taken in that time

	slowness = time.Minute // that an answer may be waited for to be taken, in all
	leastPut = 1 << 20     // bytes, for each of which that is a second longer
)

// patient ends answers that nobody takes, and questions that do not come to their end:
// what they hold, and their turn, is for others.
func patient(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t := &taken{ResponseWriter: w, answer: http.NewResponseController(w), left: slowness}
		t.wait() // an earlier answer's time may be over on this connection
		prompt(r, t.answer)
		next.ServeHTTP(t, r)
	})
}

// taken is an answer of which each piece is to be taken in time, and all of it too:
// what trickles holds as much as what stands still.
type taken struct {
	http.ResponseWriter
	answer *http.ResponseController
	left   time.Duration // that may be waited still
}

func (t *taken) wait() { // where there can be a deadline
	_ = t.answer.SetWriteDeadline(time.Now().Add(min(patience, t.left)))
}

// Write implements io.Writer.
func (t *taken) Write(p []byte) (n int, err error) {
	for len(p) > 0 && err == nil {
		var m int
		t.wait()
		began := time.Now()
		m, err = t.ResponseWriter.Write(p[:min(len(p), mostPut)])
		t.left += time.Duration(m)*time.Second/leastPut - time.Since(began)
		n, p = n+m, p[m:]
	}
	return n, err
}

// Unwrap is for http.ResponseController.
func (t *taken) Unwrap() http.ResponseWriter { return t.ResponseWriter }
