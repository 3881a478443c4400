package receive

import (
	"errors"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/plumbago/plumbago/metric"
)

// fault is why a request is not taken. Its sentence holds nothing of what the
// client sent.
type fault struct {
	code   int
	why    string
	reason metric.Reason // that its body is counted under, if it is one
	retry  time.Duration // when it is worth another try, if it is
	close  bool          // the rest of the request is not waited for
}

func (f *fault) Error() string { return f.why }

var (
	errUnauthorized = &fault{code: http.StatusUnauthorized,
		why: "an API key is needed: as the user of Basic authorization, or as a Bearer token"}
	errUnknownKey = &fault{code: http.StatusUnauthorized, why: "the API key is not known"}
	errEncoding   = &fault{code: http.StatusUnsupportedMediaType, reason: metric.Body,
		why: "the Content-Encoding is not one of gzip, deflate, zstd and identity"}
	errTooLarge = &fault{code: http.StatusRequestEntityTooLarge, reason: metric.Body, close: true,
		why: "the body is too large"}
	errLargePickle = &fault{code: http.StatusRequestEntityTooLarge, reason: metric.TooLong,
		why: "a pickle is too large"}
	errNoRoom = &fault{code: http.StatusServiceUnavailable, retry: time.Second, close: true,
		why: "too many bodies are on their way"}
	errSlow = &fault{code: http.StatusRequestTimeout, reason: metric.Body, close: true,
		why: "the body did not come in time"}
	errBroken = &fault{code: http.StatusBadRequest, reason: metric.Body, close: true,
		why: "the body breaks off, or its length is wrong"}
	errCompression = &fault{code: http.StatusBadRequest, reason: metric.Body,
		why: "the body is not compressed as its Content-Encoding says, or breaks off"}
	errEmpty = &fault{code: http.StatusBadRequest,
		why: "the body is empty: send lines of a name, a value and perhaps a time"}
	errNotStored = &fault{code: http.StatusServiceUnavailable, retry: time.Second,
		why: "the points could not be stored: send them again"}
)

// readFault says what an error means that ended the reading of a body.
func readFault(err error) error {
	switch {
	case errors.Is(err, errHeld):
		return errNoRoom
	case errors.Is(err, os.ErrDeadlineExceeded):
		return errSlow
	case errors.As(err, new(*fault)):
		return err
	}
	return errBroken
}

// badBody is a body that is not what its Content-Type says.
func badBody(reason metric.Reason, err error) error {
	return &fault{code: http.StatusBadRequest, reason: reason, why: "the body cannot be read: " + err.Error()}
}

// overRate is a request over its tenant's limit of points a second.
func overRate(wait time.Duration) error {
	return &fault{code: http.StatusTooManyRequests, retry: wait, why: "over the limit of points per second"}
}

// overLimits is a request of which no point passed its tenant's limits.
func overLimits(wait time.Duration) error {
	return &fault{code: http.StatusTooManyRequests, retry: max(wait, time.Second),
		why: "over a limit of the tenant: on points per second, on live metrics, or on the points of one metric"}
}

// compression returns how a body is compressed; it is empty for one that is not.
func compression(h http.Header) (string, error) {
	values := h["Content-Encoding"]
	if len(values) == 0 {
		return "", nil
	}
	switch name := strings.ToLower(strings.TrimSpace(values[0])); {
	case len(values) > 1:
	case name == "" || name == "identity":
		return "", nil
	case name == "x-gzip":
		return "gzip", nil
	case name == "gzip", name == "deflate", name == "zstd":
		return name, nil
	}
	return "", errEncoding
}
