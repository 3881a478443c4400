// Package tidy holds names and times to a policy: it finds what is wrong with a
// canonical line and, where the policy says so, mends it.
package tidy

import (
	"errors"
	"fmt"
	"time"
)

// DefaultAllowed are the characters that Hosted Graphite's agent lets pass, as
// Options.Allowed has them. All of them mean themselves to carbon.
const DefaultAllowed = `a-zA-Z0-9:._$%#=\-\[\]{}",`

// Options are a policy. The zero value passes everything.
type Options struct {
	// Allowed lists the characters that the metric and the tags' names and values may
	// have, as between the brackets of a regular expression: a-zA-Z0-9_.:-
	// The separators of tags, ; and the first = of each, are always allowed.
	// "" allows DefaultAllowed.
	Allowed    string
	Characters Action // for others. Fix: an underscore in place of each run of them

	Dots Action // leading, trailing and double dots of the metric. Fix: they go

	MaxLength int    // of a name with its tags, in bytes; 1024 if 0 and Length is not Pass
	Length    Action // for longer ones. Fix: cut to MaxLength on a character's border, tags that do not fit left out whole

	// Tags is for tags without name or value, with ! or ^ in the name, or with a value
	// that begins with ~, and for tags of a metric that is empty. Fix: they are left out.
	Tags Action

	MaxAge   time.Duration // 0: any
	MaxAhead time.Duration // 0: any
	Age      Action        // for times beyond them. Fix: now
}

const defaultMaxLength = 1024

// Policy is Options made ready. It is not changed by use; all may use it at once.
type Policy struct {
	actions   [faultKinds]Action
	wanted    fault // those whose action is not Pass
	mended    fault // those whose action is Fix
	allowed   characters
	maxLength int

	maxAge, maxAhead int64 // s; far more than any time if they do not matter
}

// New makes a policy, or says what is wrong with o.
func New(o Options) (*Policy, error) {
	p := &Policy{maxLength: o.MaxLength, actions: [...]Action{o.Characters, o.Dots, o.Length, o.Tags, o.Age}}
	for kind, a := range p.actions {
		if a > Drop {
			return nil, fmt.Errorf("no such action for %s: %d", reasons[kind], a)
		}
		if a != Pass {
			p.wanted |= 1 << kind
		}
		if a == Fix {
			p.mended |= 1 << kind
		}
	}
	if o.MaxLength < 0 || o.MaxAge < 0 || o.MaxAhead < 0 {
		return nil, errors.New("a length or an age is negative")
	}
	if o.MaxLength == 0 {
		p.maxLength = defaultMaxLength
	}
	p.maxAge, p.maxAhead = seconds(o.MaxAge), seconds(o.MaxAhead)
	return p, p.allow(o)
}

// seconds rounds up, so that what is within d always passes.
func seconds(d time.Duration) int64 {
	if d == 0 {
		return anyAge
	}
	return int64((d-1)/time.Second) + 1
}

func (p *Policy) allow(o Options) (err error) {
	if o.Allowed == "" {
		o.Allowed = DefaultAllowed
	}
	if p.allowed, err = parseCharacters(o.Allowed); err != nil {
		return err
	}
	if o.Characters == Fix && !p.allowed.has('_') {
		return fmt.Errorf("allowed characters %q lack the underscore that replaces others: add _", o.Allowed)
	}
	if o.Characters == Pass {
		p.allowed = anyCharacters()
	}
	return nil
}
