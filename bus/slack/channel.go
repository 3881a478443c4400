package slack

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// channel is one as Slack lists it.
type channel struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Plain    string   `json:"name_normalized"`
	Previous []string `json:"previous_names"`
	Private  bool     `json:"is_private"`
	Archived bool     `json:"is_archived"`
	Member   bool     `json:"is_member"`
}

// asID is what ids of channels look like. No name has capital letters.
var asID = regexp.MustCompile(`^[CGD][A-Z0-9]{5,}$`)

// find returns the channel that is called so, by its id or a name that it has or had.
func (c *client) find(ctx context.Context, name string) (channel, error) {
	if asID.MatchString(name) {
		return channel{ID: name}, nil
	}
	name = strings.TrimPrefix(name, "#")
	var former *channel
	found, err := c.list(ctx, func(ch channel) bool {
		if former == nil && slices.Contains(ch.Previous, name) {
			former = &ch
		}
		return ch.Name == name || ch.Plain == name
	})
	switch {
	case err != nil:
		return channel{}, err
	case found != nil:
		return *found, nil
	case former != nil:
		return *former, nil
	}
	return channel{}, fmt.Errorf("channel %q: %w", name, &Error{Method: "conversations.list", Code: "channel_not_found", Status: 200})
}

// list looks through all channels that the token can see until one is wanted. Private
// ones are left out if the token may not list them.
func (c *client) list(ctx context.Context, wanted func(channel) bool) (*channel, error) {
	for _, types := range []string{"public_channel,private_channel", "public_channel", "private_channel"} {
		found, err := c.listOf(ctx, types, wanted)
		var e *Error
		if errors.As(err, &e) && e.Code == "missing_scope" && types != "private_channel" {
			continue
		}
		return found, err
	}
	return nil, nil
}

func (c *client) listOf(ctx context.Context, types string, wanted func(channel) bool) (*channel, error) {
	form := url.Values{"types": {types}, "exclude_archived": {"true"}, "limit": {"999"}}
	for {
		var answer struct {
			Channels []channel `json:"channels"`
			Metadata struct {
				NextCursor string `json:"next_cursor"`
			} `json:"response_metadata"`
		}
		if err := c.call(ctx, "conversations.list", form, &answer); err != nil {
			return nil, err
		}
		if i := slices.IndexFunc(answer.Channels, wanted); i >= 0 {
			return &answer.Channels[i], nil
		}
		if answer.Metadata.NextCursor == "" {
			return nil, nil
		}
		form.Set("cursor", answer.Metadata.NextCursor)
	}
}

// enter finds a channel and joins it if need be. Where the token may not join, that
// is no error yet: it may be a member already, or need not be one.
func (c *client) enter(ctx context.Context, name string) (channel, error) {
	ch, err := c.find(ctx, name)
	if err != nil || ch.Member {
		return ch, err
	}
	err = c.call(ctx, "conversations.join", url.Values{"channel": {ch.ID}}, nil)
	switch code(err) {
	case "missing_scope", "not_allowed_token_type", "method_not_supported_for_channel_type", "channel_not_found":
		return ch, nil
	}
	return ch, err
}
