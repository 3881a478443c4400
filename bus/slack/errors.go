package slack

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Error is a call that Slack refused or did not carry out.
type Error struct {
	Method           string
	Code             string        // Slack's word for it; "" if it gave none
	Status           int           // of HTTP
	Needed, Provided string        // scopes, where one is missing
	RetryAfter       time.Duration // Slack's wish; 0 if it has none
}

// Error says what was refused and what can be done about it.
func (e *Error) Error() string {
	switch {
	case e.Code == "" && e.Status != http.StatusOK:
		return fmt.Sprintf("%s: status %d", e.Method, e.Status)
	case e.Code == "":
		return e.Method + ": refused without a reason"
	case e.limited():
		return fmt.Sprintf("%s: %s: called too often; Slack wants a pause of %v", e.Method, e.Code, e.RetryAfter)
	case e.Needed != "":
		return fmt.Sprintf("%s: %s: %s (it lacks %s and has %s)", e.Method, e.Code, cures[e.Code], e.Needed, e.Provided)
	case cures[e.Code] != "":
		return fmt.Sprintf("%s: %s: %s", e.Method, e.Code, cures[e.Code])
	}
	return e.Method + ": " + e.Code
}

// limited reports whether the call was one too many. Slack has two words for it.
func (e *Error) limited() bool {
	return e.Status == http.StatusTooManyRequests || e.Code == "ratelimited" || e.Code == "rate_limited"
}

// cures say what a person does about an error that does not pass.
var cures = map[string]string{
	"invalid_auth":           "Slack does not know the token, or not from this address: copy it again from the app's page, OAuth & Permissions",
	"not_authed":             "no token reached Slack: give one",
	"token_revoked":          "the token was revoked: install the app again and copy the new one",
	"token_expired":          "the token has expired: install the app again, with token rotation off, and copy the new one",
	"account_inactive":       "the token's account is switched off: install the app again",
	"missing_scope":          "the token may not do this: add the scope on the app's page, OAuth & Permissions, and click Reinstall to Workspace",
	"no_permission":          "the token may not do this: ask an owner of the workspace",
	"not_allowed_token_type": "this needs another kind of token: xoxb- or xoxp- as token, xapp- as app token",
	"not_in_channel":         "the app is no member of the channel: open the channel in Slack and type /invite @ and the app's name",
	"channel_not_found":      "there is no such channel, or it is private and the app is no member: check the name, or open the channel in Slack and type /invite @ and the app's name",
	"is_archived":            "the channel is archived: unarchive it in its settings, or use another one",

	"method_not_supported_for_channel_type": "nobody can join a private channel by himself: open the channel in Slack and type /invite @ and the app's name",
	"restricted_action":                     "the workspace does not let the app post here: ask an owner",
	"restricted_action_read_only_channel":   "the channel is read-only: let the app post in the channel's settings, under posting permissions",
	"restricted_action_thread_only_channel": "the channel takes replies only: use another one",
	"message_limit_exceeded":                "the workspace has used up the messages of its plan",
	"cant_delete_message":                   "a bot can only delete what it posted itself",
	"compliance_exports_prevent_deletion":   "the workspace forbids to delete messages",
}

// passing are words for what may pass by itself, with nothing known of what was done.
var passing = []string{"", "internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"}

// code returns Slack's word for what is wrong, "" if there is none.
func code(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// Misconfigured reports whether only a person can do something about an error, which
// then says what.
func Misconfigured(err error) bool { return lasting(err) }

// lasting reports whether only a person can do something about err.
func lasting(err error) bool {
	var e *Error
	return errors.As(err, &e) && !e.limited() && e.Status == http.StatusOK && !slices.Contains(passing, e.Code) &&
		!strings.HasPrefix(e.Code, "invalid_cursor")
}

// undecided reports whether a call that failed with err may have been carried out.
func undecided(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return err != nil
	}
	return !e.limited() && !lasting(err)
}

// waitOf is how long Slack wants not to be called.
func waitOf(err error) time.Duration {
	var e *Error
	if errors.As(err, &e) {
		return e.RetryAfter
	}
	return 0
}

// undeletable reports whether messages cannot be acknowledged by deleting them.
func undeletable(err error) bool {
	c := code(err)
	return c == "cant_delete_message" || c == "compliance_exports_prevent_deletion"
}
