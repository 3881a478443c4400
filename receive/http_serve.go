package receive

import (
	"errors"
	"net/http"
	"time"
)

// sinkPath is where points are sent to.
const sinkPath = "/api/v1/sink"

// ServeHTTP answers one request.
func (d *httpDoor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	code := d.serve(w, r)
	d.m.answered(code, time.Since(began))
}

func (d *httpDoor) serve(w http.ResponseWriter, r *http.Request) (code int) {
	switch path, method := r.URL.Path, r.Method; {
	case path == "/healthz" && (method == http.MethodGet || method == http.MethodHead):
		return tell(w, http.StatusOK, "ok")
	case path != sinkPath:
		return tell(w, http.StatusNotFound, "nothing is here: send points with POST to "+sinkPath)
	case method != http.MethodPost && method != http.MethodPut:
		w.Header().Set("Allow", "POST, PUT")
		return tell(w, http.StatusMethodNotAllowed, "send points with POST or PUT")
	}
	if err := d.take(r); err != nil {
		return refuse(w, err)
	}
	w.WriteHeader(http.StatusAccepted)
	return http.StatusAccepted
}

// take stores the points of a request, or says why not.
func (d *httpDoor) take(r *http.Request) error {
	visit, err := d.visit(r)
	if err != nil {
		return err
	}
	q := d.newRequest(r, visit)
	defer q.end()
	err = q.run()
	if f := (*fault)(nil); errors.As(err, &f) && f.reason != "" {
		d.in.reject(f.reason, nil, q.peer, "err", f.why)
	}
	return err
}
