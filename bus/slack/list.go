package slack

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Posted is a message as a person sees it.
type Posted struct {
	Time   time.Time
	Author string
	Text   string // without control characters but for line ends
}

// List returns the newest messages of a channel, at most so many, the oldest of them
// first. Whoever may not ask for names gets ids for authors.
func List(ctx context.Context, a Account, most int) ([]Posted, error) {
	a, err := a.withDefaults()
	if err != nil {
		return nil, err
	}
	c := newClient(a, a.Token)
	defer c.close()
	ch, err := c.enter(ctx, a.Channel)
	if err != nil {
		return nil, err
	}
	var list []message
	for cursor := ""; len(list) < most; {
		p, err := c.history(ctx, ch.ID, span{}, cursor)
		if err != nil {
			return nil, err
		}
		list = append(list, p.Messages...)
		if cursor = p.Metadata.NextCursor; cursor == "" {
			break
		}
	}
	slices.SortFunc(list, func(a, b message) int { return a.TS.compare(b.TS) })
	list = list[max(0, len(list)-most):]
	names := authors{client: c, known: map[string]string{}}
	shown := make([]Posted, len(list))
	for i := range list {
		shown[i] = Posted{time.Unix(list[i].TS.unix(), 0), names.of(ctx, &list[i]), printable(plain(list[i].Text))}
	}
	return shown, nil
}

// authors knows what those who write are called.
type authors struct {
	client *client
	known  map[string]string
}

func (a authors) of(ctx context.Context, m *message) string {
	if m.User == "" {
		return printable(firstOf(m.Username, m.BotID, "?"))
	}
	name, ok := a.known[m.User]
	if !ok {
		name, _ = a.client.userName(ctx, m.User)
		name = printable(firstOf(name, m.User))
		a.known[m.User] = name
	}
	return name
}

func firstOf(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

// printable takes out what could speak to a terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' {
			return -1
		}
		return r
	}, text)
}
