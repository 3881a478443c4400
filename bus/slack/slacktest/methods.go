package slacktest

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

func (s *Server) authTest(c call) answer {
	a := answer{"url": "https://acme.slack.com/", "team": "Acme", "team_id": "T0AAA", "user": s.users[c.app.User], "user_id": c.app.User}
	if strings.HasPrefix(c.app.Token, "xoxb-") {
		a["bot_id"] = c.app.Bot
	}
	return a
}

func (s *Server) list(c call) answer {
	types := strings.Split(c.form.Get("types"), ",")
	for kind, scope := range map[string]string{"public_channel": "channels:read", "private_channel": "groups:read"} {
		if slices.Contains(types, kind) && !c.app.may(scope) {
			return s.missing(c.app, scope)
		}
	}
	from, _ := strconv.Atoi(strings.TrimPrefix(c.form.Get("cursor"), "page:"))
	limit := number(c.form.Get("limit"), 100)
	until := min(from+min(limit, 999), len(s.channels))
	channels := []any{} // a page may be empty and still not be the last
	for _, ch := range s.channels[min(from, until):until] {
		kind := map[bool]string{true: "private_channel", false: "public_channel"}[ch.Private]
		hidden := ch.Private && !slices.Contains(ch.Members, c.app.User)
		if slices.Contains(types, kind) && !hidden && !(ch.Archived && c.form.Get("exclude_archived") == "true") {
			channels = append(channels, ch.shown(c.app.User))
		}
	}
	next := ""
	if until < len(s.channels) {
		next = "page:" + strconv.Itoa(until)
	}
	return answer{"channels": channels, "response_metadata": answer{"next_cursor": next}}
}

func (s *Server) join(c call) answer {
	ch := s.channel(c.form.Get("channel"))
	switch {
	case ch == nil:
		return answer{"error": "channel_not_found"}
	case ch.Private:
		return answer{"error": "method_not_supported_for_channel_type"}
	case ch.Archived:
		return answer{"error": "is_archived"}
	case slices.Contains(ch.Members, c.app.User):
		return answer{"channel": ch.shown(c.app.User), "warning": "already_in_channel",
			"response_metadata": answer{"warnings": []string{"already_in_channel"}}}
	}
	ch.Members = append(ch.Members, c.app.User)
	s.put(ch, Message{Subtype: "channel_join", User: c.app.User, Text: "<@" + c.app.User + "> has joined the channel"})
	return answer{"channel": ch.shown(c.app.User)}
}

func (s *Server) info(c call) answer {
	ch := s.visible(c)
	if ch == nil {
		return answer{"error": "channel_not_found"}
	}
	return answer{"channel": ch.shown(c.app.User)}
}

// visible is the channel of a call, if the app can see it.
func (s *Server) visible(c call) *channel {
	ch := s.channel(c.form.Get("channel"))
	if ch != nil && ch.Private && !slices.Contains(ch.Members, c.app.User) {
		return nil
	}
	return ch
}

func (s *Server) post(c call) answer {
	ch := s.visible(c)
	text := c.form.Get("text")
	switch member := ch != nil && slices.Contains(ch.Members, c.app.User); {
	case ch == nil:
		return answer{"error": "channel_not_found"}
	case ch.Archived:
		return answer{"error": "is_archived"}
	case !member && !c.app.may("chat:write.public"):
		return answer{"error": "not_in_channel"}
	case strings.TrimSpace(text) == "":
		return answer{"error": "no_text"}
	}
	s.posted = append(s.posted, time.Now())
	list, truncated := parts(s.stored(text))
	var first *Message
	for _, part := range list {
		m := s.put(ch, Message{User: c.app.User, BotID: c.app.Bot, AppID: c.app.ID, Text: part, ThreadTS: c.form.Get("thread_ts")})
		if first == nil {
			first = m
		}
	}
	a := answer{"channel": ch.ID, "ts": first.TS, "message": *first}
	if truncated {
		a["response_metadata"] = answer{"warnings": []string{"message_truncated"}, "messages": []string{"[WARN] the text was cut"}}
	}
	return a
}

func (s *Server) remove(c call) answer {
	ch := s.visible(c)
	if ch == nil {
		return answer{"error": "channel_not_found"}
	}
	m := ch.message(c.form.Get("ts"))
	switch {
	case m == nil || m.Subtype == "tombstone":
		return answer{"error": "message_not_found"}
	case s.o.NoDeletion:
		return answer{"error": "compliance_exports_prevent_deletion"}
	case m.User != c.app.User && !(c.app.Admin && !strings.HasPrefix(c.app.Token, "xoxb-")):
		return answer{"error": "cant_delete_message"}
	}
	ts := m.TS
	ch.delete(m)
	return answer{"channel": ch.ID, "ts": ts}
}

func (s *Server) react(c call) answer {
	ch := s.visible(c)
	if ch == nil {
		return answer{"error": "channel_not_found"}
	}
	m := ch.message(c.form.Get("timestamp"))
	if m == nil {
		return answer{"error": "message_not_found"}
	}
	if ch.Archived {
		return answer{"error": "is_archived"}
	}
	name := c.form.Get("name")
	m.Reactions = slices.Clone(m.Reactions) // others may be looking at what is there
	i := slices.IndexFunc(m.Reactions, func(r Reaction) bool { return r.Name == name })
	if i < 0 {
		m.Reactions = append(m.Reactions, Reaction{Name: name})
		i = len(m.Reactions) - 1
	}
	r := &m.Reactions[i]
	if slices.Contains(r.Users, c.app.User) {
		return answer{"error": "already_reacted"}
	}
	r.Users, r.Count = append(slices.Clone(r.Users), c.app.User), r.Count+1
	return answer{}
}

func (s *Server) user(c call) answer {
	name, ok := s.users[c.form.Get("user")]
	if !ok {
		return answer{"error": "user_not_found"}
	}
	return answer{"user": answer{"id": c.form.Get("user"), "name": name, "profile": answer{"display_name": name}}}
}

func number(text string, otherwise int) int {
	if n, err := strconv.Atoi(text); err == nil && n > 0 {
		return n
	}
	return otherwise
}
