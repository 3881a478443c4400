package slack

import (
	"context"
	"net/url"
	"strconv"
)

// identity is whose a token is.
type identity struct {
	User  string `json:"user_id"`
	Name  string `json:"user"`
	Bot   string `json:"bot_id"`
	Team  string `json:"team"`
	OwnID string `json:"app_id"`
}

// author reports whether the messages of m's author are this identity's own.
func (i identity) author(m *message) bool {
	return m.User == i.User && i.User != "" || m.BotID == i.Bot && i.Bot != ""
}

func (c *client) whoAmI(ctx context.Context) (i identity, err error) {
	return i, c.call(ctx, "auth.test", url.Values{}, &i)
}

// post posts a text, with all that Slack does to texts switched off as far as it
// lets, and returns what it stored.
func (c *client) post(ctx context.Context, channel, text string) (m message, err error) {
	var answer struct {
		Message message `json:"message"`
	}
	err = c.call(ctx, "chat.postMessage", url.Values{
		"channel": {channel}, "text": {text}, "parse": {"none"}, "link_names": {"0"},
		"mrkdwn": {"false"}, "unfurl_links": {"false"}, "unfurl_media": {"false"},
	}, &answer)
	return answer.Message, err
}

// delete deletes a message. One that is gone is deleted.
func (c *client) delete(ctx context.Context, channel string, ts timestamp) error {
	err := c.call(ctx, "chat.delete", url.Values{"channel": {channel}, "ts": {string(ts)}}, nil)
	if code(err) == "message_not_found" {
		return nil
	}
	return err
}

// react puts a reaction beside a message. One that is there, or whose message is
// gone, is put.
func (c *client) react(ctx context.Context, channel string, ts timestamp, name string) error {
	err := c.call(ctx, "reactions.add", url.Values{"channel": {channel}, "timestamp": {string(ts)}, "name": {name}}, nil)
	if w := code(err); w == "already_reacted" || w == "message_not_found" {
		return nil
	}
	return err
}

// span is a part of a channel's history, without its ends.
type span struct{ oldest, latest timestamp }

// page is some of the messages in a span.
type page struct {
	Messages []message `json:"messages"`
	HasMore  bool      `json:"has_more"`
	Metadata struct {
		NextCursor string `json:"next_cursor"`
	} `json:"response_metadata"`
}

// pageLimit is how many messages are asked for at a time, as Slack suggests.
const pageLimit = 200

func (c *client) history(ctx context.Context, channel string, s span, cursor string) (p page, err error) {
	form := url.Values{"channel": {channel}, "limit": {strconv.Itoa(pageLimit)}}
	for key, value := range map[string]string{"oldest": string(s.oldest), "latest": string(s.latest), "cursor": cursor} {
		if value != "" {
			form.Set(key, value)
		}
	}
	return p, c.call(ctx, "conversations.history", form, &p)
}

// userName returns what a person is called.
func (c *client) userName(ctx context.Context, id string) (string, error) {
	var answer struct {
		User struct {
			Name    string `json:"name"`
			Profile struct {
				DisplayName string `json:"display_name"`
			} `json:"profile"`
		} `json:"user"`
	}
	err := c.call(ctx, "users.info", url.Values{"user": {id}}, &answer)
	if name := answer.User.Profile.DisplayName; name != "" {
		return name, err
	}
	return answer.User.Name, err
}

// openSocket returns where to connect to for Socket Mode.
func (c *client) openSocket(ctx context.Context) (address string, err error) {
	var answer struct {
		URL string `json:"url"`
	}
	err = c.call(ctx, "apps.connections.open", url.Values{}, &answer)
	return answer.URL, err
}
