package hostedgraphite

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/internal/post"
)

func isTaken(a post.Answer) bool { return a.Status >= 200 && a.Status < 300 }

// judge returns nil if the far end took a body, an error marked by Permanent if it
// refused it for good, one marked by Misconfigured if it takes none from this
// client or at this address, and one without such a mark if it may take it later.
func (d *Destination) judge(a post.Answer) error {
	said := d.describe(a)
	switch s := a.Status; {
	case isTaken(a):
		return nil
	case s == http.StatusBadRequest, s == http.StatusRequestEntityTooLarge, s == http.StatusUnprocessableEntity:
		return deliver.Permanent(errors.New(said))
	case s == http.StatusUnauthorized, s == http.StatusForbidden:
		return forPerson("the key is not accepted (%s): check `key`", said)
	case s == http.StatusRequestTimeout, s == http.StatusTooEarly, s == http.StatusTooManyRequests, s >= 500:
		return deliver.RetryAfter(fmt.Errorf("the far end answers: %s", said), a.RetryAfter)
	case s >= 300 && s < 400:
		return forPerson("the far end redirects to %s: check `address`; the key is not sent there", d.location(a))
	}
	return forPerson("the far end takes no points there (%s): check `address`", said)
}

// slowly is how long there is at least between tries when only a person can help.
const slowly = 15 * time.Second

func forPerson(format, what string) error {
	err := deliver.Misconfigured(fmt.Errorf(format, what))
	return deliver.RetryAfter(err, slowly+rand.N(slowly))
}

// location is where a redirection leads: to which host, as the rest may be secret.
func (d *Destination) location(a post.Answer) string {
	u, err := url.Parse(a.Header.Get("Location"))
	switch {
	case err != nil || *u == url.URL{}:
		return "no place"
	case u.Host == "":
		return "another place of its own"
	case u.Scheme == "":
		return shorten(d.key.hide(u.Host))
	}
	return shorten(d.key.hide(u.Scheme + "://" + u.Host))
}

// describe returns a status with what the far end said about it.
func (d *Destination) describe(a post.Answer) string {
	text := d.text(a)
	if text == "" {
		text = http.StatusText(a.Status)
	}
	return strings.TrimSpace(fmt.Sprint(a.Status, " ", text))
}

const (
	maxRead = 16 << 10 // bytes of an answer that are looked at
	maxText = 300      // bytes of it that are told
)

// text returns the beginning of what the far end said, on one line and without the
// key; of a page it is the title.
func (d *Destination) text(a post.Answer) string {
	body := string(a.Body)
	if len(body) > maxRead {
		body = d.key.hide(body[:maxRead])
		body = body[:max(0, len(body)-d.key.traces.Longest())] // there may be half of the key at the end
	} else {
		body = d.key.hide(body)
	}
	if strings.HasPrefix(strings.TrimSpace(body), "<") {
		body = title(body)
	}
	return shorten(strings.Join(strings.Fields(body), " "))
}

// title returns the title of a page, "" if it has none.
func title(page string) string {
	lower := strings.ToLower(page)
	from := strings.Index(lower, "<title>")
	if from < 0 || len(lower) != len(page) {
		return ""
	}
	from += len("<title>")
	to := strings.Index(lower[from:], "</title>")
	if to < 0 {
		return ""
	}
	return page[from : from+to]
}

// shorten cuts text to a length that can be told.
func shorten(text string) string {
	if len(text) <= maxText {
		return strings.ToValidUTF8(text, "?")
	}
	return strings.ToValidUTF8(text[:maxText], "") + "..."
}
