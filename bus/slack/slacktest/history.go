package slacktest

import (
	"slices"
	"strings"
)

// history gives pages of what lies between oldest and latest, both left out unless
// inclusive is 1.
func (s *Server) history(c call) answer {
	ch := s.visible(c)
	switch {
	case ch == nil:
		return answer{"error": "channel_not_found"}
	case !slices.Contains(ch.Members, c.app.User) && (ch.Private || strings.HasPrefix(c.app.Token, "xoxb-")):
		return answer{"error": "not_in_channel"}
	case ch.Private && !c.app.may("groups:history"):
		return s.missing(c.app, "groups:history")
	case !ch.Private && !c.app.may("channels:history"):
		return s.missing(c.app, "channels:history")
	}
	found, ok := ch.between(c)
	if !ok {
		return answer{"error": "invalid_cursor"}
	}
	if !s.o.OldestFirst {
		slices.Reverse(found)
	}
	return s.pageOf(c, found)
}

// between lists the messages asked for, the oldest first, without those of earlier
// pages.
func (ch *channel) between(c call) (found []Message, ok bool) {
	oldest, latest, inclusive := c.form.Get("oldest"), c.form.Get("latest"), c.form.Get("inclusive") == "1"
	after, before, ok := position(c.form.Get("cursor"))
	for _, m := range ch.messages {
		switch {
		case after != "" && compare(m.TS, after) <= 0, before != "" && compare(m.TS, before) >= 0:
		case oldest != "" && (compare(m.TS, oldest) < 0 || !inclusive && compare(m.TS, oldest) == 0):
		case latest != "" && (compare(m.TS, latest) > 0 || !inclusive && compare(m.TS, latest) == 0):
		default:
			found = append(found, *m)
		}
	}
	return found, ok
}

// position reads a cursor: what the pages so far came up, or down, to.
func position(cursor string) (after, before string, ok bool) {
	if cursor == "" {
		return "", "", true
	}
	after, up := strings.CutPrefix(cursor, "after:")
	before, down := strings.CutPrefix(cursor, "before:")
	switch {
	case up:
		return after, "", true
	case down:
		return "", before, true
	}
	return "", "", false
}

func (s *Server) pageOf(c call, found []Message) answer {
	limit := min(number(c.form.Get("limit"), 100), 999)
	if s.o.MaxPage > 0 {
		limit = min(limit, s.o.MaxPage)
	}
	if s.o.Distributed {
		limit = min(limit, 15)
	}
	a := answer{"messages": []Message{}, "has_more": len(found) > limit, "pin_count": 0}
	if len(found) > limit {
		found = found[:limit]
		next := "before:" + found[limit-1].TS
		if s.o.OldestFirst {
			next = "after:" + found[limit-1].TS
		}
		a["response_metadata"] = answer{"next_cursor": next}
	}
	if len(found) > 0 {
		a["messages"] = found
	}
	return a
}

// compare orders times as written by people too: 1700000000, 1700000000.5.
func compare(a, b string) int {
	whole := func(s string) (string, string) {
		n, fraction, _ := strings.Cut(s, ".")
		n = strings.TrimLeft(n, "0")
		return strings.Repeat("0", max(0, 20-len(n))) + n, (fraction + "000000")[:max(6, len(fraction))]
	}
	an, af := whole(a)
	bn, bf := whole(b)
	return strings.Compare(an+"."+af, bn+"."+bf)
}
