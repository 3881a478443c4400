package slack_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/bus/slack"
	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/deliver/delivertest"
)

func TestKeepsThePromises(t *testing.T) {
	delivertest.Run(t, delivertest.Harness{
		New: func(t *testing.T, address string) deliver.Destination {
			return newSender(t, slack.SenderOptions{
				Account: slack.Account{Token: botToken, Channel: metrics, API: "http://" + address, Timeout: time.Second, CallEvery: time.Millisecond},
				Gather:  time.Millisecond, PostEvery: time.Microsecond,
			})
		},
		Serve:   serveCalls,
		Greet:   greet,
		Answers: true, Stateless: true,
	})
}

// calls is a connection over which calls of methods come.
type calls struct {
	net.Conn
	r *bufio.Reader
}

// Read reads what was not taken as a part of a call.
func (k calls) Read(b []byte) (int, error) { return k.r.Read(b) }

// greet answers calls until one posts.
func greet(c *net.TCPConn) (net.Conn, error) {
	k := calls{c, bufio.NewReader(c)}
	for {
		line, err := k.r.Peek(len("POST /chat."))
		if err != nil {
			return nil, err
		}
		if string(line) == "POST /chat." {
			return k, nil
		}
		if _, err := k.answer(); err != nil {
			return nil, err
		}
	}
}

// serveCalls answers calls, and takes what is posted.
func serveCalls(c net.Conn, take func(string)) {
	k := calls{c, bufio.NewReader(c)}
	for {
		text, err := k.answer()
		if err != nil {
			return
		}
		for line := range strings.Lines(text) {
			if !strings.HasPrefix(line, "# b=") {
				take(strings.TrimSuffix(line, "\n"))
			}
		}
	}
}

// answer answers one call, and returns the text in it.
func (k calls) answer() (text string, err error) {
	req, err := http.ReadRequest(k.r)
	if err != nil {
		return "", err
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return "", err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return "", err
	}
	answer, _ := json.Marshal(map[string]any{"ok": true, "user_id": "U1", "message": map[string]string{"text": form.Get("text")}})
	_, err = fmt.Fprintf(k, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(answer), answer)
	return form.Get("text"), err
}
