package render

import (
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// question is what was asked, in the address and in a form.
type question struct {
	*http.Request
	values url.Values
}

// read takes the values of the address and then those of a form of at most so many
// bytes.
func read(w http.ResponseWriter, r *http.Request, most int64) (question, error) {
	q := question{r, url.Values{}}
	inAddress, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return q, faultf("the address cannot be read: %v", err)
	}
	r.Body = http.MaxBytesReader(w, r.Body, most)
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "multipart/form-data" {
		err = r.ParseMultipartForm(most)
	} else {
		err = r.ParseForm()
	}
	if err != nil {
		return q, unreadable(err)
	}
	for _, values := range []url.Values{inAddress, r.PostForm} {
		for k, v := range values {
			q.values[k] = append(q.values[k], v...)
		}
	}
	return q, nil
}

// unreadable makes the asker's mistake of a form that cannot be read, but for one
// that is too long.
func unreadable(err error) error {
	if _, large := err.(*http.MaxBytesError); large {
		return err
	}
	return faultf("the form cannot be read: %v", err)
}

// has reports whether a value was given, even an empty one.
func (q question) has(name string) bool { return len(q.values[name]) > 0 }

// get is the last value of a name: the form's, if both have it.
func (q question) get(name string) string {
	values := q.values[name]
	if len(values) == 0 {
		return ""
	}
	return values[len(values)-1]
}

// all are the values of a name, which may be written with brackets behind it.
func (q question) all(name string) []string {
	if q.has(name) {
		return q.values[name]
	}
	return q.values[name+"[]"]
}

// integer is a value as a number, or otherwise if it was not given.
func (q question) integer(name string, otherwise int) (int, error) {
	if !q.has(name) {
		return otherwise, nil
	}
	n, err := strconv.Atoi(strings.TrimSpace(q.get(name)))
	if err != nil {
		return 0, faultf("%s is %q, which is no number", name, q.get(name))
	}
	return n, nil
}

// flag reports whether a value was given that is a number other than 0.
func (q question) flag(name string) (bool, error) {
	n, err := q.integer(name, 0)
	return n != 0, err
}

func writeJSON(w http.ResponseWriter, v any) error {
	w.Header().Set("Content-Type", "application/json")
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
