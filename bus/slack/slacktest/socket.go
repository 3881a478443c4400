package slacktest

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

// socket is a connection of Socket Mode.
type socket struct {
	app  int
	conn *websocket.Conn
	send chan any
}

// delivery is an event that no one has acknowledged yet.
type delivery struct {
	event answer
	app   int
	tries int
	timer *time.Timer
}

// redeliveries are when an event that is not acknowledged is sent again.
var redeliveries = []time.Duration{3 * time.Second, time.Minute, 5 * time.Minute}

func (s *Server) open(c call) answer {
	s.serial++
	ticket := fmt.Sprintf("t%d", s.serial)
	for i := range s.apps {
		if s.apps[i].AppToken == c.token {
			s.tickets[ticket] = i
		}
	}
	base := strings.TrimSuffix(strings.Replace(s.URL, "http", "ws", 1), "api/")
	return answer{"url": base + "link?ticket=" + ticket}
}

// link serves a connection until it ends.
func (s *Server) link(w http.ResponseWriter, r *http.Request) {
	ticket := r.URL.Query().Get("ticket")
	s.mu.Lock()
	app, ok := s.tickets[ticket]
	delete(s.tickets, ticket)
	s.mu.Unlock()
	if !ok {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	k := &socket{app: app, conn: conn, send: make(chan any, 1000)}
	k.send <- answer{"type": "hello", "num_connections": 1, "connection_info": answer{"app_id": s.apps[app].ID}}
	s.mu.Lock()
	s.sockets[k] = struct{}{}
	s.mu.Unlock()
	go k.write(ctx)
	s.read(ctx, k)
	s.mu.Lock()
	delete(s.sockets, k)
	s.mu.Unlock()
	conn.CloseNow()
}

func (k *socket) write(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case v := <-k.send:
			if wsjson.Write(ctx, k.conn, v) != nil {
				return
			}
		}
	}
}

// read takes acknowledgements until the connection ends.
func (s *Server) read(ctx context.Context, k *socket) {
	for {
		var ack struct {
			EnvelopeID string `json:"envelope_id"`
		}
		if err := wsjson.Read(ctx, k.conn, &ack); err != nil {
			return
		}
		s.mu.Lock()
		if d := s.pending[ack.EnvelopeID]; d != nil {
			d.timer.Stop()
			delete(s.pending, ack.EnvelopeID)
		}
		s.mu.Unlock()
	}
}

// tell sends a message to each app in its channel that is connected: to one of its
// connections. An app without any misses it.
func (s *Server) tell(c *channel, m Message) {
	for i, a := range s.apps {
		if a.AppToken == "" {
			continue
		}
		s.serial++
		event := answer{"type": "message", "channel": c.ID, "channel_type": "channel", "text": m.Text, "ts": m.TS, "event_ts": m.TS}
		for k, v := range map[string]string{"user": m.User, "bot_id": m.BotID, "subtype": m.Subtype, "thread_ts": m.ThreadTS} {
			if v != "" {
				event[k] = v
			}
		}
		if m.Edited != nil {
			event["edited"] = m.Edited
		}
		id := fmt.Sprintf("envelope-%d", s.serial)
		d := &delivery{app: i, event: answer{"envelope_id": id, "type": "events_api", "accepts_response_payload": false,
			"payload": answer{"type": "event_callback", "event_id": fmt.Sprintf("Ev%d", s.serial), "event": event}}}
		s.deliver(id, d)
	}
}

// deliver sends an event, and again while nobody acknowledges it.
func (s *Server) deliver(id string, d *delivery) {
	for k := range s.sockets {
		if k.app != d.app {
			continue
		}
		d.event["retry_attempt"] = d.tries
		select {
		case k.send <- d.copy():
		default:
		}
		if d.tries == len(redeliveries) {
			delete(s.pending, id)
			return
		}
		s.pending[id] = d
		d.timer = time.AfterFunc(s.scaled(redeliveries[d.tries]), func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.pending[id] == d {
				d.tries++
				s.deliver(id, d)
			}
		})
		return
	}
	delete(s.pending, id)
}

func (d *delivery) copy() answer {
	c := answer{}
	for k, v := range d.event {
		c[k] = v
	}
	return c
}

// Sockets returns how many connections there are.
func (s *Server) Sockets() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sockets)
}

// Unacknowledged returns how many events were sent and not acknowledged.
func (s *Server) Unacknowledged() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.pending)
}

// Disconnect asks all connections to leave, giving a reason such as warning or
// refresh_requested; without one it cuts them.
func (s *Server) Disconnect(reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k := range s.sockets {
		if reason == "" {
			go k.conn.CloseNow()
			continue
		}
		select {
		case k.send <- answer{"type": "disconnect", "reason": reason}:
		default:
		}
	}
}
