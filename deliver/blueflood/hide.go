package blueflood

import "github.com/plumbago/plumbago/internal/secret"

// hide returns text without secrets: those of the login, and the token.
func (d *Destination) hide(text string) string {
	if d.tokens == nil {
		return text
	}
	return hide(text, append(d.tokens.auth.secrets(), d.tokens.shown())...)
}

// hide returns text without secrets, in whatever form it repeats them.
func hide(text string, secrets ...string) string { return secret.Of(secrets...).Hide(text) }
