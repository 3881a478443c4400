package slacktest

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// Fault is a way in which a call can fail.
type Fault int

// What can become of a call.
const (
	NoFault       Fault = iota
	Limited             // 429 with Retry-After, of a second
	LimitedMutely       // 429 without
	LimitedKindly       // 200, and rate_limited as any other error
	ServerError         // 500 with HTML; nothing was done
	LateError           // 503 with HTML, after all was done
	InternalError       // internal_error; nothing was done
	LateInternal        // internal_error, after all was done
	Unspoken            // {"ok":false} and no more
	Garbage             // 200, and something that is no JSON
	Cut                 // the connection is cut before anything was done
	LateCut             // the connection is cut when all was done
	faults
	Expired // invalid_cursor, for history
)

// Sometimes returns what fails so large a part of the calls, in every way there is,
// the same each time for a seed.
func Sometimes(part float64, seed uint64) func(method string) Fault {
	var mu sync.Mutex
	dice := rand.New(rand.NewPCG(seed, seed))
	return func(string) Fault {
		mu.Lock()
		defer mu.Unlock()
		if dice.Float64() >= part {
			return NoFault
		}
		return 1 + Fault(dice.IntN(int(faults)-1))
	}
}

// Once returns what fails the first calls of a method, each by one of these.
func Once(method string, list ...Fault) func(method string) Fault {
	var mu sync.Mutex
	return func(called string) Fault {
		mu.Lock()
		defer mu.Unlock()
		if called != method || len(list) == 0 {
			return NoFault
		}
		f := list[0]
		list = list[1:]
		return f
	}
}

// late says that the call is carried out all the same.
func (f Fault) late() bool { return f == LateError || f == LateInternal || f == LateCut }

const page = "<html><head><title>Slack</title></head><body>Something went wrong</body></html>"

// answer fails a call.
func (f Fault) answer(w http.ResponseWriter) {
	switch f {
	case Limited:
		limited(w, 1)
	case LimitedMutely:
		limited(w, 0)
	case LimitedKindly:
		refuse(w, "rate_limited")
	case InternalError, LateInternal:
		refuse(w, "internal_error")
	case Expired:
		refuse(w, "invalid_cursor")
	case Unspoken:
		write(w, map[string]any{"ok": false})
	case Garbage:
		w.Write([]byte(`{"ok":tru`))
	case ServerError, LateError:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusInternalServerError + 3*min(1, int(f)-int(ServerError)))
		w.Write([]byte(strings.Repeat(page, 3)))
	default:
		panic(http.ErrAbortHandler)
	}
}

// limited tells that a call was one too many, for so many seconds if they are known.
func limited(w http.ResponseWriter, seconds int) {
	if seconds > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(seconds))
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(http.StatusTooManyRequests)
	w.Write([]byte(`{"ok":false,"error":"ratelimited"}`))
}
