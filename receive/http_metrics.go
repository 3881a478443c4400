package receive

import (
	"strconv"
	"time"

	"github.com/plumbago/plumbago/internal/register"
	"github.com/prometheus/client_golang/prometheus"
)

// httpMeter counts the requests of one listener.
type httpMeter struct {
	byCode map[int]prometheus.Counter
	others prometheus.Counter
	took   prometheus.Observer
}

// httpCodes are all that the door answers with.
var httpCodes = [...]int{200, 202, 400, 401, 404, 405, 408, 413, 415, 429, 503}

func newHTTPMeter(r prometheus.Registerer, listener string) *httpMeter {
	f := family{r, listener}
	requests := f.vec("http_requests_total", "HTTP requests answered, by status code.", "code")
	m := &httpMeter{
		byCode: map[int]prometheus.Counter{},
		others: requests.WithLabelValues("other"),
		took: f.histogram("http_seconds", "Time from the header of an HTTP request to its answer, its body and the storing included.",
			[]float64{.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10}),
	}
	for _, code := range httpCodes {
		m.byCode[code] = requests.WithLabelValues(strconv.Itoa(code))
	}
	return m
}

// answered counts a request.
func (m *httpMeter) answered(code int, took time.Duration) {
	c, ok := m.byCode[code]
	if !ok {
		c = m.others
	}
	c.Inc()
	m.took.Observe(took.Seconds())
}

func (f family) histogram(name, help string, buckets []float64) prometheus.Observer {
	return register.Once(f.registerer, prometheus.NewHistogramVec(
		prometheus.HistogramOpts{Namespace: "plumbago", Subsystem: "receive", Name: name, Help: help, Buckets: buckets},
		[]string{"listener"})).WithLabelValues(f.listener)
}
