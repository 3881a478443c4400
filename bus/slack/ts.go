package slack

import (
	"cmp"
	"strconv"
	"strings"
	"time"
)

// timestamp is a message's ts, by which it is known in its channel: seconds and a
// fraction. It stays text, as no float holds it.
type timestamp string

// compare orders timestamps by time.
func (t timestamp) compare(u timestamp) int {
	ts, tf := t.split()
	us, uf := u.split()
	return cmp.Or(cmp.Compare(len(ts), len(us)), strings.Compare(ts, us), strings.Compare(tf, uf))
}

// split returns the seconds without leading and the fraction without trailing zeros.
func (t timestamp) split() (seconds, fraction string) {
	seconds, fraction, _ = strings.Cut(string(t), ".")
	return strings.TrimLeft(seconds, "0"), strings.TrimRight(fraction, "0")
}

// unix is the time in seconds.
func (t timestamp) unix() int64 {
	seconds, _ := t.split()
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// before is a while earlier.
func (t timestamp) before(d time.Duration) timestamp {
	if t == "" {
		return ""
	}
	_, fraction, _ := strings.Cut(string(t), ".")
	return timestamp(strconv.FormatInt(max(0, t.unix()-int64(d/time.Second)), 10) + "." + fraction)
}

// valid reports whether t has the form of a ts.
func (t timestamp) valid() bool {
	seconds, fraction, ok := strings.Cut(string(t), ".")
	return ok && digits(seconds) && digits(fraction)
}

func digits(s string) bool {
	return s != "" && len(s) < 20 && strings.Trim(s, "0123456789") == ""
}
