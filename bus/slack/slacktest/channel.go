package slacktest

import (
	"fmt"
	"slices"
	"time"
)

// Channel is a place for messages.
type Channel struct {
	ID       string
	Name     string
	Previous []string // former names
	Private  bool
	Archived bool
	Members  []string // user ids
}

// Message is one that is, or was, in a channel.
type Message struct {
	Type      string     `json:"type"`
	Subtype   string     `json:"subtype,omitempty"`
	User      string     `json:"user,omitempty"`
	BotID     string     `json:"bot_id,omitempty"`
	AppID     string     `json:"app_id,omitempty"`
	Username  string     `json:"username,omitempty"`
	Text      string     `json:"text"`
	TS        string     `json:"ts"`
	ThreadTS  string     `json:"thread_ts,omitempty"`
	Edited    *Edited    `json:"edited,omitempty"`
	Reactions []Reaction `json:"reactions,omitempty"`
}

// Edited says who changed a message.
type Edited struct {
	User string `json:"user"`
	TS   string `json:"ts"`
}

// Reaction is an emoji beside a message, and who put it there.
type Reaction struct {
	Name  string   `json:"name"`
	Users []string `json:"users"`
	Count int      `json:"count"`
}

// channel is a Channel with what is in it.
type channel struct {
	Channel
	messages []*Message // by their ts
	replies  []*Message // in threads
	deleted  []Message
	last     int64 // microseconds of the last ts
}

// AddChannel makes a channel.
func (s *Server) AddChannel(c Channel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.channels = append(s.channels, &channel{Channel: c})
}

// Put puts a message into a channel as it is, but for its ts, which it returns.
func (s *Server) Put(channelID string, m Message) (ts string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.put(s.channel(channelID), m).TS
}

// Say puts in what a person types.
func (s *Server) Say(channelID, user, text string) (ts string) {
	return s.Put(channelID, Message{User: user, Text: s.stored(text)})
}

// put adds a message, tells the sockets, and returns it.
func (s *Server) put(c *channel, m Message) *Message {
	m.Type, m.TS = "message", c.newTS()
	into := &c.messages
	if m.ThreadTS != "" && m.Subtype != "thread_broadcast" {
		into = &c.replies
	}
	*into = append(*into, &m)
	s.tell(c, m)
	return &m
}

// newTS returns a ts after all others of the channel.
func (c *channel) newTS() string {
	c.last = max(time.Now().UnixMicro(), c.last+1)
	return fmt.Sprintf("%d.%06d", c.last/1e6, c.last%1e6)
}

// Messages returns what is in a channel, the oldest first.
func (s *Server) Messages(channelID string) (list []Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.channel(channelID).messages {
		list = append(list, *m)
	}
	return list
}

// Deleted returns what was deleted from a channel, in the order in which it was.
func (s *Server) Deleted(channelID string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.channel(channelID).deleted)
}

// channel finds a channel; there is nothing like it if it is nil.
func (s *Server) channel(id string) *channel {
	for _, c := range s.channels {
		if c.ID == id {
			return c
		}
	}
	return nil
}

func (c *channel) message(ts string) *Message {
	for _, m := range slices.Concat(c.messages, c.replies) {
		if m.TS == ts {
			return m
		}
	}
	return nil
}

// delete takes a message out. One that others replied to leaves a tombstone.
func (c *channel) delete(m *Message) {
	c.deleted = append(c.deleted, *m)
	if slices.ContainsFunc(c.replies, func(r *Message) bool { return r.ThreadTS == m.TS }) {
		*m = Message{Type: "message", Subtype: "tombstone", User: "USLACKBOT", Text: "This message was deleted.", TS: m.TS, ThreadTS: m.TS}
		return
	}
	is := func(x *Message) bool { return x == m }
	c.messages, c.replies = slices.DeleteFunc(c.messages, is), slices.DeleteFunc(c.replies, is)
}

func (c *channel) shown(user string) map[string]any {
	return map[string]any{
		"id": c.ID, "name": c.Name, "name_normalized": c.Name, "is_channel": !c.Private, "is_private": c.Private,
		"is_archived": c.Archived, "is_member": slices.Contains(c.Members, user), "previous_names": c.Previous,
	}
}
