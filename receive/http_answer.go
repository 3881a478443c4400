package receive

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/plumbago/plumbago/metric"
)

// refusalBody is what a client is told whose request was not taken.
type refusalBody struct {
	Error    string     `json:"error"`
	Points   *int       `json:"points,omitempty"`
	Rejected *int       `json:"rejected,omitempty"`
	Lines    []rejected `json:"lines,omitempty"`
}

// rejected is a line or an item that is no point. The text of it may hold a key,
// and is not told.
type rejected struct {
	Line   int           `json:"line,omitempty"`
	Item   int           `json:"item,omitempty"`
	Reason metric.Reason `json:"reason"`
}

// nothingTaken is a request with a body in which no point was found that may pass.
type nothingTaken struct {
	points, rejected int
	lines            []rejected
	why              error         // what is wrong with a pickle, if one was refused
	dropped          metric.Reason // why a point may not pass, if there were points
}

func (n *nothingTaken) Error() string {
	switch {
	case n.points > 0:
		return "none of the points may pass: " + string(n.dropped)
	case n.why != nil:
		return "there is no point in the body: " + n.why.Error()
	}
	return "there is no point in the body"
}

// refuse answers a request that is not taken, and returns the status code.
func refuse(w http.ResponseWriter, why error) int {
	f := &fault{code: http.StatusBadRequest}
	body := refusalBody{Error: why.Error()}
	if n := (*nothingTaken)(nil); errors.As(why, &n) {
		body.Points, body.Rejected, body.Lines = &n.points, &n.rejected, n.lines
	}
	errors.As(why, &f)
	h := w.Header()
	if f.retry > 0 {
		h.Set("Retry-After", strconv.Itoa(seconds(f.retry)))
	}
	if f.close {
		h.Set("Connection", "close")
	}
	if f.code == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Basic realm="plumbago"`)
	}
	text, _ := json.Marshal(body) // of text and numbers
	h.Set("Content-Type", "application/json")
	return answer(w, f.code, append(text, '\n'))
}

// tell answers a request with a line of text, and returns the status code.
func tell(w http.ResponseWriter, code int, text string) int {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	return answer(w, code, []byte(text+"\n"))
}

func answer(w http.ResponseWriter, code int, body []byte) int {
	w.WriteHeader(code)
	_, _ = w.Write(body) // who does not read it is gone
	return code
}

// seconds rounds a wait up to what Retry-After can say.
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }
