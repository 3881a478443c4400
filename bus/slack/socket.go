package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

const (
	maxEnvelope = 1 << 20
	pingEvery   = 30 * time.Second
	pingTimeout = 10 * time.Second
)

// envelope is what Slack sends by Socket Mode.
type envelope struct {
	Type    string `json:"type"`
	ID      string `json:"envelope_id"`
	Reason  string `json:"reason"`
	Payload struct {
		Event json.RawMessage `json:"event"`
	} `json:"payload"`
}

// event is a message as it is pushed.
type event struct {
	message
	Channel string `json:"channel"`
}

// listen takes messages that Slack pushes, until ctx is done. What is missed between
// two connections is in history.
func (r *Receiver) listen(ctx context.Context, sink Sink) {
	session := func(ctx context.Context) error { return r.session(ctx, sink) }
	for r.insist(ctx, "listen", session) {
		if sleep(ctx, r.o.CallEvery) != nil {
			return
		}
	}
}

// session is one connection. It returns nil when Slack wants another one made.
func (r *Receiver) session(ctx context.Context, sink Sink) error {
	address, err := r.app.openSocket(ctx)
	if err != nil {
		return err
	}
	dialling, cancel := context.WithTimeout(ctx, r.o.Timeout)
	defer cancel()
	conn, _, err := websocket.Dial(dialling, address, &websocket.DialOptions{HTTPClient: r.app.unbounded()})
	if err != nil {
		return errors.New("connect: " + r.app.hide(err, address))
	}
	defer conn.CloseNow()
	conn.SetReadLimit(maxEnvelope)
	alive, stop := context.WithCancel(ctx)
	pinged := make(chan struct{})
	go func() { defer close(pinged); ping(alive, conn) }()
	defer func() { stop(); <-pinged }()
	for {
		var e envelope
		if err := wsjson.Read(ctx, conn, &e); err != nil {
			return fmt.Errorf("the connection ended: %s", r.app.hide(err, address))
		}
		if e.Type == "disconnect" {
			r.log.Debug("Slack renews the connection", "reason", r.app.mask(e.Reason))
			return conn.Close(websocket.StatusNormalClosure, "")
		}
		if err := r.open(ctx, sink, conn, e); err != nil {
			return err
		}
	}
}

// open deals with an envelope, and acknowledges it when its points are on disk. One
// that is not acknowledged comes again.
func (r *Receiver) open(ctx context.Context, sink Sink, conn *websocket.Conn, e envelope) error {
	if e.Type == "hello" {
		r.metrics.connected.Set(1)
		r.lookSoon()
		return nil
	}
	if e.Type == "events_api" {
		var ev event
		if json.Unmarshal(e.Payload.Event, &ev) == nil && ev.Channel == r.channel && r.wanted(&ev.message) {
			if err := r.take(ctx, sink, []message{ev.message}); err != nil {
				r.lookSoon()
				return err
			}
		}
	}
	if e.ID == "" {
		return nil
	}
	return wsjson.Write(ctx, conn, map[string]string{"envelope_id": e.ID})
}

// lookSoon has history looked at.
func (r *Receiver) lookSoon() {
	select {
	case r.look <- struct{}{}:
	default:
	}
}

// ping ends a connection at whose far end nobody is any more.
func ping(ctx context.Context, conn *websocket.Conn) {
	for sleep(ctx, pingEvery) == nil {
		bounded, cancel := context.WithTimeout(ctx, pingTimeout)
		err := conn.Ping(bounded)
		cancel()
		if err != nil {
			conn.CloseNow()
			return
		}
	}
}
